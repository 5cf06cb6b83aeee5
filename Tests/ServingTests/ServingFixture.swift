import HTTP
import HTTPTestKit
import JSON
import SeriesStorage
import Serving
import Synchronization
import Terminal
import Testing
import Transactions

/// A server over a new series store, in this process.
final class LiveServer {
  let folder: ScratchFolder
  let server: HTTPServer
  let application: ServingApplication
  let models: ModelDirectory

  init(
    folder: ScratchFolder = ScratchFolder(), following references: [String] = [],
    trials: [(reference: String, share: Double)] = [], store location: String? = nil
  ) throws {
    self.folder = folder
    let clock = Mutex<Int64>(1_700_000_000_000_000)
    let store = try SeriesStore(at: location ?? folder.path + "/series.sqlite") {
      Timestamp(
        microseconds: clock.withLock { moment in
          moment += 1_000_000
          return moment
        })
    }
    let models = try ModelDirectory(
      root: folder.path + "/registry", following: references, trials: trials,
      stateFolder: folder.path, unixSeconds: { Double(Terminal.wallClockMicroseconds) / 1e6 })
    let application = ServingApplication(
      store: store, models: models,
      facts: ServingApplication.ProcessFacts(
        version: "test", startedAt: 1, now: { Timestamp(seconds: 1_800_000_000) },
        residentByteCount: { nil }, connectionCount: { 1 }))
    self.models = models
    self.application = application
    server = try HTTPServer(
      HTTPServerSettings(), router: Router(application.routes), requestIDPrefix: "t-",
      observer: { application.metrics.record($0) })
  }

  deinit { server.stop(grace: .milliseconds(100)) }

  func client() throws -> LoopbackClient { try LoopbackClient(port: server.port) }
}

/// The body of a fit of `values`, one a minute.
func fitBody(_ values: [Double], _ extra: JSONObject = [:]) -> JSONValue {
  var body: JSONObject = [
    "timestamps": .array(values.indices.map { .integer(1_609_459_200 + 60 * Int64($0)) }),
    "values": .array(values.map { .number($0) }),
  ]
  for member in extra.members { body[member.key] = member.value }
  return .object(body)
}

/// The body of a prediction.
func point(_ value: Double, at time: JSONValue = "1609459500") -> JSONValue {
  ["timestamp": time, "value": .number(value)]
}
