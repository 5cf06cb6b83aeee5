public import JSON

/// What a handler answers.
public struct HTTPResponse: Sendable {
  /// The status code.
  public var status: Int
  /// The media type of the content; `nil` without content.
  public var contentType: String?
  /// Header fields besides those that the server adds.
  public var headers: [(name: String, value: String)]
  /// The content.
  public var body: [UInt8]
  /// The code of the failure that this answer describes, for metrics.
  public private(set) var failureCode: String?

  /// Makes an answer of `body` with its media type.
  public init(
    status: Int = 200, contentType: String?, headers: [(name: String, value: String)] = [],
    body: [UInt8] = []
  ) {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    self.body = body
  }

  /// An answer whose content is a JSON document.
  public static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "application/json", body: value.bytes())
  }

  /// An answer whose content is JSON that has been written already.
  public static func json(_ buffer: JSONBuffer, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "application/json", body: buffer.bytes)
  }

  /// An answer of text.
  public static func text(_ text: String, contentType: String = "text/plain; charset=utf-8")
    -> HTTPResponse
  {
    HTTPResponse(contentType: contentType, body: Array(text.utf8))
  }

  /// The answer to a request that failed: `{"error":{"code":…,"message":…,"details":…}}`.
  public init(_ failure: HTTPFailure) {
    var error: JSONObject = ["code": .string(failure.code), "message": .string(failure.message)]
    if let details = failure.details { error["details"] = .object(details) }
    self = .json(["error": .object(error)], status: failure.status)
    headers += failure.headers
    failureCode = failure.code
  }
}

/// Why a request is not answered with what it asked for; handlers throw it.
public struct HTTPFailure: Error, Sendable, CustomStringConvertible {
  /// The status code, 400 or higher.
  public var status: Int
  /// The machine-readable reason in upper snake case.
  public var code: String
  /// The reason for people; it never holds values of the request.
  public var message: String
  /// Further facts, such as the index of the first offender.
  public var details: JSONObject?
  /// Header fields that belong to the answer, such as `Allow`.
  public var headers: [(name: String, value: String)]

  /// Makes a failure.
  public init(
    _ status: Int, _ code: String, _ message: String, details: JSONObject? = nil,
    headers: [(name: String, value: String)] = []
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.details = details
    self.headers = headers
  }

  public var description: String { "\(status) \(code): \(message)" }
}
