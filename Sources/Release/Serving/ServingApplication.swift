public import HTTP
internal import JSON
public import SeriesStorage
public import Transactions

/// Everything the server answers with: the series store, the counters, and the routes over them.
public final class ServingApplication: Sendable {
  /// Counts requests; hand its `record` to the server as observer.
  public let metrics = ServerMetrics()
  let store: SeriesStore
  let models: ModelDirectory
  private let facts: ProcessFacts

  /// What the program knows and the library must not look up by itself.
  public struct ProcessFacts: Sendable {
    /// The version of the program.
    public var version: String
    /// When the process started, in Unix seconds.
    public var startedAt: Double
    /// The clock.
    public var now: @Sendable () -> Timestamp
    /// Bytes of memory in use, when the system tells.
    public var residentByteCount: @Sendable () -> Int?
    /// How many connections are open.
    public var connectionCount: @Sendable () -> Int

    /// Joins the facts.
    public init(
      version: String, startedAt: Double, now: @escaping @Sendable () -> Timestamp,
      residentByteCount: @escaping @Sendable () -> Int?,
      connectionCount: @escaping @Sendable () -> Int
    ) {
      self.version = version
      self.startedAt = startedAt
      self.now = now
      self.residentByteCount = residentByteCount
      self.connectionCount = connectionCount
    }
  }

  /// Makes the application over `store` and `models`.
  public init(store: SeriesStore, models: ModelDirectory, facts: ProcessFacts) {
    self.store = store
    self.models = models
    self.facts = facts
  }

  /// All routes.
  public var routes: [Route] {
    SeriesRoutes(store).routes + ScoreRoutes(models: models, now: facts.now).routes
      + ModelRoutes(models: models).routes
      + InferenceRoutes(models: models, version: facts.version).routes
      + DashboardRoutes().routes + OperatingRoutes(application: self).routes
  }

  /// Ready as soon as the store answers and each followed model has a version in memory; a newer version that is broken
  /// is a warning.
  func readiness() -> HTTPResponse {
    let followers = models.all
    let isReady = followers.allSatisfy { $0.current != nil }
    let warnings = followers.compactMap(\.status.problem)
    return .json(
      [
        "ready": .bool(isReady),
        "live": true,
        "series": .integer(Int64(store.seriesCount)),
        "models": .array(followers.map { $0.json }),
        "warnings": .array(warnings.map { .string($0) }),
      ], status: isReady ? 200 : 503)
  }

  var openAPI: JSONValue { OpenAPIDocument(routes: routes, version: facts.version).json }

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
    writeModels(to: &page)
    metrics.write(to: &page, routes: routes)
    return page.text
  }
}
