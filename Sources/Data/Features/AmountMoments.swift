/// Count, sum and sum of squares of whole numbers: exact in any order, modulo 2¹²⁸ where nothing real reaches.
struct AmountMoments: Equatable, Sendable {
  var count: Int64 = 0
  var sum: Int128 = 0
  var squares: Int128 = 0

  mutating func add(_ value: Int64) {
    count &+= 1
    sum &+= Int128(value)
    squares &+= AmountMoments.square(value)
  }

  static func square(_ value: Int64) -> Int128 {
    let product = value.multipliedFullWidth(by: value)
    return Int128(truncatingIfNeeded: product.high) << 64
      | Int128(truncatingIfNeeded: product.low)
  }

  static func - (left: AmountMoments, right: AmountMoments) -> AmountMoments {
    AmountMoments(
      count: left.count &- right.count, sum: left.sum &- right.sum,
      squares: left.squares &- right.squares)
  }

  /// The mean in units of `scale` whole numbers; 0 without values.
  func mean(scale: Double) -> Double {
    count > 0 ? sum.nearestDouble / Double(count) / scale : 0
  }

  /// Σ (x − mean)² in units of `scale`².
  func squaredDeviations(scale: Double) -> Double {
    guard count > 1 else { return 0 }
    let exactLimit = Int128(1) << 62
    if sum.magnitude < exactLimit.magnitude && count < 1 << 31 && squares < exactLimit << 32 {
      // n Σx² − (Σx)² in integers: no cancellation however large the mean is beside the deviations.
      let numerator = Int128(count) &* squares &- sum &* sum
      return max(numerator.nearestDouble, 0) / Double(count) / (scale * scale)
    }
    let total = sum.nearestDouble
    return max(squares.nearestDouble - total * total / Double(count), 0) / (scale * scale)
  }
}

extension Int128 {
  /// The double nearest to the value up to 1 unit in the last place; short values exactly as `Double(Int64)`.
  var nearestDouble: Double {
    let low = UInt64(truncatingIfNeeded: self)
    let high = Int64(truncatingIfNeeded: self >> 64)
    if high == Int64(bitPattern: low) >> 63 { return Double(Int64(bitPattern: low)) }
    return Double(high) * 0x1p64 + Double(low)
  }
}
