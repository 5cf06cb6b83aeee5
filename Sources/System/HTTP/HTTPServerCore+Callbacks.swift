internal import CMicroHTTPD
internal import Glibc

// The functions that the library calls. A connection's context is its `ConnectionState`, retained here when it begins
// and released when the library says that it ended; a request's is the connection's `Exchange`, which the state keeps.

extension HTTPServerCore {
  static func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ event: MHD_ConnectionNotificationCode
  ) {
    guard let loop = unsafe loop(context), let slot = unsafe slot,
      let connection = unsafe connection
    else { return }
    let core = loop.core
    if event == .CONNECTION_NOTIFY_STARTED {
      let state = ConnectionState(
        descriptor: unsafe anomalyze_http_connection_socket(connection),
        waker: loop.waker, isPlain: core.settings.security == nil, now: monotonicMilliseconds())
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
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    unsafe slot.pointee = nil
    exchange.reset()
    _ = unsafe exchange.state.enter(.idle, now: monotonicMilliseconds())
  }

  static func handle(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?,
    _ upload: UnsafePointer<CChar>?, _ uploadByteCount: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> MHD_Result {
    guard let core = unsafe loop(context)?.core, let connection = unsafe connection,
      let slot = unsafe slot, let uploadByteCount = unsafe uploadByteCount
    else { return .NO }
    guard let pointer = unsafe slot.pointee else {
      guard let url = unsafe url, let method = unsafe method, let version = unsafe version,
        let statePointer = unsafe anomalyze_http_connection_context(connection)
      else { return .NO }
      let state = unsafe Unmanaged<ConnectionState>.fromOpaque(statePointer).takeUnretainedValue()
      let now = monotonicNanoseconds()
      guard state.enter(.body, now: now / 1_000_000) else { return .NO }
      let exchange = unsafe state.exchange(on: connection)
      exchange.startedAt = now
      unsafe slot.pointee = Unmanaged.passUnretained(exchange).toOpaque()
      unsafe core.begin(
        exchange, method: method, path: url, version: HTTPVersion(cString: version))
      guard core.answersAtOnce(exchange) else { return .YES }
      return core.finish(exchange)
    }
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    if unsafe uploadByteCount.pointee > 0 {
      let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: uploadByteCount.pointee)
      guard unsafe core.receive(bytes, in: exchange) else {
        let state = unsafe exchange.state
        if state.isPlain { RawAnswer.contentTooLarge.send(to: state.descriptor) }
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
      // This phase has no deadline, so any moment will do.
      let state = unsafe exchange.state
      guard state.enter(.answering, now: exchange.startedAt / 1_000_000) else { return .NO }
      guard let response = answer(exchange) else { return .YES }
      exchange.response = response
    }
    guard let response = exchange.response, !exchange.isAnswered else { return .NO }
    exchange.isAnswered = true
    let result = queue(response, exchange: exchange)
    observer(
      ExchangeRecord(
        routeIndex: exchange.routeIndex, method: exchange.method, status: response.status,
        nanoseconds: monotonicNanoseconds() - exchange.startedAt,
        receivedByteCount: exchange.body.count, sentByteCount: response.body.count,
        requestID: exchange.requestID, principal: exchange.principal,
        failureCode: response.failureCode))
    return result
  }

  private func queue(_ response: HTTPResponse, exchange: Exchange) -> MHD_Result {
    // The exchange keeps the content, unchanged, until the library says that the request has ended.
    let handle = unsafe response.body.withUnsafeBytes { body in
      unsafe MHD_create_response_from_buffer(
        body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_PERSISTENT)
    }
    guard let handle = unsafe handle else { return .NO }
    defer { unsafe MHD_destroy_response(handle) }
    if let type = response.contentType {
      _ = unsafe type.withCString { unsafe MHD_add_response_header(handle, "Content-Type", $0) }
    }
    for (name, value) in response.headers {
      _ = unsafe MHD_add_response_header(handle, name, value)
    }
    _ = unsafe exchange.requestID.withCString {
      unsafe MHD_add_response_header(handle, "X-Request-Id", $0)
    }
    if !settings.allowedOrigins.isEmpty {
      for (name, value) in crossOriginFields(for: exchange) {
        _ = unsafe MHD_add_response_header(handle, name, value)
      }
    }
    if closes(after: exchange) {
      _ = unsafe MHD_add_response_header(handle, "Connection", "close")
    }
    return unsafe MHD_queue_response(exchange.connection, UInt32(response.status), handle)
  }

  /// What lets a page of an allowed origin read the answer (the Fetch standard's CORS protocol).
  private func crossOriginFields(for exchange: Exchange) -> [(name: String, value: String)] {
    guard let origin = exchange.head.headers["Origin"],
      settings.allowedOrigins.contains(origin) || settings.allowedOrigins.contains("*")
    else { return [("Vary", "Origin")] }
    var fields = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    if case .options(let allow) = exchange.outcome {
      fields += [
        ("Access-Control-Allow-Methods", allow.joined(separator: ", ")),
        ("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-Id"),
        ("Access-Control-Max-Age", "600"),
      ]
    } else {
      fields.append(("Access-Control-Expose-Headers", "X-Request-Id, X-Model-Version"))
    }
    return fields
  }

  /// The numeric address at the other end.
  func clientAddress(of connection: OpaquePointer) -> String {
    guard let address = unsafe anomalyze_http_client_address(connection) else { return "" }
    let isFour = unsafe Int32(address.pointee.sa_family) == AF_INET
    // Where the address lies within its structure: after family and port, and for IPv6 after the flow.
    let number = unsafe UnsafeRawPointer(address).advanced(by: isFour ? 4 : 8)
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard unsafe inet_ntop(isFour ? AF_INET : AF_INET6, number, &text, socklen_t(text.count)) != nil
    else { return "" }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func loop(_ context: UnsafeMutableRawPointer?) -> LoopContext? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<LoopContext>.fromOpaque(context).takeUnretainedValue()
  }
}

extension HTTPVersion {
  fileprivate init(cString text: UnsafePointer<CChar>) {
    self =
      unsafe strcmp(text, "HTTP/1.1") == 0
      ? .http11 : unsafe strcmp(text, "HTTP/1.0") == 0 ? .http10 : .other
  }
}

extension RequestHead {
  /// Collects header fields and query of `connection`.
  mutating func collect(from connection: OpaquePointer) {
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
    if kind == .HEADER_KIND {
      if unsafe value.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) {
        hasControlCharacter = true
      }
      unsafe headers.append(name: name, value: value)
    } else {
      query.append(
        (
          unsafe String(decoding: name, as: UTF8.self),
          unsafe String(decoding: value, as: UTF8.self)
        ))
    }
  }
}
