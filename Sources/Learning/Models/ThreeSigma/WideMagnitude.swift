/// A non-negative whole number of any length, for the few exact steps behind mean and variance.
///
/// Limbs are little-endian with no zero limb at the top; zero has none.
struct WideMagnitude: Comparable, Sendable {
  private(set) var limbs: [UInt64]

  init(limbs: [UInt64]) {
    self.limbs = limbs
    trim()
  }

  init(_ value: UInt64) { limbs = value == 0 ? [] : [value] }

  var isZero: Bool { limbs.isEmpty }

  var bitWidth: Int {
    limbs.last.map { limbs.count * 64 - $0.leadingZeroBitCount } ?? 0
  }

  var trailingZeroBitCount: Int {
    guard let index = limbs.firstIndex(where: { $0 != 0 }) else { return 0 }
    return index * 64 + limbs[index].trailingZeroBitCount
  }

  private mutating func trim() {
    while limbs.last == 0 { limbs.removeLast() }
  }

  static func < (left: WideMagnitude, right: WideMagnitude) -> Bool {
    if left.limbs.count != right.limbs.count { return left.limbs.count < right.limbs.count }
    for (a, b) in zip(left.limbs.reversed(), right.limbs.reversed()) where a != b { return a < b }
    return false
  }

  func shiftedLeft(by count: Int) -> WideMagnitude {
    if isZero || count == 0 { return self }
    let (whole, bits) = count.quotientAndRemainder(dividingBy: 64)
    var result = [UInt64](repeating: 0, count: whole)
    result.reserveCapacity(whole + limbs.count + 1)
    var carry: UInt64 = 0
    for limb in limbs {
      result.append(limb << UInt64(bits) | carry)
      carry = bits == 0 ? 0 : limb >> UInt64(64 - bits)
    }
    result.append(carry)
    return WideMagnitude(limbs: result)
  }

  /// The quotient by 2 to the `count`, rounded down.
  func shiftedRight(by count: Int) -> WideMagnitude {
    let (whole, bits) = count.quotientAndRemainder(dividingBy: 64)
    guard whole < limbs.count else { return WideMagnitude(0) }
    var result: [UInt64] = []
    result.reserveCapacity(limbs.count - whole)
    for index in whole..<limbs.count {
      let above = index + 1 < limbs.count && bits > 0 ? limbs[index + 1] << UInt64(64 - bits) : 0
      result.append(limbs[index] >> UInt64(bits) | above)
    }
    return WideMagnitude(limbs: result)
  }

  func multiplied(by other: WideMagnitude) -> WideMagnitude {
    var result = [UInt64](repeating: 0, count: limbs.count + other.limbs.count)
    for (i, limb) in limbs.enumerated() {
      var carry: UInt64 = 0
      for (j, factor) in other.limbs.enumerated() {
        let product = limb.multipliedFullWidth(by: factor)
        let (low, first) = product.low.addingReportingOverflow(carry)
        let (sum, second) = result[i + j].addingReportingOverflow(low)
        result[i + j] = sum
        // The product of two limbs leaves room for both carries.
        carry = product.high + (first ? 1 : 0) + (second ? 1 : 0)
      }
      result[i + other.limbs.count] = carry
    }
    return WideMagnitude(limbs: result)
  }

  /// The difference to a number that is not larger.
  func subtracting(_ other: WideMagnitude) -> WideMagnitude {
    var result = limbs
    var borrow: UInt64 = 0
    for index in result.indices {
      let subtrahend = index < other.limbs.count ? other.limbs[index] : 0
      let (first, firstBorrow) = result[index].subtractingReportingOverflow(subtrahend)
      let (second, secondBorrow) = first.subtractingReportingOverflow(borrow)
      result[index] = second
      borrow = firstBorrow || secondBorrow ? 1 : 0
    }
    return WideMagnitude(limbs: result)
  }

  /// Quotient rounded down, and whether something was left over.
  func divided(by divisor: UInt64) -> (quotient: WideMagnitude, hasRemainder: Bool) {
    var result = limbs
    var remainder: UInt64 = 0
    for index in result.indices.reversed() {
      (result[index], remainder) = divisor.dividingFullWidth((remainder, result[index]))
    }
    return (WideMagnitude(limbs: result), remainder != 0)
  }

  /// The number times 2 to the `exponent`, rounded to the nearest `Double`, ties to even.
  ///
  /// - Parameter hasMore: Whether the exact number lies a little above, by less than one unit.
  func rounded(exponent: Int, hasMore: Bool) -> Double {
    guard !isZero else { return 0 }
    // The last bit that the result keeps: 53 significant ones, fewer below the normal range.
    let lowest = Swift.max(exponent + bitWidth - 53, -1074)
    guard lowest > exponent else {
      // Nothing is cut: at most 53 bits.
      return WideMagnitude.scaled(Double(limbs[0]), by: exponent)
    }
    let cut = lowest - exponent
    var kept = shiftedRight(by: cut).limbs.first ?? 0
    let half = shiftedRight(by: cut - 1).limbs.first.map { $0 & 1 == 1 } ?? false
    let isAboveHalf = hasMore || trailingZeroBitCount < cut - 1
    if half && (isAboveHalf || kept & 1 == 1) { kept += 1 }
    return WideMagnitude.scaled(Double(kept), by: lowest)
  }

  /// `value` times 2 to the `exponent`, without leaving the range on the way.
  static func scaled(_ value: Double, by exponent: Int) -> Double {
    let first = Swift.max(Swift.min(exponent, 900), -1000)
    let rest = exponent - first
    return value * power(first) * power(Swift.max(Swift.min(rest, 900), -1000))
  }

  private static func power(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
