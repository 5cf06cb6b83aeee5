/// Decides about a request as soon as its header is complete, before its content is read.
public struct RequestGate: Sendable {
  /// What the gate sees of a request.
  public struct Visitor: Sendable {
    /// The route that was found; `nil` when there is none.
    public let route: Route?
    /// The header fields.
    public let headers: HTTPFields
    /// The numeric address of the client.
    public let address: String
  }

  /// Who sent the request, or `nil` when that does not matter; throws what refuses it.
  public let admit: @Sendable (Visitor) throws(HTTPFailure) -> String?

  /// Makes a gate.
  public init(_ admit: @escaping @Sendable (Visitor) throws(HTTPFailure) -> String?) {
    self.admit = admit
  }
}
