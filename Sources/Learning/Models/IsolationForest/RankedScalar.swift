/// The element types that `RankKernel` ranks, each with its concrete vector instructions.
///
/// Generic SIMD comparisons compile to loops over lanes; the overloads for concrete types are single instructions, so
/// the two implementations below are spelled out.
protocol RankedScalar: BinaryFloatingPoint, SIMDScalar, Codable, Sendable
where SIMD16Storage: Sendable {
  /// How many of `pivots` are below `value`; none for NaN.
  static func count(below value: Self, in pivots: SIMD16<Self>) -> Int

  /// The greatest value of the type that is not above `threshold`: finite x > `threshold` exactly when x > cut.
  static func cut(_ threshold: Double) -> Self

  /// Whether every value is finite.
  static func areFinite(_ values: Span<Self>) -> Bool
}

extension Float: RankedScalar {
  @inline(__always)
  static func count(below value: Float, in pivots: SIMD16<Float>) -> Int {
    // True lanes hold −1. Halving by hand keeps the additions whole vectors, where `wrappedSum` becomes one per lane.
    let lanes = (SIMD16<Float>(repeating: value) .> pivots)._storage
    let eight = lanes.lowHalf &+ lanes.highHalf
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return -Int(two.x &+ two.y)
  }

  static func cut(_ threshold: Double) -> Float {
    let nearest = Float(threshold)
    return Double(nearest) > threshold ? nearest.nextDown : nearest
  }

  static func areFinite(_ values: Span<Float>) -> Bool {
    var largest: UInt32 = 0
    for index in values.indices {
      largest = max(largest, values[index].bitPattern & 0x7FFF_FFFF)
    }
    return largest < Float.infinity.bitPattern
  }
}

extension Double: RankedScalar {
  @inline(__always)
  static func count(below value: Double, in pivots: SIMD16<Double>) -> Int {
    let lanes = (SIMD16<Double>(repeating: value) .> pivots)._storage
    let eight = lanes.lowHalf &+ lanes.highHalf
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return -Int(two.x &+ two.y)
  }

  static func cut(_ threshold: Double) -> Double { threshold }

  static func areFinite(_ values: Span<Double>) -> Bool {
    var largest: UInt64 = 0
    for index in values.indices {
      largest = max(largest, values[index].bitPattern & 0x7FFF_FFFF_FFFF_FFFF)
    }
    return largest < Double.infinity.bitPattern
  }
}
