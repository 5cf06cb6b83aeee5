/// One request as a handler sees it: complete, checked and decoded.
public struct HTTPRequest: Sendable {
  /// The pairs of the query in their order, decoded; a pair without `=` has an empty value.
  public let query: [(name: String, value: String)]
  /// The header fields in their order.
  public let headers: HTTPFields
  /// The content.
  public let body: [UInt8]
  /// What the placeholders of the route's pattern stand for.
  public let parameters: [(name: String, value: String)]

  init(
    query: [(name: String, value: String)], headers: HTTPFields, body: [UInt8],
    parameters: [(name: String, value: String)]
  ) {
    self.query = query
    self.headers = headers
    self.body = body
    self.parameters = parameters
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
