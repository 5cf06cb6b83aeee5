/// One request as a handler sees it: complete, checked and decoded.
public struct HTTPRequest: Sendable {
  /// `GET`, `POST`, …
  public let method: String
  /// The path as it was sent, without the query.
  public let path: String
  /// The pairs of the query in their order, decoded; a pair without `=` has an empty value.
  public let query: [(name: String, value: String)]
  /// The header fields in their order.
  public let headers: HTTPFields
  /// The content.
  public let body: [UInt8]
  /// The client's `X-Request-Id`, or one that was made for this request.
  public let id: String
  /// Who sent the request, as the gate found out; `nil` where there is no gate.
  public let principal: String?
  /// What the placeholders of the route's pattern stand for.
  public internal(set) var parameters: [(name: String, value: String)] = []

  /// Makes a request by hand, which is how handlers are tested without a socket.
  public init(
    method: String, path: String, query: [(name: String, value: String)] = [],
    headers: HTTPFields = HTTPFields(), body: [UInt8] = [], id: String = "-",
    principal: String? = nil
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.id = id
    self.principal = principal
  }

  /// The value of the header field `name`, whatever its letters' case; the first one when it is repeated.
  public func header(_ name: String) -> String? { headers[name] }

  /// The decoded value of `name` in the query; the first one when it is repeated.
  public func queryValue(_ name: String) -> String? {
    query.first { $0.name == name }?.value
  }

  /// What the placeholder `name` of the route stands for.
  ///
  /// - Precondition: the route's pattern has that placeholder.
  public func parameter(_ name: String) -> String {
    guard let value = parameters.first(where: { $0.name == name })?.value else {
      preconditionFailure("the route has no placeholder \(name)")
    }
    return value
  }

  /// What the placeholder `name` stands for, or `nil` when the route's pattern has no such placeholder.
  public func optionalParameter(_ name: String) -> String? {
    parameters.first { $0.name == name }?.value
  }
}
