internal import CMicroHTTPD
internal import Glibc

// The functions that the library calls. A connection's context is its `ConnectionState`, a request's its `Exchange`;
// both are retained here when they begin and released when the library says that they ended.

extension HTTPServerCore {
  static func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ event: MHD_ConnectionNotificationCode
  ) {
    guard let core = unsafe core(context), let slot = unsafe slot,
      let connection = unsafe connection
    else { return }
    if event == .CONNECTION_NOTIFY_STARTED {
      let state = ConnectionState(
        descriptor: unsafe anomalyze_http_connection_socket(connection),
        now: monotonicMilliseconds())
      core.watch.add(state)
      unsafe slot.pointee = Unmanaged.passRetained(state).toOpaque()
    } else if let pointer = unsafe slot.pointee {
      let state = unsafe Unmanaged<ConnectionState>.fromOpaque(pointer)
      core.watch.remove(unsafe state.takeRetainedValue())
      unsafe slot.pointee = nil
    }
  }

  static func requestCompleted(_ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) {
    guard let slot = unsafe slot, let pointer = unsafe slot.pointee else { return }
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
    unsafe slot.pointee = nil
    _ = exchange.state.enter(.idle, now: monotonicMilliseconds())
  }

  static func handle(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?,
    _ upload: UnsafePointer<CChar>?, _ uploadByteCount: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> MHD_Result {
    guard let core = unsafe core(context), let connection = unsafe connection,
      let slot = unsafe slot, let uploadByteCount = unsafe uploadByteCount
    else { return .NO }
    guard let pointer = unsafe slot.pointee else {
      guard let url = unsafe url, let method = unsafe method, let version = unsafe version,
        let statePointer = unsafe anomalyze_http_connection_context(connection)
      else { return .NO }
      let state = unsafe Unmanaged<ConnectionState>.fromOpaque(statePointer).takeUnretainedValue()
      guard state.enter(.body, now: monotonicMilliseconds()) else { return .NO }
      let exchange = unsafe core.begin(
        connection, state: state, method: String(cString: method), path: String(cString: url),
        version: String(cString: version))
      unsafe slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
      guard core.answersAtOnce(exchange) else { return .YES }
      return core.finish(exchange)
    }
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    if unsafe uploadByteCount.pointee > 0 {
      let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: uploadByteCount.pointee)
      guard unsafe core.receive(bytes, in: exchange) else {
        RawAnswer.contentTooLarge.send(to: exchange.state.descriptor)
        return .NO
      }
      unsafe uploadByteCount.pointee = 0
      return .YES
    }
    return core.finish(exchange)
  }

  /// Answers a complete request, or one that a worker has answered meanwhile.
  private func finish(_ exchange: Exchange) -> MHD_Result {
    if exchange.response == nil {
      guard exchange.state.enter(.answering, now: monotonicMilliseconds()) else { return .NO }
      guard let response = answer(exchange) else { return .YES }
      exchange.response = response
    }
    guard let response = exchange.response, !exchange.isAnswered else { return .NO }
    exchange.isAnswered = true
    let result = queue(response, exchange: exchange)
    var routeIndex: Int?
    if case .route(let index, _) = exchange.outcome { routeIndex = index }
    observer(
      ExchangeRecord(
        routeIndex: routeIndex, status: response.status,
        nanoseconds: monotonicNanoseconds() - exchange.startedAt, requestID: exchange.requestID,
        failureCode: response.failureCode))
    return result
  }

  private func queue(_ response: HTTPResponse, exchange: Exchange) -> MHD_Result {
    let handle = unsafe response.body.withUnsafeBytes { body in
      unsafe MHD_create_response_from_buffer(
        body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let handle = unsafe handle else { return .NO }
    defer { unsafe MHD_destroy_response(handle) }
    for (name, value) in response.headers {
      _ = unsafe MHD_add_response_header(handle, name, value)
    }
    _ = unsafe MHD_add_response_header(handle, "X-Request-Id", exchange.requestID)
    if closes(after: exchange) {
      _ = unsafe MHD_add_response_header(handle, "Connection", "close")
    }
    return unsafe MHD_queue_response(exchange.connection, UInt32(response.status), handle)
  }

  private static func core(_ context: UnsafeMutableRawPointer?) -> HTTPServerCore? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<HTTPServerCore>.fromOpaque(context).takeUnretainedValue()
  }
}

extension RequestHead {
  /// Collects header fields and query of `connection`.
  init(of connection: OpaquePointer) {
    self.init()
    unsafe withUnsafeMutablePointer(to: &self) { pointer in
      unsafe anomalyze_http_each_value(
        connection,
        { context, kind, name, nameByteCount, value, valueByteCount in
          guard let head = unsafe context?.assumingMemoryBound(to: RequestHead.self) else {
            return .NO
          }
          unsafe head.pointee.add(
            kind, UnsafeRawBufferPointer(start: name, count: nameByteCount),
            UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueByteCount))
          return .YES
        }, pointer)
    }
  }

  private mutating func add(
    _ kind: MHD_ValueKind, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) {
    let nameText = unsafe String(decoding: name, as: UTF8.self)
    let valueText = unsafe String(decoding: value, as: UTF8.self)
    if kind == .HEADER_KIND {
      if unsafe value.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) {
        hasControlCharacter = true
      }
      headers.append((nameText, valueText))
    } else {
      query.append((nameText, valueText))
    }
  }
}
