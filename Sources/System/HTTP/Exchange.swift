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
  /// Where the last request's method and path led: the next one on a connection mostly asks for the same.
  var known: Outcome?
  var outcome = Outcome.pending
  /// The route that was found, whatever became of the request.
  var routeIndex: Int?
  var principal: String?
  var body: [UInt8] = []
  var response: HTTPResponse?
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

  /// Notes what a request asks for, and what is known of it unless it is what the request before asked for.
  func note(method newMethod: UnsafePointer<CChar>, path newPath: UnsafePointer<CChar>) -> String {
    let isRepeated =
      unsafe known != nil && path.withCString { unsafe strcmp($0, newPath) == 0 }
      && method.withCString { unsafe strcmp($0, newMethod) == 0 }
    if isRepeated { return path }
    known = nil
    method = unsafe String(cString: newMethod)
    let asked = unsafe String(cString: newPath)
    // Ten thousand connections must not keep ten thousand long paths.
    path = asked.utf8.count <= 256 ? asked : ""
    return asked
  }

  /// Forgets a request that ended; what a long one took of memory is given back.
  func reset() {
    head.reset()
    outcome = .pending
    routeIndex = nil
    principal = nil
    response = nil
    isAnswered = false
    if !body.isEmpty { body.removeAll(keepingCapacity: body.capacity <= 16 << 10) }
  }
}
