/// Numbers in sentences: six significant digits at most, and no zeros that say nothing.
enum ReadableNumber {
  /// `value` with at most six significant digits.
  static func text(_ value: Double) -> String {
    if value == 0 { return "0" }
    guard value.magnitude >= 1e-4, value.magnitude < 1e15 else { return "\(value)" }
    var power = 1.0
    var decimals = 0
    while value.magnitude * power < 1e5 {
      power *= 10
      decimals += 1
    }
    return trimmed((value * power).rounded() / power)
  }

  /// `value` with one decimal place below 100, and none above.
  static func oneDecimal(_ value: Double) -> String {
    if value >= 1e15 { return "\(value)" }
    return value < 100 ? trimmed((value * 10).rounded() / 10) : trimmed(value.rounded())
  }

  private static func trimmed(_ value: Double) -> String {
    value == value.rounded() ? String(Int64(value)) : value.description
  }
}
