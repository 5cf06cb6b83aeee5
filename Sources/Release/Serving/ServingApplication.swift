public import HTTP
internal import JSON
internal import Synchronization

/// Everything the server answers with: the series store, the counters, and the routes over them.
public final class ServingApplication: Sendable {
  /// Counts requests; hand its `record` to the server as observer.
  public let metrics = ServerMetrics()
  let store: SeriesStore
  private let facts: ProcessFacts

  /// What the program knows and the library must not look up by itself.
  public struct ProcessFacts: Sendable {
    /// The version of the program.
    public var version: String
    /// When the process started, in Unix seconds.
    public var startedAt: Double
    /// Bytes of memory in use, when the system tells.
    public var residentByteCount: @Sendable () -> Int?
    /// How many connections are open.
    public var connectionCount: @Sendable () -> Int

    /// Joins the facts.
    public init(
      version: String, startedAt: Double, residentByteCount: @escaping @Sendable () -> Int?,
      connectionCount: @escaping @Sendable () -> Int
    ) {
      self.version = version
      self.startedAt = startedAt
      self.residentByteCount = residentByteCount
      self.connectionCount = connectionCount
    }
  }

  /// Makes the application over `store`.
  public init(store: SeriesStore, facts: ProcessFacts) {
    self.store = store
    self.facts = facts
  }

  /// All routes.
  public var routes: [Route] {
    SeriesRoutes(store).routes + OperatingRoutes(application: self).routes
  }

  func readiness() -> HTTPResponse {
    .json(["ready": true, "live": true, "series": .integer(Int64(store.seriesCount))])
  }

  func healthcheck() -> HTTPResponse {
    func latency(_ pattern: String) -> JSONValue {
      let histogram = metrics.latency(of: [pattern], among: routes)
      return [
        "avg": .number(histogram.meanMilliseconds),
        "p95": .number(histogram.quantileMilliseconds(0.95)),
        "p99": .number(histogram.quantileMilliseconds(0.99)),
        "count": .integer(Int64(histogram.count)),
      ]
    }
    return .json([
      "series_trained": .integer(Int64(store.seriesCount)),
      "inference_latency_ms": latency("/predict/{series_id}"),
      "training_latency_ms": latency("/fit/{series_id}"),
    ])
  }

  func metricsPage() -> String {
    var page = MetricsPage()
    page.begin("anomalyze_build_info", .gauge, "The running version.")
    page.add("anomalyze_build_info", [("version", facts.version)], "1")
    page.add(
      "process_start_time_seconds", .gauge, "When the process started, in Unix seconds.",
      "\(facts.startedAt)")
    if let bytes = facts.residentByteCount() {
      page.add("process_resident_memory_bytes", .gauge, "Memory in use.", "\(bytes)")
    }
    page.add(
      "anomalyze_http_connections", .gauge, "Open connections.", "\(facts.connectionCount())")
    page.add("anomalyze_series", .gauge, "Series with a fitted model.", "\(store.seriesCount)")
    metrics.write(to: &page, routes: routes)
    return page.text
  }
}
