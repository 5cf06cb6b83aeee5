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
    if layout == .indented { writer.buffer.raw("\n") }
    return writer.buffer.bytes
  }

  /// The document as text.
  public func text(_ layout: Layout = .compact) -> String {
    String(decoding: bytes(layout), as: UTF8.self)
  }
}

struct JSONWriter {
  let layout: JSONValue.Layout
  var buffer = JSONBuffer()

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: buffer.raw("null")
    case .bool(let flag): buffer.bool(flag)
    case .integer(let number): buffer.integer(Int(number))
    case .number(let number):
      precondition(number.isFinite, "JSON has no NaN and no infinity")
      buffer.number(number)
    case .string(let text): buffer.string(text)
    case .array(let elements):
      let isFlat = elements.allSatisfy { $0.isScalar }
      writeList(elements, open: "[", close: "]", breaksLines: !isFlat, level: level) {
        $0.write($1, level: level + 1)
      }
    case .object(let object):
      writeList(
        object.members, open: "{", close: "}", breaksLines: true, level: level
      ) { writer, member in
        writer.buffer.string(member.key)
        writer.buffer.raw(writer.layout == .indented ? ": " : ":")
        writer.write(member.value, level: level + 1)
      }
    }
  }

  private mutating func writeList<Element>(
    _ elements: [Element], open: Unicode.Scalar, close: Unicode.Scalar, breaksLines: Bool,
    level: Int, writeElement: (inout JSONWriter, Element) -> Void
  ) {
    let breaksLines = breaksLines && layout == .indented && !elements.isEmpty
    buffer.raw(UInt8(ascii: open))
    for (index, element) in elements.enumerated() {
      if index > 0 { buffer.raw(layout == .indented && !breaksLines ? ", " : ",") }
      if breaksLines { startLine(level + 1) }
      writeElement(&self, element)
    }
    if breaksLines { startLine(level) }
    buffer.raw(UInt8(ascii: close))
  }

  private mutating func startLine(_ level: Int) {
    buffer.raw("\n")
    for _ in 0..<level { buffer.raw("  ") }
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
