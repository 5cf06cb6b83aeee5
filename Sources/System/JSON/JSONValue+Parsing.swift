extension JSONValue {
  /// Reads one JSON document.
  ///
  /// Duplicate keys, numbers outside the range of `Double` or `Int64`, `NaN`, invalid UTF-8, text after the
  /// document and nesting deeper than 2,048 levels are errors.
  ///
  /// - Throws: `JSONError` with line and column.
  /// - Complexity: O(bytes).
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes)
    self = try reader.readValue()
    try reader.end()
  }

  /// Reads one JSON document from text.
  public init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }
}
