internal import CMicroHTTPD

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
  var method = ""
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
