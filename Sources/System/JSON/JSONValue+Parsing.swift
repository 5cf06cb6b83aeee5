internal import CJansson

extension JSONValue {
  /// Reads one JSON document.
  ///
  /// Duplicate keys, numbers outside the range of `Double` or `Int64`, `NaN`, invalid UTF-8, text after the
  /// document and nesting deeper than 2,048 levels are errors.
  ///
  /// - Throws: `JSONError` with line and column.
  /// - Complexity: O(bytes).
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    var failure = json_error_t()
    let flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_DECODE_ANY)
    let root = unsafe bytes.withUnsafeBytes { buffer in
      unsafe json_loadb(buffer.baseAddress, buffer.count, flags, &failure)
    }
    guard let root = unsafe root else {
      throw JSONError(describing: failure)
    }
    defer { unsafe anomalyze_json_release(root) }
    self = unsafe JSONValue(copying: root)
  }

  /// Reads one JSON document from text.
  public init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }

  private init(copying node: UnsafeMutablePointer<json_t>) {
    switch unsafe anomalyze_json_type(node) {
    case JSON_TRUE: self = .bool(true)
    case JSON_FALSE: self = .bool(false)
    case JSON_INTEGER: self = unsafe .integer(json_integer_value(node))
    case JSON_REAL: self = unsafe .number(json_real_value(node))
    case JSON_STRING: self = unsafe .string(String(copyingBytesOf: node))
    case JSON_ARRAY:
      let count = unsafe json_array_size(node)
      var elements: [JSONValue] = []
      elements.reserveCapacity(count)
      for index in 0..<count {
        if let element = unsafe json_array_get(node, index) {
          unsafe elements.append(JSONValue(copying: element))
        }
      }
      self = .array(elements)
    case JSON_OBJECT:
      var object = JSONObject()
      var iterator = unsafe json_object_iter(node)
      while let position = unsafe iterator {
        if let key = unsafe json_object_iter_key(position),
          let value = unsafe json_object_iter_value(position)
        {
          unsafe object.appendUnique(String(cString: key), JSONValue(copying: value))
        }
        unsafe iterator = json_object_iter_next(node, position)
      }
      self = .object(object)
    default: self = .null
    }
  }
}

extension String {
  fileprivate init(copyingBytesOf node: UnsafeMutablePointer<json_t>) {
    let length = unsafe json_string_length(node)
    guard let start = unsafe json_string_value(node) else {
      self = ""
      return
    }
    self = unsafe UnsafeRawBufferPointer(start: start, count: length).withMemoryRebound(
      to: UInt8.self
    ) { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

extension JSONError {
  fileprivate init(describing failure: json_error_t) {
    var text = unsafe withUnsafeBytes(of: failure.text) { buffer in
      unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
    // The parser quotes the input after " near "; documents may hold data of people, so it is cut.
    if let range = text.firstRange(of: " near ") { text = String(text[..<range.lowerBound]) }
    self.init(line: max(Int(failure.line), 1), column: max(Int(failure.column), 1), reason: text)
  }
}
