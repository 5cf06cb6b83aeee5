internal import HTTP

/// Records of comma-separated cells (RFC 4180) from the content of a request.
struct CommaSeparatedText {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The cells of the next record that is not empty; `nil` at the end.
  ///
  /// - Throws: 400 for a quote that does not end or is not a whole cell, and for text that is not UTF-8.
  mutating func nextRecord() throws(HTTPFailure) -> [String]? {
    while position < bytes.count, bytes[position] == 10 || bytes[position] == 13 { position += 1 }
    guard position < bytes.count else { return nil }
    var cells: [String] = []
    while true {
      cells.append(try nextCell())
      guard position < bytes.count else { return cells }
      let separator = bytes[position]
      position += 1
      if separator == 10 { return cells }
    }
  }

  /// Reads a cell and stops at the comma or line feed after it.
  private mutating func nextCell() throws(HTTPFailure) -> String {
    var content: [UInt8] = []
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      position += 1
      while true {
        guard position < bytes.count else { throw CommaSeparatedText.malformed }
        let byte = bytes[position]
        position += 1
        if byte == UInt8(ascii: "\"") {
          guard position < bytes.count, bytes[position] == byte else { break }
          position += 1
        }
        content.append(byte)
      }
    }
    let start = position
    while position < bytes.count, bytes[position] != 10, bytes[position] != UInt8(ascii: ",") {
      position += 1
    }
    var rest = bytes[start..<position]
    if rest.last == 13 { rest.removeLast() }
    guard content.isEmpty || rest.isEmpty else { throw CommaSeparatedText.malformed }
    guard let text = String(validating: content + rest, as: UTF8.self) else {
      throw CommaSeparatedText.malformed
    }
    return text
  }

  private static var malformed: HTTPFailure {
    HTTPFailure(400, "MALFORMED_CSV", "the content is not comma-separated text in UTF-8")
  }
}
