internal import CMicroHTTPD
internal import Dispatch
internal import Glibc
internal import Synchronization

/// What happened with one request, for metrics and logs.
public struct ExchangeRecord: Sendable {
  /// Index of the route in the router, or `nil` when no route was found.
  public let routeIndex: Int?
  /// The status that was answered.
  public let status: Int
  /// From the complete header to the answer handed to the library.
  public let nanoseconds: UInt64
  /// The request's identifier.
  public let requestID: String
  /// The code of the failure that was answered, if it was one.
  public let failureCode: String?
}

/// A running HTTP/1.1 server: libmicrohttpd with one epoll loop a thread, behind values.
///
/// It listens from `init` until `stop()`. Limits and deadlines are `HTTPServerSettings`.
public final class HTTPServer: Sendable {
  /// The port it listens on.
  public let port: UInt16
  private let core: HTTPServerCore
  private let daemon: DaemonHandle
  private let clock: DeadlineClock
  private let isStopped = Atomic(false)

  /// Starts to listen and to answer.
  ///
  /// - Parameters:
  ///   - settings: Address, port, threads and limits.
  ///   - router: The routes.
  ///   - requestIDPrefix: Starts the identifiers made for requests that bring none; different in every process.
  ///   - observer: Called after every answer, on the thread that answered.
  /// - Throws: `HTTPServerError` when the address is wrong or in use.
  public init(
    _ settings: HTTPServerSettings, router: Router, requestIDPrefix: String,
    observer: @escaping @Sendable (ExchangeRecord) -> Void = { _ in }
  ) throws(HTTPServerError) {
    let socket = try ListeningSocket(address: settings.address, port: settings.port)
    port = socket.port
    core = HTTPServerCore(
      settings: settings, router: router, requestIDPrefix: requestIDPrefix, observer: observer)
    daemon = try DaemonHandle(socket, core: core)
    clock = DeadlineClock(core.watch)
  }

  /// How many connections are open.
  public var connectionCount: Int { core.watch.count }

  /// Drains: refuses new connections, finishes the requests under way and those that still arrive on open connections,
  /// closes them, and returns when the threads have ended. Connections that stay busy are cut after `grace`.
  public func stop(grace: Duration = .seconds(10)) {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    core.isDraining.store(true, ordering: .releasing)
    daemon.refuseConnections()
    let deadline = monotonicMilliseconds() + grace.wholeMilliseconds
    var quietSince = monotonicMilliseconds()
    while core.watch.count > 0 && monotonicMilliseconds() < deadline {
      if !core.watch.isQuiet { quietSince = monotonicMilliseconds() }
      // A request may be on its way on a connection that looks idle.
      if monotonicMilliseconds() > quietSince + 200 { break }
      usleep(2_000)
    }
    // The library must not stop under a connection that rests; deferred handlers always answer.
    while core.deferredCount.load(ordering: .acquiring) > 0 { usleep(2_000) }
    daemon.stop()
    clock.cancel()
  }

  deinit { stop(grace: .zero) }
}

extension Duration {
  /// Whole milliseconds, rounded down.
  var wholeMilliseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(0, seconds)) * 1_000 + UInt64(max(0, attoseconds) / 1_000_000_000_000_000)
  }
}

/// Looks after the deadlines of connections.
///
/// `@unchecked Sendable`: the timer is set up before anybody else sees it and only cancelled afterwards.
private final class DeadlineClock: @unchecked Sendable {
  private let timer: any DispatchSourceTimer

  init(_ watch: ConnectionWatch) {
    timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "http-deadlines"))
    timer.setEventHandler { watch.endOverdue(now: monotonicMilliseconds()) }
    // Four looks a second are precise enough for deadlines of seconds.
    timer.schedule(deadline: .now() + .milliseconds(250), repeating: .milliseconds(250))
    timer.activate()
  }

  func cancel() { timer.cancel() }
}

/// The library's daemon and the socket it listens on.
///
/// `@unchecked Sendable`: the pointer and the socket are set once; the library's functions used here may be called from any
/// thread, and `HTTPServer.stop` calls each of them once.
@safe private final class DaemonHandle: @unchecked Sendable {
  private let daemon: OpaquePointer
  private let socket: ListeningSocket
  private let core: HTTPServerCore

  init(_ socket: consuming ListeningSocket, core: HTTPServerCore) throws(HTTPServerError) {
    let settings = core.settings
    let started = unsafe anomalyze_http_start(
      socket.descriptor, UInt32(max(1, settings.threadCount)), UInt32(settings.connectionLimit),
      settings.headerByteLimit, UInt32(settings.idleDeadline.components.seconds),
      { context, connection, url, method, version, upload, uploadByteCount, slot in
        unsafe HTTPServerCore.handle(
          context, connection, url, method, version, upload, uploadByteCount, slot)
      },
      { _, _, slot, _ in unsafe HTTPServerCore.requestCompleted(slot) },
      { context, connection, slot, event in
        unsafe HTTPServerCore.connectionChanged(context, connection, slot, event)
      },
      Unmanaged.passUnretained(core).toOpaque())
    guard let started = unsafe started else { throw .cannotStart }
    unsafe daemon = started
    self.socket = socket
    self.core = core
  }

  func refuseConnections() {
    _ = unsafe MHD_quiesce_daemon(daemon)
    socket.refuseConnections()
  }

  func stop() { unsafe MHD_stop_daemon(daemon) }
}
