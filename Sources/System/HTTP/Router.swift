/// Finds the route of a request; literal segments win over placeholders.
public struct Router: Sendable {
  /// The routes in the order in which they were given.
  public let routes: [Route]
  /// The routes by the first segment of their patterns, those with fewer placeholders first.
  private let groups: [(first: [UInt8], candidates: [Candidate])]

  /// What finding a route looks at, in one object: copies of a whole route would count references for nothing.
  private final class Candidate: Sendable {
    let index: Int
    let method: String
    /// The bytes of each segment; `nil` for a placeholder.
    let literals: [[UInt8]?]
    /// The place and the name of each placeholder.
    let placeholders: [(place: Int, name: String)]

    init(_ index: Int, _ route: Route) {
      self.index = index
      method = route.method
      literals = route.segments.map { segment in
        if case .literal(let text) = segment { Array(text.utf8) } else { nil }
      }
      placeholders = route.segments.enumerated().compactMap { place, segment in
        if case .placeholder(let name) = segment { (place, name) } else { nil }
      }
    }
  }

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
    self.groups = groups.map { group in
      (
        group.first,
        group.indices.map { Candidate($0, routes[$0]) }
          .sorted { ($0.placeholders.count, $0.index) < ($1.placeholders.count, $1.index) }
      )
    }
    handlers = routes.map(\.handler)
  }

  /// What answers by each route.
  let handlers: [Route.Handler]

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
    for candidate in group.candidates where fits(candidate, parts, bytes) {
      if candidate.method == wanted {
        return .route(
          index: candidate.index, parameters: try parameters(of: candidate, parts, path))
      }
      if !allowed.contains(candidate.method) { allowed.append(candidate.method) }
    }
    if allowed.contains("GET") { allowed.append("HEAD") }
    return allowed.isEmpty ? .nothing : .otherMethods(allowed + ["OPTIONS"])
  }

  private func fits(_ candidate: Candidate, _ parts: Segments, _ bytes: Span<UInt8>) -> Bool {
    guard candidate.literals.count == parts.count else { return false }
    // The first segment is that of the group.
    for place in 1..<max(1, parts.count) {
      if let literal = candidate.literals[place] {
        guard parts.equals(place, literal, in: bytes) else { return false }
      } else if parts.isEmpty(place) {
        return false
      }
    }
    return true
  }

  private func parameters(
    of candidate: Candidate, _ parts: Segments, _ path: String
  ) throws(HTTPFailure) -> [(name: String, value: String)] {
    var parameters: [(name: String, value: String)] = []
    for (place, name) in candidate.placeholders {
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
    guard byteCount(place) == literal.count else { return false }
    let offset = start(place)
    for index in 0..<literal.count where path[offset + index] != literal[index] { return false }
    return true
  }
}
