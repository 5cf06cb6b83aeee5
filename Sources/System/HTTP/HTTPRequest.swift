/// One request as a handler sees it: complete, checked and decoded.
public struct HTTPRequest: Sendable {
  /// The pairs of the query in their order, decoded; a pair without `=` has an empty value.
  public internal(set) var query: [(name: String, value: String)]
  /// The header fields in their order.
  public internal(set) var headers: HTTPFields
  /// The content.
  public internal(set) var body: [UInt8]
  /// What the placeholders of the route's pattern stand for.
  public internal(set) var parameters: [(name: String, value: String)]
  /// Whether the content is said to be `application/json`, in these words; there are others for the same.
  public internal(set) var isJSON: Bool

  init(
    query: [(name: String, value: String)] = [], headers: HTTPFields = HTTPFields(),
    body: [UInt8] = [], parameters: [(name: String, value: String)] = [], isJSON: Bool = false
  ) {
    self.query = query
    self.headers = headers
    self.body = body
    self.parameters = parameters
    self.isJSON = isJSON
  }

  /// The value of the header field `name`, whatever its letters' case; the first one when it is repeated.
  public func header(_ name: String) -> String? { headers[name] }

  /// The decoded value of `name` in the query; the first one when it is repeated.
  public func queryValue(_ name: String) -> String? {
    query.isEmpty ? nil : HTTPRequest.value(of: name, in: query)
  }

  /// What the placeholder `name` of the route stands for.
  ///
  /// - Precondition: the route's pattern has that placeholder.
  public func parameter(_ name: String) -> String {
    guard let value = HTTPRequest.value(of: name, in: parameters) else {
      preconditionFailure("the route has no placeholder \(name)")
    }
    return value
  }

  /// What the placeholder `name` stands for, or `nil` when the route's pattern has no such placeholder.
  public func optionalParameter(_ name: String) -> String? {
    HTTPRequest.value(of: name, in: parameters)
  }

  // Taken into another module, this copies the list by what it finds out about its type, every time.
  @inline(never)
  private static func value(
    of name: String, in pairs: [(name: String, value: String)]
  ) -> String? {
    for index in pairs.indices where pairs[index].name == name { return pairs[index].value }
    return nil
  }
}
