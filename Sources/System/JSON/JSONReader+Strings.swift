extension JSONReader {
  /// Reads a string.
  ///
  /// - Throws: `JSONError` for control characters, invalid UTF-8, unknown escapes and halves of surrogate pairs.
  public mutating func readString() throws(JSONError) -> String {
    guard peek() == UInt8(ascii: "\"") else { throw failure("a string is expected") }
    let start = position + 1
    let count = bytes.count
    var index = start
    var union: UInt8 = 0
    while index < count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        position = index + 1
        followsValue = true
        return try text(of: bytes[start..<index], isASCII: union < 0x80, at: start)
      }
      guard byte >= 0x20 else {
        throw failure("a control character in a string", at: index)
      }
      if byte == UInt8(ascii: "\\") { return try readEscapedString(from: start, to: index) }
      union |= byte
      index += 1
    }
    throw failure("a string does not end", at: start - 1)
  }

  private func text(
    of slice: ArraySlice<UInt8>, isASCII: Bool, at place: Int
  ) throws(JSONError) -> String {
    if isASCII { return String(decoding: slice, as: UTF8.self) }
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw failure("a string is not valid UTF-8", at: place)
    }
    return text
  }

  /// Reads on at the first escape of a string.
  private mutating func readEscapedString(from start: Int, to escape: Int) throws(JSONError)
    -> String
  {
    var content = Array(bytes[start..<escape])
    position = escape
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        followsValue = true
        return try text(of: content[...], isASCII: false, at: start)
      case UInt8(ascii: "\\"): try readEscape(into: &content)
      case 0x20...: content.append(byte)
      default: throw failure("a control character in a string", at: position - 1)
      }
    }
    throw failure("a string does not end", at: start - 1)
  }

  private mutating func readEscape(into content: inout [UInt8]) throws(JSONError) {
    guard position < bytes.count else { throw failure("a string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(8)
    case UInt8(ascii: "f"): content.append(12)
    case UInt8(ascii: "n"): content.append(10)
    case UInt8(ascii: "r"): content.append(13)
    case UInt8(ascii: "t"): content.append(9)
    case UInt8(ascii: "u"):
      var code = try readHexadecimal()
      if (0xD800..<0xDC00).contains(code), position + 1 < bytes.count,
        bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try readHexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
      content.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default: throw failure("an unknown escape", at: position - 1)
    }
  }

  private mutating func readHexadecimal() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count else { throw failure("a string does not end") }
      let digit: UInt8
      switch bytes[position] {
      case let byte where (48...57).contains(byte): digit = byte - 48
      case let byte where (65...70).contains(byte): digit = byte - 55
      case let byte where (97...102).contains(byte): digit = byte - 87
      default: throw failure("four hexadecimal digits are expected")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
