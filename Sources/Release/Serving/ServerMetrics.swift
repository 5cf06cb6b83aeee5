public import HTTP
internal import Synchronization

/// What the server counts about its requests.
public final class ServerMetrics: Sendable {
  /// The counts of one route, or of all requests that found none.
  private final class RouteCounts: Sendable {
    let state = Mutex(State())

    struct State {
      var latency = LatencyHistogram()
      /// How often each status was answered: a handful a route, which is looked through faster than a table.
      var statuses: [(status: Int, count: UInt64)] = []

      mutating func count(_ status: Int) {
        if let index = statuses.firstIndex(where: { $0.status == status }) {
          statuses[index].count += 1
        } else {
          statuses.append((status, 1))
        }
      }
    }
  }

  /// The most routes that are counted apart; the place after them counts requests without a route.
  private static let routeLimit = 100
  private let counts = (0...ServerMetrics.routeLimit).map { _ in RouteCounts() }
  private let failures = Mutex<[String: UInt64]>([:])

  /// Makes counters that stand at zero.
  public init() {}

  /// Counts one answered request.
  ///
  /// - Precondition: the router has at most 100 routes.
  public func record(_ exchange: borrowing ExchangeRecord) {
    counts[exchange.routeIndex ?? ServerMetrics.routeLimit].state.withLock { state in
      state.latency.add(nanoseconds: exchange.nanoseconds)
      state.count(exchange.status)
    }
    if let code = exchange.failureCode {
      failures.withLock { $0[code, default: 0] += 1 }
    }
  }

  /// The latency of all requests to those of `routes` that have one of `patterns`.
  func latency(of patterns: Set<String>, among routes: [Route]) -> LatencyHistogram {
    var merged = LatencyHistogram()
    for (route, count) in zip(routes, counts) where patterns.contains(route.pattern) {
      merged.merge(count.state.withLock { $0.latency })
    }
    return merged
  }

  /// Adds the request metrics to a page.
  func write(to page: inout MetricsPage, routes: [Route]) {
    let states = (counts.prefix(routes.count) + counts.suffix(1)).map { count in
      count.state.withLock { $0 }
    }
    let labels =
      routes.map { [("method", $0.method), ("route", $0.pattern)] }
      + [[("method", "any"), ("route", "none")]]
    page.begin("anomalyze_http_requests_total", .counter, "Requests by route and status.")
    for (label, state) in zip(labels, states) {
      for (status, count) in state.statuses.sorted(by: { $0.status < $1.status }) {
        page.add("anomalyze_http_requests_total", label + [("status", "\(status)")], "\(count)")
      }
    }
    page.begin(
      "anomalyze_http_request_duration_seconds", .histogram,
      "From the complete header of a request to its answer.")
    for (label, state) in zip(labels, states) where state.latency.count > 0 {
      page.add("anomalyze_http_request_duration_seconds", label, state.latency)
    }
    page.begin(
      "anomalyze_http_failures_total", .counter, "Requests that were refused, by the error's code.")
    for (code, count) in failures.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
      page.add("anomalyze_http_failures_total", [("code", code)], "\(count)")
    }
  }
}
