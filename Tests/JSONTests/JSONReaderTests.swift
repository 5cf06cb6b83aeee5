import CJansson
import JSON
import Tabular
import Testing

@Suite struct JSONReaderTests {
  /// The bits that the C library's own reader gives to the same text.
  private func reference(_ text: String) -> Double? { Double(text) }

  @Test(arguments: [
    "0", "-0", "0.0", "1", "-1", "25.5", "1e0", "1E+2", "1e-2", "0.1", "0.30000000000000004",
    "9007199254740993.0", "9007199254740992.9", "1e22", "1e23", "123456789012345678e19",
    "5e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "18446744073709551615.0",
    "0.00000000000000000000000000000000000001234", "3.141592653589793238462643383279502884",
    "1844674407370955161600000000000000000.0", "9999999999999999999e-19", "1.0000000000000002",
    "4503599627370497.5", "4503599627370496.5", "8.41e21", "2.4703282292062328e-324",
  ])
  func `a number gets the nearest double`(text: String) throws {
    var reader = JSONReader(Array(text.utf8))
    let value = try reader.readDouble()
    #expect(value.bitPattern == reference(text)?.bitPattern)
    try reader.end()
  }

  @Test func `an attempt that fails has read nothing`() throws {
    var reader = JSONReader(Array(#"{"a":[1,2]}"#.utf8))
    let short: Double? = reader.attempt { reader in
      guard reader.takes(#"{"a":["#), let first = try? reader.readDouble(), reader.takes("]")
      else { return nil }
      return first
    }
    #expect(short == nil)
    #expect(!reader.takes(#"{"b""#) && !reader.takes(#"{"a":[1,2]} and more"#))
    let sum: Double? = reader.attempt { reader in
      guard reader.takes(#"{"a":["#), let first = try? reader.readDouble(), reader.takes(","),
        let second = try? reader.readDouble(), reader.takes("]}")
      else { return nil }
      return first + second
    }
    #expect(sum == 3)
    try reader.end()
    var empty = JSONReader([])
    #expect(!empty.takes("{") && empty.takes(""))
  }

  @Test func `random numbers get the bits that the C library gives`() throws {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<20_000 {
      var text = generator.next() & 1 == 0 ? "" : "-"
      text += String(generator.next() >> (generator.next() & 63))
      switch generator.next() & 3 {
      case 0: text += "." + String(generator.next() >> (generator.next() & 63))
      case 1: text += "e\(Int(generator.next() % 40) - 20)"
      case 2:
        text +=
          ".\(generator.next() >> (generator.next() & 63))e\(Int(generator.next() % 680) - 340)"
      default: text += ".0"
      }
      guard let expected = reference(text), expected.isFinite else { continue }
      var reader = JSONReader(Array(text.utf8))
      #expect(try reader.readDouble().bitPattern == expected.bitPattern, "\(text)")
    }
  }

  @Test func `every finite double survives its shortest text`() throws {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      var reader = JSONReader(Array(value.description.utf8))
      #expect(try reader.readDouble().bitPattern == value.bitPattern)
    }
  }

  @Test(arguments: [
    "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "NaN", "Infinity", "-Infinity", "1_000",
    "--1", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{,}", "{\"a\":1,}", "{1:2}", "'a'",
    "\"\\x\"", "\"\\u12\"", "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"\t\"", "tru",
    "truefalse", "nul", "\u{FEFF}1", "1 1", "[1]]", "{\"a\":1}}", "[", "{\"a\":[}", "// c\n1",
    "1e400", "9223372036854775808", "-9223372036854775809", "",
  ])
  func `what the grammar does not have is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(throws: JSONError.self) {
      var reader = JSONReader(Array(text.utf8))
      if try reader.kind() == .number {
        _ = try reader.readNumber()
      } else {
        try reader.skipValue()
      }
      try reader.end()
    }
  }

  @Test func `escapes and surrogate pairs become text`() throws {
    let text = #""\"\\\/\b\f\n\r\t\u0041\u00e9\uD83D\uDE00\u0000""#
    let value = try JSONValue(parsing: text)
    #expect(value.stringValue == "\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{1F600}\0")
    #expect(try JSONValue(parsing: value.bytes()) == value)
  }

  @Test func `a content is read without a tree`() throws {
    let text = #" { "timestamps" : [1, 2.5] , "more": {"deep": [[], {}]}, "values": [1, null] } "#
    var reader = JSONReader(Array(text.utf8))
    try reader.beginObject()
    var values: [Double] = []
    var keys: [String] = []
    while let key = try reader.nextKey() {
      keys.append(key)
      if key == "more" { try reader.skipValue() } else { try reader.readNumbers(into: &values) }
    }
    try reader.end()
    #expect(keys == ["timestamps", "more", "values"])
    #expect(values.prefix(3) == [1, 2.5, 1])
    #expect(values.last?.isNaN == true)
  }

  @Test func `nesting is followed to its limit and no further`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSONValue(parsing: nested(JSONReader.depthLimit))
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(JSONReader.depthLimit + 1)) }
    var reader = JSONReader(Array(nested(100_000).utf8))
    #expect(throws: JSONError.self) { try reader.skipValue() }
  }

  /// Mutates documents at random and asks jansson, an independent parser, whether they are JSON.
  @Test func `mutated documents are judged as an independent parser judges them`() throws {
    let seeds = [
      #"{"timestamp":"1609459500","value":25.5,"flags":[true,false,null],"deep":{"a":[{}]}}"#,
      #"[-0.5e+3,0,12e-2,"caf\u00e9 \ud83d\ude00","é",[[[]]],{"":""}]"#,
    ].map { Array($0.utf8) }
    let letters = Array(#"{}[]",:0123456789.eE+-truefalsn\/u "#.utf8) + [0x80, 0xC3, 0xED, 0xF4]
    var generator = SeededGenerator(seed: 77)
    for round in 0..<30_000 {
      var bytes = seeds[round & 1]
      for _ in 0..<(1 + generator.next() % 3) {
        let index = Int(generator.next() % UInt64(bytes.count))
        switch generator.next() % 3 {
        case 0: bytes[index] = letters[Int(generator.next() % UInt64(letters.count))]
        case 1: bytes.remove(at: index)
        default:
          bytes.insert(letters[Int(generator.next() % UInt64(letters.count))], at: index)
        }
      }
      let isAccepted = (try? JSONValue(parsing: bytes)) != nil
      #expect(isAccepted == isJSONByJansson(bytes), "\(String(decoding: bytes, as: UTF8.self))")
    }
  }

  private func isJSONByJansson(_ bytes: [UInt8]) -> Bool {
    var failure = json_error_t()
    let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)
    let root = unsafe bytes.withUnsafeBytes { buffer in
      unsafe json_loadb(buffer.baseAddress, buffer.count, flags, &failure)
    }
    guard let root = unsafe root else { return false }
    unsafe anomalyze_json_release(root)
    return true
  }
}
