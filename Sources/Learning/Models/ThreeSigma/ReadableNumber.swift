internal import JSON

/// Numbers in sentences: six significant digits at most, and no zeros that say nothing.
enum ReadableNumber {
  /// Writes `value` with at most six significant digits.
  static func write(_ value: Double, to text: inout JSONBuffer) {
    if value == 0 { return text.raw("0") }
    guard value.magnitude >= 1e-4, value.magnitude < 1e15 else { return text.number(value) }
    var power = 1.0
    while value.magnitude * power < 1e5 { power *= 10 }
    writeTrimmed((value * power).rounded() / power, to: &text)
  }

  /// Writes `value` with one decimal place below 100, and none above.
  static func writeOneDecimal(_ value: Double, to text: inout JSONBuffer) {
    if value >= 1e15 { return text.number(value) }
    writeTrimmed(value < 100 ? (value * 10).rounded() / 10 : value.rounded(), to: &text)
  }

  /// `value` with one decimal place below 100, and none above.
  static func oneDecimal(_ value: Double) -> String {
    var text = JSONBuffer(capacity: 24)
    writeOneDecimal(value, to: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  private static func writeTrimmed(_ value: Double, to text: inout JSONBuffer) {
    if value == value.rounded() { text.integer(Int(value)) } else { text.number(value) }
  }
}
