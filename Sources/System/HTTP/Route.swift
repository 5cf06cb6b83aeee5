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
  /// What answers.
  public let handler: Handler

  let segments: [Segment]

  enum Segment: Equatable, Sendable {
    case literal(String)
    case placeholder(String)
  }

  /// Makes a route.
  ///
  /// - Precondition: `pattern` starts with a slash.
  public init(_ method: String, _ pattern: String, _ summary: String, _ handler: Handler) {
    precondition(pattern.hasPrefix("/"), "a pattern starts with a slash")
    self.method = method
    self.pattern = pattern
    self.summary = summary
    self.handler = handler
    segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      $0.hasPrefix("{") && $0.hasSuffix("}")
        ? .placeholder(String($0.dropFirst().dropLast())) : .literal(String($0))
    }
  }
}

/// Finds the route of a request; literal segments win over placeholders.
public struct Router: Sendable {
  /// The routes in the order in which they were given.
  public let routes: [Route]
  private let candidates: [String: [Int]]

  /// Makes a router.
  ///
  /// - Precondition: no two routes have the same method and pattern.
  public init(_ routes: [Route]) {
    self.routes = routes
    var candidates: [String: [Int]] = [:]
    var seen: Set<String> = []
    for (index, route) in routes.enumerated() {
      precondition(
        seen.insert("\(route.method) \(route.pattern)").inserted, "two routes are the same")
      guard case .literal(let first)? = route.segments.first else {
        preconditionFailure("the first segment of a pattern is literal")
      }
      candidates[first, default: []].append(index)
    }
    let placeholderCounts = routes.map { route in
      route.segments.count { if case .placeholder = $0 { true } else { false } }
    }
    self.candidates = candidates.mapValues { indices in
      indices.sorted { (placeholderCounts[$0], $0) < (placeholderCounts[$1], $1) }
    }
  }

  /// What a look-up found.
  enum Match {
    case route(index: Int, parameters: [(name: String, value: String)])
    case otherMethods([String])
    case nothing
  }

  /// The route of `method` on `path`, which is still percent-encoded; a `HEAD` request finds the `GET` route.
  func match(method: String, path: String) throws(HTTPFailure) -> Match {
    guard path.hasPrefix("/") else { return .nothing }
    let parts = path.utf8.dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let first = parts.first, let indices = candidates[String(Substring(first))] else {
      return .nothing
    }
    let wanted = method == "HEAD" ? "GET" : method
    var allowed: [String] = []
    for index in indices {
      let route = routes[index]
      guard route.segments.count == parts.count,
        let parameters = try Router.parameters(of: route, in: parts)
      else { continue }
      if route.method == wanted { return .route(index: index, parameters: parameters) }
      if !allowed.contains(route.method) { allowed.append(route.method) }
    }
    if allowed.contains("GET") { allowed.append("HEAD") }
    return allowed.isEmpty ? .nothing : .otherMethods(allowed + ["OPTIONS"])
  }

  private static func parameters(of route: Route, in parts: [Substring.UTF8View])
    throws(HTTPFailure) -> [(name: String, value: String)]?
  {
    var parameters: [(name: String, value: String)] = []
    for (segment, part) in zip(route.segments, parts) {
      switch segment {
      case .literal(let text):
        guard text.utf8.elementsEqual(part) else { return nil }
      case .placeholder(let name):
        guard !part.isEmpty else { return nil }
        parameters.append((name, try PercentEncoding.decoded(part)))
      }
    }
    return parameters
  }
}
