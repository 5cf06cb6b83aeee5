internal import Glibc

/// Reads a JSON text piece by piece (RFC 8259), for contents that are too long or too frequent for a tree of values.
///
/// The caller asks for what its content should hold and gets an error with line and column where the text holds
/// something else. Nothing outside the grammar is accepted: no `NaN`, no comments, no trailing commas, no byte order mark,
/// no invalid UTF-8, and no two members of the same name where a whole value is read. `end()` makes sure that nothing
/// follows.
public struct JSONReader {
  /// Nesting deeper than this is refused wherever the depth is the sender's choice.
  public static let depthLimit = 2_048

  /// What the next value is.
  public enum Kind: Sendable {
    case object, array, string, number, bool, null
  }

  let bytes: [UInt8]
  var position = 0
  /// Whether a value stands before this place in its array or object.
  var followsValue = false

  /// Starts at the beginning of `bytes`.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// An error at the present place.
  public func failure(_ reason: String) -> JSONError { failure(reason, at: position) }

  func failure(_ reason: String, at place: Int) -> JSONError {
    let before = bytes[..<min(place, bytes.count)]
    let line = before.count { $0 == 10 } + 1
    let column = before.count - (before.lastIndex(of: 10).map { $0 + 1 } ?? 0) + 1
    return JSONError(line: line, column: column, reason: reason)
  }

  /// The next byte that is no white space, without taking it; 0 at the end.
  mutating func peek() -> UInt8 {
    let count = bytes.count
    while position < count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return 0
  }

  /// Takes `literal` when exactly its bytes come next: the quick way through a text of a known form.
  public mutating func takes(_ literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    let isEqual = unsafe bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return count == 0 }
      return unsafe memcmp(start + position, literal.utf8Start, count) == 0
    }
    if isEqual { position += count }
    return isEqual
  }

  /// Reads what `body` reads, or nothing when that is `nil`.
  public mutating func attempt<Value>(_ body: (inout JSONReader) -> Value?) -> Value? {
    let (start, followedValue) = (position, followsValue)
    let value = body(&self)
    if value == nil { (position, followsValue) = (start, followedValue) }
    return value
  }

  /// What the next value is, without taking it.
  public mutating func kind() throws(JSONError) -> Kind {
    switch peek() {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), 48...57: return .number
    default: throw failure(position < bytes.count ? "a value is expected" : "the text ends early")
    }
  }

  private mutating func take(_ byte: UInt8, _ reason: String) throws(JSONError) {
    guard peek() == byte else { throw failure(reason) }
    position += 1
  }

  /// Enters an object.
  public mutating func beginObject() throws(JSONError) {
    try take(UInt8(ascii: "{"), "an object is expected")
    followsValue = false
  }

  /// Enters an array.
  public mutating func beginArray() throws(JSONError) {
    try take(UInt8(ascii: "["), "an array is expected")
    followsValue = false
  }

  /// The key of the next member of the object that was entered; `nil` when the object ends, which leaves it.
  public mutating func nextKey() throws(JSONError) -> String? {
    if peek() == UInt8(ascii: "}") {
      position += 1
      followsValue = true
      return nil
    }
    if followsValue { try take(UInt8(ascii: ","), "a comma or } is expected") }
    guard peek() == UInt8(ascii: "\"") else { throw failure("a key is expected") }
    let key = try readString()
    try take(UInt8(ascii: ":"), "a colon is expected")
    return key
  }

  /// Whether the array that was entered has another element; when it ends, it is left.
  public mutating func nextElement() throws(JSONError) -> Bool {
    if peek() == UInt8(ascii: "]") {
      position += 1
      followsValue = true
      return false
    }
    if followsValue {
      try take(UInt8(ascii: ","), "a comma or ] is expected")
      followsValue = false
    }
    return true
  }

  /// Reads `true` or `false`.
  public mutating func readBool() throws(JSONError) -> Bool {
    let value = peek() == UInt8(ascii: "t")
    try takeWord(value ? "true" : "false")
    return value
  }

  /// Reads `null`.
  public mutating func readNull() throws(JSONError) {
    _ = peek()
    try takeWord("null")
  }

  private mutating func takeWord(_ word: String) throws(JSONError) {
    for byte in word.utf8 {
      guard position < bytes.count, bytes[position] == byte else {
        throw failure("a value is expected")
      }
      position += 1
    }
    followsValue = true
  }

  /// Reads an array of numbers and appends them; `null` becomes NaN.
  public mutating func readNumbers(into numbers: inout [Double]) throws(JSONError) {
    try beginArray()
    while try nextElement() {
      if peek() == UInt8(ascii: "n") {
        try readNull()
        numbers.append(.nan)
      } else {
        numbers.append(try readDouble())
      }
    }
  }

  /// Makes sure that only white space follows.
  public mutating func end() throws(JSONError) {
    _ = peek()
    guard position == bytes.count else { throw failure("the text goes on after its value") }
  }
}
