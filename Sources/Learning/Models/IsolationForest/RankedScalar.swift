/// The element types of tables that a forest learns from and scores, each with its concrete vector instructions.
///
/// Generic SIMD comparisons compile to loops over lanes; the overloads for concrete types are single instructions, so
/// the two implementations below are spelled out.
package protocol RankedScalar: BinaryFloatingPoint, SIMDScalar, Codable, Sendable
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
  package static func count(below value: Float, in pivots: SIMD16<Float>) -> Int {
    // True lanes hold −1. Halving by hand keeps the additions whole vectors, where `wrappedSum` becomes one per lane.
    let lanes = (SIMD16<Float>(repeating: value) .> pivots)._storage
    let eight = lanes.lowHalf &+ lanes.highHalf
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return -Int(two.x &+ two.y)
  }

  package static func cut(_ threshold: Double) -> Float {
    let nearest = Float(threshold)
    return Double(nearest) > threshold ? nearest.nextDown : nearest
  }

  package static func areFinite(_ values: Span<Float>) -> Bool {
    // The addition carries into the sign only from an exponent of ones.
    var carries: UInt32 = 0
    for index in values.indices {
      carries |= (values[index].bitPattern & 0x7FFF_FFFF) &+ 0x0080_0000
    }
    return carries < 0x8000_0000
  }
}

extension Double: RankedScalar {
  @inline(__always)
  package static func count(below value: Double, in pivots: SIMD16<Double>) -> Int {
    let lanes = (SIMD16<Double>(repeating: value) .> pivots)._storage
    let eight = lanes.lowHalf &+ lanes.highHalf
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return -Int(two.x &+ two.y)
  }

  package static func cut(_ threshold: Double) -> Double { threshold }

  package static func areFinite(_ values: Span<Double>) -> Bool {
    var carries: UInt64 = 0
    for index in values.indices {
      carries |= (values[index].bitPattern & 0x7FFF_FFFF_FFFF_FFFF) &+ 0x0010_0000_0000_0000
    }
    return carries < 0x8000_0000_0000_0000
  }
}
