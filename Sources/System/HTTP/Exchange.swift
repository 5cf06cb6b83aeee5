internal import CMicroHTTPD
internal import Glibc

/// One request on its way: what has arrived, and the answer when there is one. A connection uses the same one for all
/// of its requests, one after another, so that a request costs no allocation of its own.
///
/// `@unchecked Sendable`: the library calls a connection's functions one at a time; a worker writes `response` only while
/// the connection rests, and waking it orders that write before the library's next call.
@safe final class Exchange: @unchecked Sendable {
  let connection: OpaquePointer
  /// Not owned: the connection's state owns this value.
  private let owner: Unmanaged<ConnectionState>
  var startedAt: UInt64 = 0
  // The library calls a connection's functions one after another, and none of them calls another one: having each look at
  // these checked for another one under way, as is usual, takes a fiftieth of what a request takes outside the system.
  @exclusivity(unchecked) var head = RequestHead()
  @exclusivity(unchecked) var requestID = ""
  @exclusivity(unchecked) private(set) var method = ""
  @exclusivity(unchecked) private var path = ""
  private(set) var outcome = Outcome.pending
  /// What the placeholders of the route's pattern stand for.
  @exclusivity(unchecked) private var parameters: [(name: String, value: String)] = []
  /// Whether `outcome` is where method and path led: the next request on a connection mostly asks for the same.
  private var isRouted = false
  /// The route that was found, whatever became of the request.
  private(set) var routeIndex: Int?
  var principal: String?
  @exclusivity(unchecked) private(set) var body: [UInt8] = []
  /// What a worker has answered.
  var response: HTTPResponse?
  /// The content of the answer, which the library reads until the request ends.
  @exclusivity(unchecked) var content: [UInt8] = []
  var isAnswered = false

  enum Outcome {
    case pending
    case route(index: Int)
    case failure(HTTPFailure)
    case options(allow: [String])
  }

  init(connection: OpaquePointer, state: ConnectionState) {
    unsafe self.connection = connection
    unsafe owner = Unmanaged.passUnretained(state)
  }

  /// Notes what a request asks for: the path to find a route for, or `nil` when the request before led to the same.
  func note(method newMethod: UnsafePointer<CChar>, path newPath: UnsafePointer<CChar>) -> String? {
    let isRepeated =
      unsafe isRouted && !path.isEmpty && path.withCString { unsafe strcmp($0, newPath) == 0 }
      && method.withCString { unsafe strcmp($0, newMethod) == 0 }
    if isRepeated { return nil }
    isRouted = false
    routeIndex = nil
    unsafe method = String(cString: newMethod)
    let asked = unsafe String(cString: newPath)
    // Ten thousand connections must not keep ten thousand long paths.
    unsafe path = asked.utf8.count <= 256 ? asked : ""
    return asked
  }

  /// What the connection is doing.
  var state: ConnectionState { unsafe owner.takeUnretainedValue() }

  /// Enters a phase of the connection; false when the watch has given it up.
  func enter(_ phase: ConnectionState.Phase, now: UInt64) -> Bool {
    unsafe owner._withUnsafeGuaranteedRef { $0.enter(phase, now: now) }
  }

  /// Notes where method and path lead.
  func lead(to outcome: Outcome, parameters: [(name: String, value: String)] = []) {
    self.outcome = outcome
    unsafe self.parameters = parameters
    isRouted = true
    if case .route(let index) = outcome { routeIndex = index }
  }

  /// Takes a piece of content; false when there are more than `limit` bytes.
  func receive(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Bool {
    guard unsafe body.count + bytes.count <= limit else { return false }
    if unsafe body.isEmpty, let count = unsafe head.announcedByteCount {
      // No more than a megabyte is promised to a client that has only announced it.
      unsafe body.reserveCapacity(min(count, 1 << 20))
    }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  /// The complete request, for a handler that answers later.
  var request: HTTPRequest {
    unsafe HTTPRequest(
      query: head.query, headers: head.headers, body: body, parameters: parameters,
      isJSON: head.isJSON)
  }

  /// Lends the complete request to a handler that answers at once: it is moved there and back, because copying it would
  /// count references for nothing.
  func lendRequest(_ answer: (HTTPRequest) -> HTTPResponse) -> HTTPResponse {
    var request = HTTPRequest()
    exchangeParts(&request)
    let response = answer(request)
    exchangeParts(&request)
    return response
  }

  private func exchangeParts(_ request: inout HTTPRequest) {
    unsafe head.exchangeFields(&request)
    unsafe swap(&body, &request.body)
    unsafe swap(&parameters, &request.parameters)
  }

  /// Refuses the request, whatever it asks for.
  func refuse(_ failure: HTTPFailure, on route: Int? = nil) {
    outcome = .failure(failure)
    isRouted = false
    routeIndex = route
  }

  /// Forgets a request that ended; what a long one took of memory is given back.
  func reset() {
    if principal != nil { principal = nil }
    if response != nil { response = nil }
    unsafe content = []
    isAnswered = false
    if unsafe !body.isEmpty {
      unsafe body.removeAll(keepingCapacity: body.capacity <= 16 << 10)
    }
  }
}
