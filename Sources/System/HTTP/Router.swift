/// Finds the route of a request; literal segments win over placeholders.
public struct Router: Sendable {
  /// The routes in the order in which they were given.
  public let routes: [Route]
  /// The routes by the first segment of their patterns, those with fewer placeholders first.
  private let groups: [(first: [UInt8], indices: [Int])]

  /// Makes a router.
  ///
  /// - Precondition: no two routes have the same method and pattern.
  public init(_ routes: [Route]) {
    self.routes = routes
    var groups: [(first: [UInt8], indices: [Int])] = []
    var seen: Set<String> = []
    for (index, route) in routes.enumerated() {
      precondition(
        seen.insert("\(route.method) \(route.pattern)").inserted, "two routes are the same")
      precondition(route.segments.count <= Segments.limit, "a pattern is too long")
      guard case .literal(let text)? = route.segments.first else {
        preconditionFailure("the first segment of a pattern is literal")
      }
      let first = Array(text.utf8)
      if let place = groups.firstIndex(where: { $0.first == first }) {
        groups[place].indices.append(index)
      } else {
        groups.append((first, [index]))
      }
    }
    let placeholderCounts = routes.map { route in
      route.segments.count { if case .placeholder = $0 { true } else { false } }
    }
    self.groups = groups.map { group in
      (
        group.first,
        group.indices.sorted { (placeholderCounts[$0], $0) < (placeholderCounts[$1], $1) }
      )
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
    let bytes = path.utf8Span.span
    guard let parts = Segments(of: bytes),
      let group = groups.first(where: { parts.equals(0, $0.first, in: bytes) })
    else { return .nothing }
    let wanted = method == "HEAD" ? "GET" : method
    var allowed: [String] = []
    for index in group.indices {
      let route = routes[index]
      guard route.segments.count == parts.count, fits(route, parts, bytes) else { continue }
      if route.method == wanted {
        return .route(index: index, parameters: try parameters(of: route, parts, path))
      }
      if !allowed.contains(route.method) { allowed.append(route.method) }
    }
    if allowed.contains("GET") { allowed.append("HEAD") }
    return allowed.isEmpty ? .nothing : .otherMethods(allowed + ["OPTIONS"])
  }

  private func fits(_ route: Route, _ parts: Segments, _ bytes: Span<UInt8>) -> Bool {
    for (place, segment) in route.segments.enumerated() {
      switch segment {
      case .literal(let text):
        guard parts.equals(place, text.utf8Span.span, in: bytes) else { return false }
      case .placeholder:
        guard !parts.isEmpty(place) else { return false }
      }
    }
    return true
  }

  private func parameters(
    of route: Route, _ parts: Segments, _ path: String
  ) throws(HTTPFailure) -> [(name: String, value: String)] {
    var parameters: [(name: String, value: String)] = []
    for (place, segment) in route.segments.enumerated() {
      guard case .placeholder(let name) = segment else { continue }
      let utf8 = path.utf8
      let start = utf8.index(utf8.startIndex, offsetBy: parts.start(place))
      let end = utf8.index(start, offsetBy: parts.byteCount(place))
      parameters.append((name, try PercentEncoding.decoded(Substring(path[start..<end]).utf8)))
    }
    return parameters
  }
}

/// Where the segments of a path begin and end.
private struct Segments {
  static let limit = 12

  private(set) var count = 0
  private var ends = InlineArray<12, Int>(repeating: 0)

  /// Splits a path; `nil` for one that does not begin with a slash or is longer than any pattern.
  init?(of path: Span<UInt8>) {
    guard !path.isEmpty, path[0] == UInt8(ascii: "/") else { return nil }
    for index in 1..<path.count + 1
    where index == path.count || path[index] == UInt8(ascii: "/") {
      guard count < Segments.limit else { return nil }
      ends[count] = index
      count += 1
    }
  }

  func start(_ place: Int) -> Int { place == 0 ? 1 : ends[place - 1] + 1 }
  func byteCount(_ place: Int) -> Int { ends[place] - start(place) }
  func isEmpty(_ place: Int) -> Bool { byteCount(place) == 0 }

  func equals(_ place: Int, _ literal: [UInt8], in path: Span<UInt8>) -> Bool {
    equals(place, literal.span, in: path)
  }

  func equals(_ place: Int, _ literal: Span<UInt8>, in path: Span<UInt8>) -> Bool {
    guard byteCount(place) == literal.count else { return false }
    let offset = start(place)
    for index in 0..<literal.count where path[offset + index] != literal[index] { return false }
    return true
  }
}
