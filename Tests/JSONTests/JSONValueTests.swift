import JSON
import Testing

@Suite struct JSONValueTests {
  @Test func `a document survives writing and reading`() throws {
    let document: JSONValue = [
      "name": "caf\u{E9} \"quoted\" \u{1}", "count": 9_007_199_254_740_993, "share": 0.1,
      "flags": [true, false, nil], "nested": ["empty": [:], "list": [1, 2.5]],
    ]
    for layout in [JSONValue.Layout.compact, .indented] {
      #expect(try JSONValue(parsing: document.bytes(layout)) == document)
    }
  }

  @Test func `members keep their order`() throws {
    let value = try JSONValue(parsing: #"{"b":1,"a":2}"#)
    #expect(value.objectValue?.keys == ["b", "a"])
    #expect(value.text() == #"{"b":1,"a":2}"#)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,\"a\":2}", "NaN", "[1] 2", "\"\u{1}\"", "1e999",
    "99999999999999999999999",
  ])
  func `a malformed document is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func `invalid UTF-8 is refused`() {
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test func `an error names the place and not the content`() throws {
    let error = #expect(throws: JSONError.self) {
      try JSONValue(parsing: "{\n  \"card\": 4111secret\n}")
    }
    #expect(error?.line == 2)
    #expect(error?.description.contains("4111") == false)
  }

  @Test func `nesting without end is refused and does not overflow the stack`() {
    let text = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }
}
