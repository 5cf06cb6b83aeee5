/// One request as a handler sees it: complete, checked and decoded.
public struct HTTPRequest: Sendable {
  /// `GET`, `POST`, …
  public let method: String
  /// The decoded path, without the query.
  public let path: String
  /// The pairs of the query in their order, decoded; a pair without `=` has an empty value.
  public let query: [(name: String, value: String)]
  /// The header fields in their order.
  public let headers: [(name: String, value: String)]
  /// The content.
  public let body: [UInt8]
  /// The client's `X-Request-Id`, or one that was made for this request.
  public let id: String
  /// What the placeholders of the route's pattern stand for.
  public internal(set) var parameters: [(name: String, value: String)] = []

  /// Makes a request by hand, which is how handlers are tested without a socket.
  public init(
    method: String, path: String, query: [(name: String, value: String)] = [],
    headers: [(name: String, value: String)] = [], body: [UInt8] = [], id: String = "-"
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.id = id
  }

  /// The value of the header field `name`, whatever its letters' case; the first one when it is repeated.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.equalsIgnoringCase(name) }?.value
  }

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
}

extension String {
  /// Whether both texts are the same but for the case of ASCII letters.
  func equalsIgnoringCase(_ other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    return zip(utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
  }
}

extension UInt8 {
  /// The lower-case letter when this is an upper-case one, else the byte itself.
  var lowercasedASCII: UInt8 { (65...90).contains(self) ? self | 0x20 : self }
}
