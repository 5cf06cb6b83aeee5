internal import CMicroHTTPD
internal import Dispatch
internal import JSON
internal import Synchronization

/// What the library's callbacks share.
final class HTTPServerCore: Sendable {
  let settings: HTTPServerSettings
  let router: Router
  let gate: RequestGate?
  let observer: @Sendable (borrowing ExchangeRecord) -> Void
  let watch: ConnectionWatch
  let isDraining = Atomic(false)
  let deferredCount = Atomic(0)
  private let requestIDPrefix: String
  private let requestNumber = Atomic<UInt64>(0)
  private let workers = DispatchQueue(label: "http-workers", attributes: .concurrent)

  init(
    settings: HTTPServerSettings, router: Router, gate: RequestGate?, requestIDPrefix: String,
    observer: @escaping @Sendable (borrowing ExchangeRecord) -> Void
  ) {
    self.settings = settings
    self.router = router
    self.gate = gate
    self.requestIDPrefix = requestIDPrefix
    self.observer = observer
    watch = ConnectionWatch(
      deadlines: ConnectionWatch.Deadlines(
        header: settings.headerDeadline.wholeMilliseconds,
        body: settings.bodyDeadline.wholeMilliseconds,
        idle: settings.idleDeadline.wholeMilliseconds))
  }

  /// The first call for a request: its header is complete, its content is not.
  func begin(
    _ exchange: Exchange, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>,
    version: HTTPVersion
  ) {
    let path = unsafe exchange.note(method: method, path: path)
    unsafe exchange.head.collect(from: exchange.connection)
    if let violation = unsafe exchange.head.violation(version: version) {
      exchange.refuse(violation)
    } else if let count = unsafe exchange.head.announcedByteCount, count > settings.bodyByteLimit {
      exchange.refuse(contentTooLarge)
    } else {
      if let path { lead(exchange, to: path) }
      if let gate { admit(exchange, by: gate) }
    }
    unsafe exchange.requestID = exchange.head.requestID ?? makeRequestID()
  }

  private var contentTooLarge: HTTPFailure {
    HTTPFailure(
      413, "CONTENT_TOO_LARGE", "the content is longer than this server reads",
      details: ["limit_bytes": .integer(Int64(settings.bodyByteLimit))])
  }

  private func makeRequestID() -> String {
    let number = requestNumber.wrappingAdd(1, ordering: .relaxed).newValue
    return requestIDPrefix + HTTPServerCore.text(number)
  }

  /// A number in few letters and digits.
  private static func text(_ number: UInt64) -> String {
    var rest = number
    var start = 13
    return unsafe String(unsafeUninitializedCapacity: 13) { digits in
      repeat {
        start -= 1
        let digit = UInt8(rest % 36)
        unsafe digits[start] = digit < 10 ? 48 + digit : 87 + digit
        rest /= 36
      } while rest > 0
      for index in start..<13 { unsafe digits[index - start] = digits[index] }
      return 13 - start
    }
  }

  private func admit(_ exchange: Exchange, by gate: RequestGate) {
    var route: Route?
    switch exchange.outcome {
    // A browser asks for permission without its token.
    case .options, .pending: return
    case .route(let index): route = router.routes[index]
    case .failure: break
    }
    do throws(HTTPFailure) {
      exchange.principal = unsafe try gate.admit(
        RequestGate.Visitor(
          route: route, headers: exchange.head.headers,
          address: unsafe clientAddress(of: exchange.connection)))
    } catch {
      exchange.refuse(error, on: exchange.routeIndex)
    }
  }

  private func lead(_ exchange: Exchange, to path: String) {
    do throws(HTTPFailure) {
      switch unsafe try router.match(method: exchange.method, path: path) {
      case .route(let index, let parameters):
        exchange.lead(to: .route(index: index), parameters: parameters)
      case .otherMethods(let methods):
        if unsafe exchange.method == "OPTIONS" {
          return exchange.lead(to: .options(allow: methods))
        }
        throw HTTPFailure(
          405, "METHOD_NOT_ALLOWED", "this path does not take that method",
          headers: [("Allow", methods.joined(separator: ", "))])
      case .nothing:
        throw HTTPFailure(404, "ROUTE_NOT_FOUND", "there is no such path; see /openapi.json")
      }
    } catch {
      exchange.lead(to: .failure(error))
    }
  }

  /// Whether a failure that the header shows is answered at once, which closes a connection whose content is on its way.
  func answersAtOnce(_ exchange: Exchange) -> Bool {
    guard case .failure(let failure) = exchange.outcome else { return false }
    let isSmall =
      unsafe (exchange.head.announcedByteCount ?? 0) <= 64 << 10
      && !exchange.head.isChunked
    return !isSmall || failure.closesConnection
  }

  /// Whether the connection ends with this answer: after a violation nobody knows where the next request begins.
  func closes(after exchange: Exchange) -> Bool {
    if isDraining.load(ordering: .relaxed) { return true }
    guard case .failure(let failure) = exchange.outcome else { return false }
    return failure.closesConnection
  }

  /// The request is complete: the answer, or `nil` when a worker will give it and wake the connection.
  func answer(_ exchange: Exchange) -> HTTPResponse? {
    switch exchange.outcome {
    case .pending: preconditionFailure("a request is answered after its header was read")
    case .failure(let failure): return HTTPResponse(failure)
    case .options(let allow):
      return HTTPResponse(
        status: 204, contentType: nil, headers: [("Allow", allow.joined(separator: ", "))])
    case .route(let index):
      switch router.handlers[index] {
      case .immediate(let handler):
        return exchange.lendRequest { request in HTTPResponse { try handler(request) } }
      case .deferred(let handler):
        deferAnswer(to: exchange.request, exchange: exchange, handler: handler)
        return nil
      }
    }
  }

  private func deferAnswer(
    to request: HTTPRequest, exchange: Exchange,
    handler:
      @escaping @Sendable (HTTPRequest, @escaping @Sendable (HTTPResponse) -> Void) throws ->
      Void
  ) {
    let once = Once()
    let waker = exchange.state.waker
    let respond: @Sendable (HTTPResponse) -> Void = { [self] response in
      precondition(once.isFirst(), "a deferred handler answers exactly once")
      exchange.response = response
      unsafe MHD_resume_connection(exchange.connection)
      waker.wake()
      deferredCount.subtract(1, ordering: .releasing)
    }
    deferredCount.add(1, ordering: .acquiring)
    unsafe MHD_suspend_connection(exchange.connection)
    workers.async {
      do {
        try handler(request, respond)
      } catch {
        respond(HTTPResponse(describing: error))
      }
    }
  }
}

extension HTTPFailure {
  fileprivate var closesConnection: Bool {
    ["MALFORMED_REQUEST", "CONTENT_TOO_LARGE", "TRANSFER_CODING_UNKNOWN"].contains(code)
      || status == 505
  }
}

/// True for the first of all calls.
private final class Once: Sendable {
  private let isTaken = Atomic(false)

  func isFirst() -> Bool { !isTaken.exchange(true, ordering: .acquiringAndReleasing) }
}

extension HTTPResponse {
  /// The answer of a handler, or the one that describes its error.
  fileprivate init(_ handler: () throws -> HTTPResponse) {
    do {
      self = try handler()
    } catch {
      self.init(describing: error)
    }
  }

  /// The answer for a handler's error; one that is not an `HTTPFailure` is a bug, whose description stays inside.
  fileprivate init(describing error: any Error) {
    self.init(
      error as? HTTPFailure
        ?? HTTPFailure(500, "INTERNAL_ERROR", "the server failed to answer; its log says why"))
  }
}
