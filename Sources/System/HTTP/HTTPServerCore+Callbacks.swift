internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

// The functions that the library calls. A connection's context is its `ConnectionState`, retained here when it begins
// and released when the library says that it ended; a request's is the connection's `Exchange`, which the state keeps.

extension HTTPServerCore {
  static func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ event: MHD_ConnectionNotificationCode
  ) {
    guard let context = unsafe context, let slot = unsafe slot,
      let connection = unsafe connection
    else { return }
    let loop = unsafe Unmanaged<LoopContext>.fromOpaque(context).takeUnretainedValue()
    let core = loop.core
    if event == .CONNECTION_NOTIFY_STARTED {
      let state = ConnectionState(
        descriptor: unsafe anomalyze_http_connection_socket(connection),
        waker: loop.waker, isPlain: core.settings.security == nil, now: monotonicMilliseconds())
      core.watch.add(state)
      loop.connectionCount.add(1, ordering: .relaxed)
      unsafe slot.pointee = Unmanaged.passRetained(state).toOpaque()
    } else if let pointer = unsafe slot.pointee {
      let state = unsafe Unmanaged<ConnectionState>.fromOpaque(pointer)
      core.watch.remove(unsafe state.takeRetainedValue())
      loop.connectionCount.subtract(1, ordering: .relaxed)
      unsafe slot.pointee = nil
    }
  }

  static func requestCompleted(_ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) {
    guard let slot = unsafe slot, let pointer = unsafe slot.pointee else { return }
    unsafe slot.pointee = nil
    unsafe Unmanaged<Exchange>.fromOpaque(pointer)._withUnsafeGuaranteedRef { exchange in
      exchange.reset()
      _ = exchange.enter(.idle, now: monotonicMilliseconds())
    }
  }

  // References are lent to closures below: counting them here and there is a tenth of the time that a request takes.
  static func handle(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?,
    _ upload: UnsafePointer<CChar>?, _ uploadByteCount: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> MHD_Result {
    guard let context = unsafe context, let connection = unsafe connection,
      let slot = unsafe slot, let uploadByteCount = unsafe uploadByteCount
    else { return .NO }
    return unsafe Unmanaged<LoopContext>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
      if let pointer = unsafe slot.pointee {
        return unsafe Unmanaged<Exchange>.fromOpaque(pointer)._withUnsafeGuaranteedRef {
          unsafe loop.core.go(on: $0, upload, uploadByteCount)
        }
      }
      guard let url = unsafe url, let method = unsafe method, let version = unsafe version,
        let state = unsafe anomalyze_http_connection_context(connection)
      else { return .NO }
      return unsafe Unmanaged<ConnectionState>.fromOpaque(state)._withUnsafeGuaranteedRef { state in
        let now = monotonicNanoseconds()
        loop.lastArrival.store(now, ordering: .relaxed)
        guard state.enter(.body, now: now / 1_000_000) else { return .NO }
        let exchange = unsafe state.exchange(on: connection)
        exchange.startedAt = now
        unsafe slot.pointee = Unmanaged.passUnretained(exchange).toOpaque()
        unsafe loop.core.begin(
          exchange, method: method, path: url, version: HTTPVersion(cString: version))
        guard loop.core.answersAtOnce(exchange) else { return .YES }
        return loop.core.finish(exchange)
      }
    }
  }

  /// Takes a piece of content, or answers when there is no more.
  private func go(
    on exchange: Exchange, _ upload: UnsafePointer<CChar>?,
    _ uploadByteCount: UnsafeMutablePointer<Int>
  ) -> MHD_Result {
    guard unsafe uploadByteCount.pointee > 0 else { return finish(exchange) }
    let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: uploadByteCount.pointee)
    guard unsafe exchange.receive(bytes, limit: settings.bodyByteLimit) else {
      let state = exchange.state
      if state.isPlain { RawAnswer.contentTooLarge.send(to: state.descriptor) }
      return .NO
    }
    unsafe uploadByteCount.pointee = 0
    return .YES
  }

  /// Answers a complete request, or one that a worker has answered meanwhile.
  private func finish(_ exchange: Exchange) -> MHD_Result {
    guard !exchange.isAnswered else { return .NO }
    if let response = exchange.response { return give(response, to: exchange) }
    // This phase has no deadline, so any moment will do.
    guard exchange.enter(.answering, now: exchange.startedAt / 1_000_000) else { return .NO }
    guard let response = answer(exchange) else { return .YES }
    return give(response, to: exchange)
  }

  private func give(_ response: HTTPResponse, to exchange: Exchange) -> MHD_Result {
    exchange.isAnswered = true
    unsafe exchange.content = response.body
    let result = queue(response, exchange: exchange)
    observer(
      ExchangeRecord(
        exchange, response, nanoseconds: monotonicNanoseconds() - exchange.startedAt))
    return result
  }

  private func queue(_ response: HTTPResponse, exchange: Exchange) -> MHD_Result {
    // The exchange keeps the content, unchanged, until the library says that the request has ended.
    let handle = unsafe exchange.content.withUnsafeBytes { body in
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
    guard let origin = unsafe exchange.head.headers["Origin"],
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
    begin()
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
      unsafe add(name: name, value: value)
    } else {
      query.append(
        (
          unsafe String(decoding: name, as: UTF8.self),
          unsafe String(decoding: value, as: UTF8.self)
        ))
    }
  }
}
