/// JSON written straight to bytes, for answers that are given many times a second.
///
/// The caller writes punctuation itself, as part of the literals around values.
public struct JSONBuffer: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8] = []

  /// Makes an empty buffer with room for `capacity` bytes.
  public init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

  /// Writes text of JSON as it is.
  public mutating func raw(_ literal: StaticString) {
    literal.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
  }

  /// Writes one byte of JSON as it is.
  public mutating func raw(_ byte: UInt8) { bytes.append(byte) }

  /// Writes an encoded document as it is.
  public mutating func raw(_ document: [UInt8]) { bytes.append(contentsOf: document) }

  /// Writes a piece of JSON as it is.
  public mutating func raw(_ piece: Span<UInt8>) {
    unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  /// Writes text that holds nothing to escape, without quotes.
  public mutating func plain(_ text: String) { raw(text.utf8Span.span) }

  /// Writes a truth value.
  public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  /// Writes an integer.
  public mutating func integer(_ value: Int) {
    if (0..<10).contains(value) { return bytes.append(48 + UInt8(value)) }
    bytes.append(contentsOf: String(value).utf8)
  }

  /// Writes a number in the shortest form that reads back to the same bits; `null` for one that is not finite.
  public mutating func number(_ value: Double) {
    guard value.isFinite else { return raw("null") }
    var sink = ASCIISink()
    swap(&sink.bytes, &bytes)
    value.write(to: &sink)
    swap(&sink.bytes, &bytes)
  }

  /// Writes a string with its quotes and escapes.
  public mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    if JSONBuffer.isPlain(text.utf8Span.span) {
      bytes.append(contentsOf: text.utf8)
    } else {
      for byte in text.utf8 { append(escaping: byte) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func isPlain(_ text: Span<UInt8>) -> Bool {
    // Without a way out in the middle, many bytes are looked at in one step.
    var flaws: UInt8 = 0
    for index in text.indices {
      let byte = text[index]
      flaws |= (byte < 0x20 ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5C ? 1 : 0)
    }
    return flaws == 0
  }

  private mutating func append(escaping byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case UInt8(ascii: "\n"): raw("\\n")
    case UInt8(ascii: "\r"): raw("\\r")
    case UInt8(ascii: "\t"): raw("\\t")
    case 0..<0x20:
      raw(byte < 16 ? "\\u000" : "\\u00")
      bytes.append(contentsOf: String(byte, radix: 16).utf8)
    default: bytes.append(byte)
    }
  }

  /// Writes any value without white space.
  public mutating func value(_ value: JSONValue) {
    var writer = JSONWriter(layout: .compact, buffer: JSONBuffer(capacity: 0))
    swap(&writer.buffer, &self)
    writer.write(value, level: 0)
    swap(&writer.buffer, &self)
  }
}

/// Takes the digits of a number as the standard library makes them, without a text in between.
private struct ASCIISink: TextOutputStream {
  var bytes: [UInt8] = []

  mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  // The standard library's own name for what it calls with the digits; without it, it makes a text for `write`.
  // swift-format-ignore: NoLeadingUnderscores
  mutating func _writeASCII(_ digits: UnsafeBufferPointer<UInt8>) {
    unsafe bytes.append(contentsOf: digits)
  }
}
