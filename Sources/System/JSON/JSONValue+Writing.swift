extension JSONValue {
  /// How a document is laid out.
  public enum Layout: Sendable {
    /// No white space.
    case compact
    /// Two spaces a level, arrays of plain values on one line.
    case indented
  }

  /// The document as UTF-8 bytes: the same value gives the same bytes on every machine.
  ///
  /// Doubles are written in the shortest form that reads back to the same bits.
  ///
  /// - Precondition: no number is NaN or infinite, which JSON cannot express; check data before it gets here.
  public func bytes(_ layout: Layout = .compact) -> [UInt8] {
    var writer = JSONWriter(layout: layout)
    writer.write(self, level: 0)
    if layout == .indented { writer.bytes.append(UInt8(ascii: "\n")) }
    return writer.bytes
  }

  /// The document as text.
  public func text(_ layout: Layout = .compact) -> String {
    String(decoding: bytes(layout), as: UTF8.self)
  }
}

private struct JSONWriter {
  let layout: JSONValue.Layout
  var bytes: [UInt8] = []

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let flag): bytes += (flag ? "true" : "false").utf8
    case .integer(let number): bytes += String(number).utf8
    case .number(let number):
      precondition(number.isFinite, "JSON has no NaN and no infinity")
      bytes += number.description.utf8
    case .string(let text): write(text)
    case .array(let elements):
      let isFlat = elements.allSatisfy { $0.isScalar }
      writeList(elements, open: "[", close: "]", breaksLines: !isFlat, level: level) {
        $0.write($1, level: level + 1)
      }
    case .object(let object):
      writeList(
        object.members, open: "{", close: "}", breaksLines: true, level: level
      ) { writer, member in
        writer.write(member.key)
        writer.bytes += (writer.layout == .indented ? ": " : ":").utf8
        writer.write(member.value, level: level + 1)
      }
    }
  }

  private mutating func writeList<Element>(
    _ elements: [Element], open: Unicode.Scalar, close: Unicode.Scalar, breaksLines: Bool,
    level: Int, writeElement: (inout JSONWriter, Element) -> Void
  ) {
    let breaksLines = breaksLines && layout == .indented && !elements.isEmpty
    bytes.append(UInt8(ascii: open))
    for (index, element) in elements.enumerated() {
      if index > 0 {
        bytes.append(UInt8(ascii: ","))
        if layout == .indented && !breaksLines { bytes.append(UInt8(ascii: " ")) }
      }
      if breaksLines { startLine(level + 1) }
      writeElement(&self, element)
    }
    if breaksLines { startLine(level) }
    bytes.append(UInt8(ascii: close))
  }

  private mutating func startLine(_ level: Int) {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += #"\""#.utf8
      case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
      case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
      case UInt8(ascii: "\r"): bytes += #"\r"#.utf8
      case UInt8(ascii: "\t"): bytes += #"\t"#.utf8
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes += (byte < 16 ? "\\u000" : "\\u00").utf8
        bytes += digits.utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension JSONValue {
  fileprivate var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }
}
