internal import Dispatch
internal import Glibc
internal import Synchronization

/// What happened with one request, for metrics and logs: lent to the observer while it looks, because texts that are
/// seldom asked for need not be copied for every request.
@safe public struct ExchangeRecord: ~Copyable {
  private unowned(unsafe) let exchange: Exchange
  /// Index of the route in the router, or `nil` when no route was found.
  public let routeIndex: Int?
  /// The status that was answered.
  public let status: Int
  /// The code of the failure that was answered, if it was one.
  public let failureCode: String?
  /// From the complete header to the answer handed to the library.
  public let nanoseconds: UInt64

  init(_ exchange: Exchange, _ response: borrowing HTTPResponse, nanoseconds: UInt64) {
    unsafe self.exchange = exchange
    routeIndex = exchange.routeIndex
    status = response.status
    failureCode = response.failureCode
    self.nanoseconds = nanoseconds
  }

  /// `GET`, `POST`, …
  public var method: String { unsafe exchange.method }
  /// Bytes of the request's content.
  public var receivedByteCount: Int { unsafe exchange.body.count }
  /// Bytes of the answer's content.
  public var sentByteCount: Int { unsafe exchange.content.count }
  /// The request's identifier.
  public var requestID: String { unsafe exchange.requestID }
  /// Who sent it, where a gate finds that out.
  public var principal: String? { unsafe exchange.principal }
}

/// A running HTTP/1.1 server: libmicrohttpd, turned by one loop a thread, behind values.
///
/// It listens from `init` until `stop()`. Limits and deadlines are `HTTPServerSettings`.
public final class HTTPServer: Sendable {
  /// The port it listens on.
  public let port: UInt16
  private let core: HTTPServerCore
  private let socket: ListeningSocket
  private let loops: [EventLoop]
  private let clock: DeadlineClock
  private let isStopped = Atomic(false)

  /// Starts to listen and to answer.
  ///
  /// - Parameters:
  ///   - settings: Address, port, threads and limits.
  ///   - router: The routes.
  ///   - gate: Decides about each request when its header is complete; without one everybody is let in.
  ///   - requestIDPrefix: Starts the identifiers made for requests that bring none; different in every process.
  ///   - observer: Called after every answer, on the thread that answered.
  /// - Throws: `HTTPServerError` when the address is wrong or in use.
  public init(
    _ settings: HTTPServerSettings, router: Router, gate: RequestGate? = nil,
    requestIDPrefix: String,
    observer: @escaping @Sendable (borrowing ExchangeRecord) -> Void = { _ in }
  ) throws(HTTPServerError) {
    let socket =
      if let descriptor = settings.inheritedSocket {
        ListeningSocket(adopting: descriptor)
      } else {
        try ListeningSocket(address: settings.address, port: settings.port)
      }
    port = socket.port
    core = HTTPServerCore(
      settings: settings, router: router, gate: gate, requestIDPrefix: requestIDPrefix,
      observer: observer)
    let count = max(1, settings.threadCount)
    let share = (settings.connectionLimit + count - 1) / count
    var loops: [EventLoop] = []
    do throws(HTTPServerError) {
      for _ in 0..<count {
        loops.append(try EventLoop(socket.descriptor, connectionLimit: share, core: core))
      }
    } catch {
      for loop in loops {
        loop.endThread()
        loop.stop()
      }
      throw error
    }
    self.socket = socket
    self.loops = loops
    clock = DeadlineClock(core.watch)
  }

  /// How many connections are open.
  public var connectionCount: Int { core.watch.count }

  /// Drains: refuses new connections, finishes the requests under way and those that still arrive on open connections,
  /// closes them, and returns when the threads have ended. Connections that stay busy are cut after `grace`.
  public func stop(grace: Duration = .seconds(10)) {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    core.isDraining.store(true, ordering: .releasing)
    for loop in loops { loop.refuseConnections() }
    socket.refuseConnections()
    let deadline = monotonicMilliseconds() + grace.wholeMilliseconds
    var quietSince = monotonicMilliseconds()
    while core.watch.count > 0 && monotonicMilliseconds() < deadline {
      if !core.watch.isQuiet { quietSince = monotonicMilliseconds() }
      // A request may be on its way on a connection that looks idle.
      if monotonicMilliseconds() > quietSince + 200 { break }
      usleep(2_000)
    }
    awaitDeferredAnswers()
    for loop in loops { loop.endThread() }
    // Before it ended, a thread may have taken up one more request.
    awaitDeferredAnswers()
    for loop in loops { loop.stop() }
    clock.cancel()
  }

  /// The library must not stop under a connection that rests; deferred handlers always answer.
  private func awaitDeferredAnswers() {
    while core.deferredCount.load(ordering: .acquiring) > 0 { usleep(2_000) }
  }

  deinit { stop(grace: .zero) }
}

extension Duration {
  /// Whole nanoseconds, rounded down.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
  }

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
