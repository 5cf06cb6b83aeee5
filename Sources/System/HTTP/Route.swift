/// One method on one pattern of paths, and what answers it.
public struct Route: Sendable {
  /// How the answer is made.
  public enum Handler: Sendable {
    /// On the connection's own thread: for answers that take microseconds and never wait.
    case immediate(@Sendable (HTTPRequest) throws -> HTTPResponse)
    /// On a worker, which may wait: the connection rests until `respond` is called, exactly once, from any thread.
    case deferred(
      @Sendable (
        _ request: HTTPRequest, _ respond: @escaping @Sendable (HTTPResponse) -> Void
      ) throws -> Void)
  }

  /// `GET`, `POST`, …
  public let method: String
  /// Segments such as `/fit/{series_id}`; a placeholder stands for one segment that is not empty.
  public let pattern: String
  /// One sentence for the list of routes.
  public let summary: String
  /// What a client may have to be to use it.
  public let access: Access
  /// What answers.
  public let handler: Handler

  /// Who may use a route, from anybody to those who change what is served.
  public enum Access: Int, Comparable, Sendable {
    /// Anybody, without a token: health only.
    case open
    /// Those who read lists and models.
    case viewer
    /// Those who have values and transactions judged.
    case scorer
    /// Those who fit and delete series.
    case trainer
    /// Those who change which models are served.
    case promoter

    public static func < (left: Access, right: Access) -> Bool { left.rawValue < right.rawValue }
  }

  let segments: [Segment]

  enum Segment: Equatable, Sendable {
    case literal(String)
    case placeholder(String)
  }

  /// Makes a route.
  ///
  /// - Precondition: `pattern` starts with a slash.
  public init(
    _ method: String, _ pattern: String, _ summary: String, access: Access = .viewer,
    _ handler: Handler
  ) {
    precondition(pattern.hasPrefix("/"), "a pattern starts with a slash")
    self.method = method
    self.pattern = pattern
    self.summary = summary
    self.access = access
    self.handler = handler
    segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      $0.hasPrefix("{") && $0.hasSuffix("}")
        ? .placeholder(String($0.dropFirst().dropLast())) : .literal(String($0))
    }
  }
}
