/// An amount of money, exact: a whole number of millionths of the currency's unit.
///
/// Six decimals hold every ISO 4217 currency; sums of amounts are exact, in any order. The range is ±9.2 × 10¹².
public struct Money: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Millionths of the currency's unit.
  public var millionths: Int64

  /// Makes the amount of `millionths`.
  public init(millionths: Int64) { self.millionths = millionths }

  public static func < (left: Money, right: Money) -> Bool { left.millionths < right.millionths }

  /// The nearest double: what features are made of.
  public var doubleValue: Double { Double(millionths) / 1_000_000 }

  /// The amount nearest to `value` in hundredths; `nil` when it is not finite or out of range.
  public init?(roundingToHundredths value: Double) {
    guard let cents = Int64(exactly: (value * 100).rounded()) else { return nil }
    let (millionths, overflow) = cents.multipliedReportingOverflow(by: 10_000)
    guard !overflow else { return nil }
    self.millionths = millionths
  }

  /// Reads plain decimal text such as `4500.50` or `-3`; `nil` for anything else, more than six decimals that are not
  /// zero, or an amount out of range.
  public init?(parsing text: some StringProtocol) {
    var whole: Int64 = 0
    var decimals = -1
    var digitCount = 0
    var isNegative = false
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where index == 0: isNegative = true
      case UInt8(ascii: "+") where index == 0: break
      case UInt8(ascii: ".") where decimals < 0: decimals = 0
      case 48...57:
        digitCount += 1
        if decimals >= 6 {
          guard byte == 48 else { return nil }
          continue
        }
        let (tens, overflow) = whole.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(Int64(byte - 48))
        guard !overflow, !carry else { return nil }
        whole = sum
        if decimals >= 0 { decimals += 1 }
      default: return nil
      }
    }
    guard digitCount > 0 else { return nil }
    for _ in max(decimals, 0)..<6 {
      let (tens, overflow) = whole.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      whole = tens
    }
    millionths = isNegative ? -whole : whole
  }

  /// Plain decimal text without superfluous zeros, at least two decimals: `4500.50`, `0.125`.
  public var description: String {
    let magnitude = millionths.magnitude
    var fraction = String(magnitude % 1_000_000)
    fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
    while fraction.count > 2 && fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(millionths < 0 ? "-" : "")\(magnitude / 1_000_000).\(fraction)"
  }
}
