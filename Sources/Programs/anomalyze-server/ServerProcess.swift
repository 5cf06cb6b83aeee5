internal import Dispatch
internal import Files
internal import Glibc
internal import HTTP
internal import SeriesStorage
internal import Serving
internal import Synchronization
internal import Tabular
internal import Terminal
internal import Transactions

/// The parts of the server, wired, from the first line to the exit.
struct ServerProcess {
  let options: ServerOptions

  init(_ options: ServerOptions) { self.options = options }

  /// Serves until SIGTERM or SIGINT, then drains and returns.
  func run() throws {
    ProcessLimits.failOversizedWrites()
    // The store, the models and their states need files too: connections leave them some.
    var settings = options.settings
    settings.connectionLimit = min(
      settings.connectionLimit, max(1, ProcessLimits.raiseOpenFileLimit() - 64))
    let lock = try lockedStore()
    let now: @Sendable () -> Timestamp = {
      Timestamp(microseconds: Terminal.wallClockMicroseconds)
    }
    try FileSystem.createDirectory(options.stateFolder)
    // A new store waits for the disk several times, models for the processor.
    let place = options.store
    let opening = Meanwhile { try SeriesStore(at: place, now: now) }
    let loading = Result {
      try ModelDirectory(
        root: options.registry, following: options.references,
        signedBy: options.publicKeyPath.map { try FileSystem.read($0) }, trials: options.trials,
        stateFolder: options.stateFolder,
        unixSeconds: { Double(Terminal.wallClockMicroseconds) / 1e6 },
        report: { Terminal.report("anomalyze-server: \($0)") })
    }
    let store = try opening.result()
    let models = try loading.get()
    let startedAt = Terminal.wallClockMicroseconds
    let serverBox = ServerBox()
    let application = ServingApplication(
      store: store, models: models,
      facts: ServingApplication.ProcessFacts(
        version: ServerOptions.version, startedAt: Double(startedAt) / 1e6, now: now,
        residentByteCount: residentByteCount,
        connectionCount: { serverBox.connectionCount }))
    let ended = DispatchSemaphore(value: 0)
    let observation = ProcessSignals.observe([
      ProcessSignals.terminate, ProcessSignals.interrupt, ProcessSignals.hangUp,
    ]) { signal in
      if signal == ProcessSignals.hangUp {
        models.refresh(isForced: true)
      } else {
        ended.signal()
      }
    }
    let log = options.logForm.map { form in
      RequestLog(
        form, everyNth: options.logSample, routes: application.routes,
        timestamp: { now().description }, write: { Terminal.report($0) })
    }
    let server = try HTTPServer(
      settings, router: Router(application.routes),
      gate: options.gate(seconds: { Double(Terminal.wallClockMicroseconds) / 1e6 }),
      // Short enough for an identifier to fit in a string without memory of its own.
      requestIDPrefix: String(startedAt / 1_000, radix: 36) + "-",
      observer: { exchange in
        application.metrics.record(exchange)
        log?.record(exchange)
      })
    serverBox.set(server)
    models.startFollowing(lookingEveryMilliseconds: 500)
    models.startStoring(everySeconds: options.stateSeconds)
    Terminal.print(
      "listening on \(options.settings.security == nil ? "http" : "https")://\(hostText):\(server.port)\n"
    )
    ServiceManager.notify("READY=1")
    // Reading a model takes several times what it is in the end.
    ProcessLimits.returnFreedMemory()
    ended.wait()
    ServiceManager.notify("STOPPING=1")
    Terminal.report("anomalyze-server: draining")
    server.stop()
    try models.storeStates()
    withExtendedLifetime(observation) {}
    _ = consume lock
  }

  /// Two servers on one store would number the same versions twice. A database sees to that itself.
  private func lockedStore() throws -> LockFile? {
    if SeriesStore.isDatabase(options.store) { return nil }
    try FileSystem.createDirectory(FileSystem.parentDirectory(of: options.store))
    return try LockFile(options.store + ".lock")
  }

  private var hostText: String {
    options.settings.address.contains(":")
      ? "[\(options.settings.address)]" : options.settings.address
  }
}

/// The server as the metrics see it: it starts after them.
private final class ServerBox: Sendable {
  private let server = Mutex<HTTPServer?>(nil)

  func set(_ server: HTTPServer) { self.server.withLock { $0 = server } }

  var connectionCount: Int { server.withLock { $0?.connectionCount } ?? 0 }
}

/// Bytes of memory that this process has in use, by the system's own account.
@Sendable private func residentByteCount() -> Int? {
  guard let text = try? FileSystem.readText("/proc/self/statm") else { return nil }
  let fields = text.split(separator: " ")
  guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
  return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}
