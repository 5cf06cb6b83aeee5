internal import Dispatch
internal import Files
internal import Glibc
internal import HTTP
internal import Serving
internal import Synchronization
internal import Terminal
internal import Transactions

/// The parts of the server, wired, from the first line to the exit.
struct ServerProcess {
  let options: ServerOptions

  init(_ options: ServerOptions) { self.options = options }

  /// Serves until SIGTERM or SIGINT, then drains and returns.
  func run() throws {
    try FileSystem.createDirectory(FileSystem.parentDirectory(of: options.storePath))
    // Two servers on one store would number the same versions twice.
    let lock = try LockFile(options.storePath + ".lock")
    let store = try SeriesStore(path: options.storePath) {
      Timestamp(microseconds: Terminal.wallClockMicroseconds)
    }
    let startedAt = Terminal.wallClockMicroseconds
    let serverBox = ServerBox()
    let application = ServingApplication(
      store: store,
      facts: ServingApplication.ProcessFacts(
        version: ServerOptions.version, startedAt: Double(startedAt) / 1e6,
        residentByteCount: residentByteCount,
        connectionCount: { serverBox.connectionCount }))
    let ended = DispatchSemaphore(value: 0)
    let observation = ProcessSignals.observe([
      ProcessSignals.terminate, ProcessSignals.interrupt,
    ]) { _ in ended.signal() }
    let server = try HTTPServer(
      options.settings, router: Router(application.routes),
      requestIDPrefix: String(startedAt, radix: 16) + "-",
      observer: { application.metrics.record($0) })
    serverBox.set(server)
    Terminal.print("listening on http://\(hostText):\(server.port)\n")
    ended.wait()
    Terminal.report("anomalyze-server: draining")
    server.stop()
    withExtendedLifetime(observation) {}
    _ = consume lock
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
