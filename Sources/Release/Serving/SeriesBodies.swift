internal import SeriesStorage
internal import HTTP
internal import JSON
internal import Transactions

/// The content of a prediction: `{"timestamp": …, "value": …}`, read without a tree.
struct PointBody {
  let timestamp: Timestamp
  let value: Double

  init(_ request: borrowing HTTPRequest) throws(HTTPFailure) {
    self = try request.readJSON { (reader) throws(RequestReadingError) in
      if let point = reader.attempt(PointBody.usual) { return point }
      return try PointBody(&reader)
    }
  }

  /// What most clients send, the members in this order and no white space, without making text of it; `nil` for any other
  /// content, right or wrong.
  private static func usual(_ reader: inout JSONReader) -> PointBody? {
    guard reader.takes(#"{"timestamp":"#) else { return nil }
    let isText = reader.takes("\"")
    guard case .integer(let seconds)? = try? reader.readNumber(), seconds > 0,
      seconds < 1 << 40, !isText || reader.takes("\""), reader.takes(#","value":"#),
      let value = try? reader.readDouble(), reader.takes("}")
    else { return nil }
    return PointBody(timestamp: Timestamp(seconds: seconds), value: value)
  }

  private init(timestamp: Timestamp, value: Double) {
    self.timestamp = timestamp
    self.value = value
  }

  private init(_ reader: inout JSONReader) throws(RequestReadingError) {
    var timestamp: Timestamp?
    var value: Double?
    try reader.eachMember { (key, reader) throws(RequestReadingError) in
      switch key {
      case "timestamp":
        guard timestamp == nil else { throw .repeated(key, reader) }
        timestamp = try reader.readTimestamp(field: "timestamp", index: nil)
      case "value":
        guard value == nil else { throw .repeated(key, reader) }
        value = try reader.readValue(field: "value", index: nil)
      default: try reader.reading { (reader) throws(JSONError) in try reader.skipValue() }
      }
    }
    guard let timestamp else { throw .refused(.invalid("timestamp", "is missing")) }
    guard let value else { throw .refused(.invalid("value", "is missing")) }
    self.timestamp = timestamp
    self.value = value
  }
}

/// The content of a fit, a batch or an update: `timestamps`, `values` and whatever else the route takes.
struct PointsBody {
  /// How many points one request may hold.
  static let pointLimit = 1_000_000

  private(set) var points: SeriesPoints
  /// The other members.
  private(set) var options = JSONObject()

  /// Reads the points.
  ///
  /// - Parameter allowsMissing: Takes null for a value as NaN, which only a dry run has use for.
  init(_ request: HTTPRequest, allowsMissing: Bool = false) throws(HTTPFailure) {
    self = try request.readJSON { (reader) throws(RequestReadingError) in
      try PointsBody(&reader, allowsMissing: allowsMissing)
    }
  }

  private init(_ reader: inout JSONReader, allowsMissing: Bool) throws(RequestReadingError) {
    var timestamps: [Timestamp]?
    var values: [Double]?
    var options = JSONObject()
    try reader.eachMember { (key, reader) throws(RequestReadingError) in
      switch key {
      case "timestamps":
        guard timestamps == nil else { throw .repeated(key, reader) }
        timestamps = try reader.readList("timestamps") {
          (reader, index) throws(RequestReadingError) in
          try reader.readTimestamp(field: "timestamps", index: index)
        }
      case "values":
        guard values == nil else { throw .repeated(key, reader) }
        values = try reader.readList("values") { (reader, index) throws(RequestReadingError) in
          if allowsMissing, try reader.nextKind() == .null {
            try reader.reading { (reader) throws(JSONError) in try reader.readNull() }
            return .nan
          }
          return try reader.readValue(field: "values", index: index)
        }
      default:
        guard options[key] == nil else { throw .repeated(key, reader) }
        options[key] = try reader.reading { (reader) throws(JSONError) in try reader.readValue() }
      }
    }
    guard let timestamps else { throw .refused(.invalid("timestamps", "is missing")) }
    guard let values else { throw .refused(.invalid("values", "is missing")) }
    points = SeriesPoints(timestamps: timestamps, values: values)
    self.options = options
  }
}

extension RequestReadingError {
  static func repeated(_ key: String, _ reader: JSONReader) -> RequestReadingError {
    .malformed(reader.failure("a key occurs twice"))
  }
}

extension JSONReader {
  /// What the next value is.
  mutating func nextKind() throws(RequestReadingError) -> Kind {
    try reading { (reader) throws(JSONError) in try reader.kind() }
  }

  /// Reads an object; `body` reads the value of each member.
  mutating func eachMember(
    _ body: (String, inout JSONReader) throws(RequestReadingError) -> Void
  ) throws(RequestReadingError) {
    let kind = try nextKind()
    guard kind == .object else {
      // What is no JSON at all is told first.
      try reading { (reader) throws(JSONError) in try reader.skipValue() }
      throw .refused(.invalid(nil, "the content must be an object, not \(kind.name)"))
    }
    try reading { (reader) throws(JSONError) in try reader.beginObject() }
    while let key = try reading({ (reader) throws(JSONError) in try reader.nextKey() }) {
      try body(key, &self)
    }
  }

  /// Reads an array; `body` reads each element.
  mutating func readList<Element>(
    _ field: String, _ body: (inout JSONReader, Int) throws(RequestReadingError) -> Element
  ) throws(RequestReadingError) -> [Element] {
    let kind = try nextKind()
    guard kind == .array else {
      throw .refused(.invalid(field, "must be an array, not \(kind.name)"))
    }
    try reading { (reader) throws(JSONError) in try reader.beginArray() }
    var list: [Element] = []
    while try reading({ (reader) throws(JSONError) in try reader.nextElement() }) {
      guard list.count < PointsBody.pointLimit else {
        throw .refused(
          HTTPFailure(
            413, "TOO_MANY_POINTS", "one request holds at most \(PointsBody.pointLimit) points",
            details: ["field": .string(field)]))
      }
      list.append(try body(&self, list.count))
    }
    return list
  }

  /// Reads a finite number.
  mutating func readValue(field: String, index: Int?) throws(RequestReadingError) -> Double {
    let kind = try nextKind()
    guard kind == .number else {
      throw .refused(
        .invalid(
          field,
          index.map { "the element at index \($0) is \(kind.name), not a number" }
            ?? "must be a number, not \(kind.name)",
          code: "INVALID_VALUE", index: index))
    }
    return try reading { (reader) throws(JSONError) in try reader.readDouble() }
  }

  /// Reads Unix seconds, as a number or text, or RFC 3339 text.
  mutating func readTimestamp(field: String, index: Int?) throws(RequestReadingError) -> Timestamp {
    var timestamp: Timestamp?
    switch try nextKind() {
    case .number:
      switch try reading({ (reader) throws(JSONError) in try reader.readNumber() }) {
      case .integer(let seconds): timestamp = JSONValue.integer(seconds).timestamp
      case .number(let seconds): timestamp = Timestamp(unixSeconds: seconds)
      }
    case .string:
      timestamp = Timestamp(
        parsing: try reading { (reader) throws(JSONError) in try reader.readString() })
    default: break
    }
    guard let timestamp else {
      let place = index.map { "the element at index \($0) is" } ?? "is"
      throw .refused(
        .invalid(
          field, "\(place) neither Unix seconds nor RFC 3339 text", code: "INVALID_TIMESTAMP",
          index: index))
    }
    return timestamp
  }
}

extension JSONReader.Kind {
  /// The kind in messages.
  var name: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .number: "a number"
    case .bool: "a boolean"
    case .null: "null"
    }
  }
}
