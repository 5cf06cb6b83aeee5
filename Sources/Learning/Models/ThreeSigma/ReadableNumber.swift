internal import JSON

/// Numbers in sentences: six significant digits at most, and no zeros that say nothing.
enum ReadableNumber {
  /// Writes `value` with at most six significant digits.
  static func write(_ value: Double, to text: inout JSONBuffer) {
    if value == 0 { return text.raw("0") }
    guard value.magnitude >= 1e-4, value.magnitude < 1e15 else { return text.number(value) }
    var power = 1.0
    var places = 0
    while value.magnitude * power < 1e5 {
      power *= 10
      places += 1
    }
    write((value * power).rounded(), places: places, to: &text)
  }

  /// Writes `value` with one decimal place below 100, and none above.
  static func writeOneDecimal(_ value: Double, to text: inout JSONBuffer) {
    guard value.magnitude < 1e15 else { return text.number(value) }
    if value < 100 {
      write((value * 10).rounded(), places: 1, to: &text)
    } else {
      write(value.rounded(), places: 0, to: &text)
    }
  }

  /// `value` with one decimal place below 100, and none above.
  static func oneDecimal(_ value: Double) -> String {
    var text = JSONBuffer(capacity: 24)
    writeOneDecimal(value, to: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// Writes the whole number `digits`, below 1e16, with its last `places` digits behind the point; as few digits as this is,
  /// it is the shortest text of that number, found without looking for it.
  private static func write(_ digits: Double, places: Int, to text: inout JSONBuffer) {
    var rest = UInt64(digits.magnitude)
    var places = places
    while places > 0, rest.isMultiple(of: 10) {
      rest /= 10
      places -= 1
    }
    if digits < 0, rest > 0 { text.raw("-") }
    // From the last digit to the first: 16 digits, a point and zeros before a number below one.
    var bytes = InlineArray<24, UInt8>(repeating: 0)
    var start = 24
    var count = 0
    repeat {
      start -= 1
      if count == places, places > 0 {
        bytes[start] = UInt8(ascii: ".")
        start -= 1
      }
      bytes[start] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
      count += 1
    } while rest > 0 || count <= places
    text.raw(bytes.span.extracting(start..<24))
  }
}
