import JSON
import Testing
import YAML

@Suite struct YAMLDocumentTests {
  @Test func `a configuration becomes the same value as its JSON`() throws {
    let document = try YAMLDocument(
      parsing: """
        # comment
        source: "postgresql://lab@db/shop"   # with a colon
        features:
          - {name: amount, kind: amount}
          - name: count_7d
            window: 7d
            includeCurrent: true
        limits: [1, -2, 0x1f, 0o17, 1.5, -2e3, .5]
        empty:
        text: 'yes'
        word: yes
        block: |
          two
          lines

        """)
    #expect(
      document.json == [
        "source": "postgresql://lab@db/shop",
        "features": [
          ["name": "amount", "kind": "amount"],
          ["name": "count_7d", "window": "7d", "includeCurrent": true],
        ],
        "limits": [1, -2, 31, 15, 1.5, -2000.0, 0.5], "empty": nil, "text": "yes", "word": "yes",
        "block": "two\nlines\n",
      ])
  }

  @Test(arguments: [
    ("null", JSONValue.null), ("", .null), ("# only a comment", .null), ("~", .null),
    ("True", .bool(true)), ("FALSE", .bool(false)), ("+7", .integer(7)), ("007", .integer(7)),
    ("-9223372036854775808", .integer(.min)), ("1e3", .number(1000)), ("1.", .number(1)),
    ("1e", .string("1e")), (".", .string(".")), ("-", .array([.null])), ("+", .string("+")),
    ("0x", .string("0x")), ("12:30", .string("12:30")), ("2018-07-25", .string("2018-07-25")),
    ("1_000", .string("1_000")), ("\"\"", .string("")), ("\"\\u00e9\"", .string("é")),
    ("{}", .object(JSONObject())),
    ("[]", .array([])), ("no", .string("no")),
  ])
  func `scalars follow the core schema`(text: String, value: JSONValue) throws {
    #expect(try YAMLDocument(parsing: text).json == value)
  }

  @Test(arguments: [
    ("a: 1\nb: 2\na: 3", 3, 1, "a", "twice"),
    ("a:\n  - x: 1\n  - y: 1\n    y: 2", 4, 5, "a[1].y", "twice"),
    ("a: !!python/object x", 1, 4, "a", "tag"), ("a: !local [1]", 1, 4, "a", "tag"),
    ("a: .nan", 1, 4, "a", "NaN"), ("a: -.Inf", 1, 4, "a", "NaN"),
    ("a: 1e999", 1, 4, "a", "range"), ("a: 99999999999999999999", 1, 4, "a", "64 bits"),
    ("a: 1\n---\nb: 2", 2, 1, "", "second document"), ("? [1]\n: 2", 1, 3, "", "key"),
    ("<<: {a: 1}", 1, 1, "", "merge"), ("a: *x", 1, 4, "a", "anchor"),
    ("a: &x [1, *x]", 1, 11, "a[1]", "anchor"), ("a: [1, 2", 2, 1, "", "flow sequence"),
    ("a: \"open", 1, 9, "", "quoted scalar"), ("a: b: c", 1, 5, "", "mapping values"),
    ("\ta: 1", 1, 1, "", "token"), ("a: @x", 1, 4, "", "token"),
  ])
  func `a mistake names its place and key`(
    text: String, line: Int, column: Int, path: String, reason: String
  ) throws {
    let error = try #require(throws: YAMLError.self) {
      try YAMLDocument(parsing: text, file: "x.yaml")
    }
    #expect(error.position == YAMLPosition(line: line, column: column))
    #expect(error.path == path)
    #expect(error.reason.contains(reason), "\(error.reason)")
    #expect(error.description.hasPrefix("x.yaml:\(line):\(column): "))
  }

  @Test(
    arguments: [[0xFF, 0xFE, 0x41], [0x61, 0x3A, 0x20, 0xC3, 0x28], [0x61, 0x00]] as [[UInt8]])
  func `bytes that are no text are refused`(bytes: [UInt8]) {
    #expect(throws: YAMLError.self) { try YAMLDocument(parsing: bytes) }
  }

  @Test func `anchors stand for their value`() throws {
    let document = try YAMLDocument(
      parsing: "week: &w [7d, 30d]\nuser: *w\nterminal: {windows: *w}")
    #expect(document.json["user"] == ["7d", "30d"])
    #expect(document.json["terminal"]?["windows"] == ["7d", "30d"])
  }

  @Test func `an alias bomb and deep nesting stop early`() throws {
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      bomb += "a\(level): &a\(level) [\(aliases)]\n"
    }
    let error = try #require(throws: YAMLError.self) { try YAMLDocument(parsing: bomb) }
    #expect(error.reason.contains("more than 100000 values"))
    let deep = String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
    #expect(throws: YAMLError.self) { try YAMLDocument(parsing: deep) }
  }

  @Test func `positions are found by path, absent keys by what surrounds them`() throws {
    let document = try YAMLDocument(
      parsing: "rules:\n  - name: a\n    limit: x\nfeatures: {}", file: "f")
    #expect(document.position(of: "rules[0].limit") == YAMLPosition(line: 3, column: 5))
    #expect(document.position(of: "rules[0].window") == YAMLPosition(line: 2, column: 5))
    #expect(document.position(of: "rules[7].window") == YAMLPosition(line: 1, column: 1))
    #expect(document.position(of: "features.x") == YAMLPosition(line: 4, column: 1))
    #expect(document.position(of: "") == YAMLPosition(line: 1, column: 1))
    #expect(document.error(at: "rules[0].limit", "no").description == "f:3:5: rules[0].limit: no")
  }
}
