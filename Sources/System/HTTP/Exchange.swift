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
  unowned(unsafe) let state: ConnectionState
  var startedAt: UInt64 = 0
  var requestID = ""
  var head = RequestHead()
  private(set) var method = ""
  private var path = ""
  private(set) var outcome = Outcome.pending
  /// Whether `outcome` is where method and path led: the next request on a connection mostly asks for the same.
  private var isRouted = false
  /// The route that was found, whatever became of the request.
  private(set) var routeIndex: Int?
  var principal: String?
  var body: [UInt8] = []
  /// What a worker has answered.
  var response: HTTPResponse?
  /// The content of the answer, which the library reads until the request ends.
  var content: [UInt8] = []
  var isAnswered = false

  enum Outcome {
    case pending
    case route(index: Int, parameters: [(name: String, value: String)])
    case failure(HTTPFailure)
    case options(allow: [String])
  }

  init(connection: OpaquePointer, state: ConnectionState) {
    unsafe self.connection = connection
    unsafe self.state = state
  }

  /// Notes what a request asks for: the path to find a route for, or `nil` when the request before led to the same.
  func note(method newMethod: UnsafePointer<CChar>, path newPath: UnsafePointer<CChar>) -> String? {
    let isRepeated =
      unsafe isRouted && path.withCString { unsafe strcmp($0, newPath) == 0 }
      && method.withCString { unsafe strcmp($0, newMethod) == 0 }
    if isRepeated { return nil }
    isRouted = false
    routeIndex = nil
    method = unsafe String(cString: newMethod)
    let asked = unsafe String(cString: newPath)
    // Ten thousand connections must not keep ten thousand long paths.
    path = asked.utf8.count <= 256 ? asked : ""
    return asked
  }

  /// Notes where method and path lead.
  func lead(to outcome: Outcome) {
    self.outcome = outcome
    isRouted = true
    if case .route(let index, _) = outcome { routeIndex = index }
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
    content = []
    isAnswered = false
    if !body.isEmpty { body.removeAll(keepingCapacity: body.capacity <= 16 << 10) }
  }
}
