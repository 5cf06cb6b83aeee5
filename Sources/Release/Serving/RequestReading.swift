internal import HTTP
internal import JSON
internal import SeriesStorage
internal import Transactions

extension HTTPRequest {
  /// The content as a JSON document.
  ///
  /// - Throws: 415 for content that says it is something else, 400 for what is no JSON.
  func json() throws(HTTPFailure) -> JSONValue {
    try readJSON { (reader) throws(RequestReadingError) in
      do throws(JSONError) {
        return try reader.readValue()
      } catch {
        throw .malformed(error)
      }
    }
  }

  /// Reads the content piece by piece; nothing may follow what `body` reads.
  ///
  /// - Throws: 415 for content that says it is something else, 400 for what is no JSON, or what `body` throws.
  func readJSON<Value>(
    _ body: (inout JSONReader) throws(RequestReadingError) -> Value
  ) throws(HTTPFailure) -> Value {
    try checkMediaType()
    var reader = JSONReader(self.body)
    do throws(RequestReadingError) {
      let value = try body(&reader)
      try reader.reading { (reader) throws(JSONError) in try reader.end() }
      return value
    } catch {
      throw error.failure
    }
  }

  private func checkMediaType() throws(HTTPFailure) {
    if isJSON { return }
    guard let type = header("Content-Type") else { return }
    let mediaType = type.prefix { $0 != ";" && $0 != " " }.lowercased()
    guard mediaType == "application/json" || mediaType.hasSuffix("+json") else {
      throw HTTPFailure(
        415, "UNSUPPORTED_MEDIA_TYPE", "send JSON, with Content-Type: application/json")
    }
  }

  /// The content as a JSON object.
  func jsonObject() throws(HTTPFailure) -> JSONObject {
    let value = try json()
    guard let object = value.objectValue else {
      throw .invalid(nil, "the content must be an object, not \(value.kindName)")
    }
    return object
  }

  /// The placeholder `series_id`, checked.
  func seriesID() throws(HTTPFailure) -> String {
    try HTTPRequest.checked(seriesID: parameter("series_id"))
  }

  /// A name that a series may have.
  static func checked(seriesID id: String) throws(HTTPFailure) -> String {
    let isPlain = id.utf8.allSatisfy { byte in
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95: true
      default: false
      }
    }
    guard isPlain, (1...128).contains(id.utf8.count), id != ".", id != ".." else {
      throw HTTPFailure(
        400, "INVALID_SERIES_ID",
        "a series_id has 1 to 128 letters, digits, dots, underscores and hyphens, and is not . or .."
      )
    }
    return id
  }

  /// The number of the version that `?version=` or the placeholder asks for; `nil` for the current one.
  func versionNumber(_ label: String?) throws(HTTPFailure) -> Int? {
    guard let label else { return nil }
    guard let number = SeriesVersion.number(of: label) else {
      throw HTTPFailure(
        404, "VERSION_NOT_FOUND", "versions are called v1, v2, …; this is no such name")
    }
    return number
  }
}

extension HTTPFailure {
  /// 422 for content that is JSON but not what the route takes.
  static func invalid(
    _ field: String?, _ reason: String, code: String = "VALIDATION_FAILED", index: Int? = nil
  ) -> HTTPFailure {
    var details = JSONObject()
    if let field { details["field"] = .string(field) }
    if let index { details["index"] = .integer(Int64(index)) }
    return HTTPFailure(
      422, code, field.map { "\($0): \(reason)" } ?? reason,
      details: details.members.isEmpty ? nil : details)
  }
}

extension JSONValue {
  /// The moment that this value stands for: Unix seconds as a number or as text, or RFC 3339 text.
  var timestamp: Timestamp? {
    switch self {
    case .integer(let seconds):
      let (microseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
      return overflow ? nil : Timestamp(microseconds: microseconds)
    case .number(let seconds): return Timestamp(unixSeconds: seconds)
    case .string(let text): return Timestamp(parsing: text)
    default: return nil
    }
  }
}

/// Why a content that is read piece by piece is refused.
enum RequestReadingError: Error {
  /// It is no JSON.
  case malformed(JSONError)
  /// It is JSON, but not what the route takes.
  case refused(HTTPFailure)

  var failure: HTTPFailure {
    switch self {
    case .malformed(let error):
      HTTPFailure(
        400, "MALFORMED_JSON", "the content is not JSON: \(error)",
        details: ["line": .integer(Int64(error.line)), "column": .integer(Int64(error.column))])
    case .refused(let failure): failure
    }
  }
}

extension JSONReader {
  /// Reads a piece whose only errors are those of the grammar.
  mutating func reading<Value>(
    _ body: (inout JSONReader) throws(JSONError) -> Value
  ) throws(RequestReadingError) -> Value {
    do throws(JSONError) {
      return try body(&self)
    } catch {
      throw .malformed(error)
    }
  }
}
