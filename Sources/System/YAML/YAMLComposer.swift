internal import JSON

/// Builds values from the parser's events and notes where each stood.
struct YAMLComposer {
  static let deepestNesting = 64
  static let largestValueCount = 100_000
  static let largestByteCount = 4 << 20

  let file: String?
  private(set) var positions: [String: YAMLPosition] = [:]
  private var anchors: [String: (value: JSONValue, valueCount: Int)] = [:]
  private var valueCount = 0

  init(file: String?) { self.file = file }

  mutating func compose(_ bytes: [UInt8]) throws(YAMLError) -> JSONValue {
    guard bytes.count <= YAMLComposer.largestByteCount else {
      throw failure(YAMLPosition(line: 1, column: 1), "", "the text is longer than 4 MiB")
    }
    var events = YAMLEvents(bytes: bytes, file: file)
    _ = try events.next()
    guard case .documentStart = try events.next().kind else { return .null }
    let root = try value(of: try events.next(), path: "", depth: 0, &events)
    _ = try events.next()
    let last = try events.next()
    guard case .streamEnd = last.kind else {
      throw failure(last.position, "", "a second document begins here; one file holds one document")
    }
    return root
  }

  private func failure(_ position: YAMLPosition, _ path: String, _ reason: String) -> YAMLError {
    YAMLError(file: file, position: position, path: path, reason: reason)
  }

  private mutating func count(_ added: Int, _ event: YAMLEvent, _ path: String) throws(YAMLError) {
    valueCount += added
    if valueCount > YAMLComposer.largestValueCount {
      throw failure(
        event.position, path, "more than \(YAMLComposer.largestValueCount) values, aliases expanded"
      )
    }
  }

  private mutating func value(
    of event: YAMLEvent, path: String, depth: Int, _ events: inout YAMLEvents
  ) throws(YAMLError) -> JSONValue {
    positions[path] = event.position
    if event.hasTag {
      throw failure(event.position, path, "tags are not supported; quote the value to make it text")
    }
    guard depth <= YAMLComposer.deepestNesting else {
      throw failure(
        event.position, path, "nested deeper than \(YAMLComposer.deepestNesting) levels")
    }
    let countBefore = valueCount
    try count(1, event, path)
    let result: JSONValue
    switch event.kind {
    case .scalar(let text, let isPlain):
      result = isPlain ? try plainScalar(text, event, path) : .string(text)
    case .sequenceStart:
      var elements: [JSONValue] = []
      while true {
        let next = try events.next()
        if case .collectionEnd = next.kind { break }
        elements.append(
          try value(of: next, path: "\(path)[\(elements.count)]", depth: depth + 1, &events))
      }
      result = .array(elements)
    case .mappingStart:
      result = .object(try members(path: path, depth: depth, &events))
    case .alias(let name):
      guard let anchor = anchors[name] else {
        throw failure(event.position, path, "the alias has no anchor before it")
      }
      try count(anchor.valueCount, event, path)
      return anchor.value
    case .documentStart, .documentEnd, .streamStart, .streamEnd, .collectionEnd:
      throw failure(event.position, path, "a value is missing here")
    }
    if let name = event.anchor { anchors[name] = (result, valueCount - countBefore) }
    return result
  }

  private mutating func members(
    path: String, depth: Int, _ events: inout YAMLEvents
  ) throws(YAMLError) -> JSONObject {
    var object = JSONObject()
    var known: Set<String> = []
    while true {
      let next = try events.next()
      if case .collectionEnd = next.kind { return object }
      guard case .scalar(let key, let isPlain) = next.kind, !next.hasTag else {
        throw failure(next.position, path, "a key must be plain text")
      }
      let keyPath = path.isEmpty ? key : "\(path).\(key)"
      if isPlain && key == "<<" {
        throw failure(next.position, path, "merge keys are not supported; repeat the members")
      }
      guard known.insert(key).inserted else {
        throw failure(next.position, keyPath, "the key occurs twice")
      }
      try count(1, next, keyPath)
      let value = try value(of: try events.next(), path: keyPath, depth: depth + 1, &events)
      // A message about a member points at its key, where the reader looks first.
      positions[keyPath] = next.position
      object.appendUnique(key, value)
    }
  }

  /// The value of an unquoted scalar by the YAML 1.2 core schema.
  private func plainScalar(
    _ text: String, _ event: YAMLEvent, _ path: String
  ) throws(YAMLError) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    let bytes = Array(text.utf8)
    let unsigned = bytes.first == 43 || bytes.first == 45 ? bytes[1...] : bytes[...]
    let isNegative = bytes.first == 45
    let special = String(decoding: unsigned, as: UTF8.self)
    if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(special) {
      throw failure(event.position, path, "infinities and NaN are no settings")
    }
    if let integer = integerText(unsigned) {
      guard let value = Int64((isNegative ? "-" : "") + integer.digits, radix: integer.radix) else {
        throw failure(event.position, path, "the integer does not fit in 64 bits")
      }
      return .integer(value)
    }
    if isDecimalNumber(unsigned), let value = Double(text) {
      guard value.isFinite else {
        throw failure(event.position, path, "the number is out of the range of a double")
      }
      return .number(value)
    }
    return .string(text)
  }

  private func integerText(_ bytes: ArraySlice<UInt8>) -> (digits: String, radix: Int)? {
    guard let first = bytes.first else { return nil }
    var digits = bytes
    var radix = 10
    if first == 48 && bytes.count > 2 {
      let mark = bytes[bytes.startIndex + 1]
      if mark == UInt8(ascii: "x") { radix = 16 } else if mark == UInt8(ascii: "o") { radix = 8 }
      if radix != 10 { digits = bytes.dropFirst(2) }
    }
    let isInteger = digits.allSatisfy { byte in
      switch byte {
      case 48...55: true
      case 56...57: radix >= 10
      case 65...70, 97...102: radix == 16
      default: false
      }
    }
    return isInteger ? (String(decoding: digits, as: UTF8.self), radix) : nil
  }

  /// Whether the bytes are `digits [. digits] [e digits]` with a digit before the exponent.
  private func isDecimalNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
    var digitCount = 0
    var rest = bytes
    func dropDigits() {
      while let byte = rest.first, (48...57).contains(byte) {
        rest = rest.dropFirst()
        digitCount += 1
      }
    }
    dropDigits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      dropDigits()
    }
    guard digitCount > 0 else { return false }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == 43 || rest.first == 45 { rest = rest.dropFirst() }
      digitCount = 0
      dropDigits()
      guard digitCount > 0 else { return false }
    }
    return rest.isEmpty
  }
}
