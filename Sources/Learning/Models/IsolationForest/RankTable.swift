/// The cut points of some features, for finding how many of them are below a value.
///
/// Up to 255 sorted cuts of a feature lie in sixteen vectors of sixteen; a coarse vector holds the last cut of each of
/// the first fifteen. Two vector comparisons and two population counts give the exact rank, without a branch.
struct RankTable<Scalar: RankedScalar>: Sendable {
  /// How many cuts a feature may have: ranks are 0 … 255.
  static var cutLimit: Int { 255 }

  /// One per feature.
  let coarse: [SIMD16<Scalar>]
  /// Sixteen per feature.
  let fine: [SIMD16<Scalar>]

  /// - Precondition: each feature has at most `cutLimit` cuts, in ascending order.
  init(cuts: [[Double]]) {
    var coarse: [SIMD16<Scalar>] = []
    var fine: [SIMD16<Scalar>] = []
    for sorted in cuts {
      precondition(sorted.count <= Self.cutLimit, "too many cuts for eight bits")
      var pivots = SIMD16<Scalar>(repeating: .infinity)
      for part in 0..<16 {
        var vector = SIMD16<Scalar>(repeating: .infinity)
        for lane in 0..<16 where part * 16 + lane < sorted.count {
          vector[lane] = Scalar.cut(sorted[part * 16 + lane])
        }
        if part < 15 { pivots[part] = vector[15] }
        fine.append(vector)
      }
      coarse.append(pivots)
    }
    self.coarse = coarse
    self.fine = fine
  }

  /// The ranks, less 128, of 32 values that lie `stride` apart from `start` on.
  ///
  /// - Parameter fine: The sixteen vectors of the feature.
  @inline(__always)
  static func ranks(
    of values: Span<Scalar>, start: Int, stride: Int, coarse: SIMD16<Scalar>,
    fine: Span<SIMD16<Scalar>>
  ) -> SIMD32<Int8> {
    precondition(fine.count == 16)
    @inline(__always) func rank(_ lane: Int) -> Int8 {
      let value = values[start + lane * stride]
      let part = Scalar.count(below: value, in: coarse)
      let rank = part * 16 + Scalar.count(below: value, in: fine[part & 15])
      return Int8(truncatingIfNeeded: rank &- 128)
    }
    // Spelled out: a loop would move the whole vector through memory for every lane.
    return SIMD32(
      rank(0), rank(1), rank(2), rank(3), rank(4), rank(5), rank(6), rank(7),
      rank(8), rank(9), rank(10), rank(11), rank(12), rank(13), rank(14), rank(15),
      rank(16), rank(17), rank(18), rank(19), rank(20), rank(21), rank(22), rank(23),
      rank(24), rank(25), rank(26), rank(27), rank(28), rank(29), rank(30), rank(31))
  }
}

/// The element types of tables that groups of trees keep cut points for.
protocol TabledScalar: RankedScalar {
  /// The cut points of `group` in this type.
  static func table(of group: RankGroup) -> RankTable<Self>
}

extension Float: TabledScalar {
  static func table(of group: RankGroup) -> RankTable<Float> { group.singles }
}

extension Double: TabledScalar {
  static func table(of group: RankGroup) -> RankTable<Double> { group.doubles }
}
