internal import Glibc
public import JSON

/// A response as it came over the wire.
public struct WireResponse: Sendable {
  /// The status code.
  public let status: Int
  /// Header fields in their order.
  public let headers: [(name: String, value: String)]
  /// The content.
  public let body: [UInt8]

  /// The value of the header field `name`, whatever its letters' case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The content as text.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// The content as a JSON document.
  public func json() throws -> JSONValue { try JSONValue(parsing: body) }

  /// The machine-readable reason of an error answer.
  public var errorCode: String? { (try? json())?["error"]?["code"]?.stringValue }
}

/// Why a client of a test got no answer.
public enum WireError: Error {
  case cannotConnect
  case closed(received: [UInt8])
  case timedOut
  case malformed
}

/// Lets this process open as many connections as the system allows.
public func raiseOwnFileLimit() {
  let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  var limits = rlimit()
  unsafe getrlimit(resource, &limits)
  limits.rlim_cur = limits.rlim_max
  unsafe setrlimit(resource, &limits)
}

/// One connection to a server on this machine, with nothing between the test and the bytes.
@safe public final class LoopbackClient {
  private let descriptor: Int32
  private var pending: [UInt8] = []

  /// Connects; reading gives up after `timeoutSeconds`: no limit of a server's, but one for a test that would hang. A machine
  /// that is busy with other tests may stand still for seconds.
  public init(port: UInt16, timeoutSeconds: Int = 60) throws {
    // A program that a test starts must not keep the connection open when this client is gone.
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    unsafe inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let isConnected = unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(descriptor)
      throw WireError.cannotConnect
    }
  }

  deinit { close(descriptor) }

  /// Sends bytes as they are; false when the peer has closed.
  @discardableResult public func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Sends text as it is.
  @discardableResult public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Tells the peer that nothing more will be sent.
  public func closeSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Sends one request and reads its answer.
  public func request(
    _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil
  ) throws -> WireResponse {
    send(LoopbackClient.bytes(of: method, target, headers: headers, body: body))
    return try response(hasBody: method != "HEAD")
  }

  /// Sends one request with a JSON document and reads its answer.
  public func request(_ method: String, _ target: String, json: JSONValue) throws -> WireResponse {
    try request(
      method, target, headers: ["Content-Type: application/json"], body: json.bytes())
  }

  /// The bytes of a well-formed request.
  public static func bytes(
    of method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil
  ) -> [UInt8] {
    var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1"] + headers
    if let body { lines.append("Content-Length: \(body.count)") }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? [])
  }

  /// Reads one response.
  public func response(hasBody: Bool = true) throws -> WireResponse {
    while true {
      let head = try readHead()
      // An interim answer such as 100 Continue precedes the real one.
      guard head.status >= 200 else { continue }
      var body: [UInt8] = []
      if hasBody, head.status != 204,
        let length = head.header("content-length").flatMap({ Int($0) })
      {
        while pending.count < length { try receive() }
        body = Array(pending.prefix(length))
        pending.removeFirst(length)
      }
      return WireResponse(status: head.status, headers: head.headers, body: body)
    }
  }

  /// True when the peer closes; without sending anything more unless that is allowed.
  public func isClosedByPeer(afterMoreBytes: Bool = false) -> Bool {
    do {
      while true {
        try receive()
        if !afterMoreBytes { return false }
      }
    } catch {
      guard case WireError.closed(let received) = error else { return false }
      return afterMoreBytes || received.isEmpty
    }
  }

  private func readHead() throws -> WireResponse {
    let separator = Array("\r\n\r\n".utf8)
    while true {
      if let range = pending.firstRange(of: separator) {
        let text = String(decoding: pending[..<range.lowerBound], as: UTF8.self)
        pending.removeSubrange(..<range.upperBound)
        let lines = text.split(separator: "\r\n")
        let parts = lines[0].split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, let status = Int(parts[1]) else { throw WireError.malformed }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
          guard let colon = line.firstIndex(of: ":") else { return nil }
          return (
            String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " })
          )
        }
        return WireResponse(status: status, headers: headers, body: [])
      }
      try receive()
    }
  }

  private func receive() throws {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count = 0
    repeat {
      count = unsafe buffer.withUnsafeMutableBytes {
        unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
      }
    } while count < 0 && errno == EINTR
    if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { throw WireError.timedOut }
    guard count > 0 else { throw WireError.closed(received: pending) }
    pending += buffer[..<count]
  }
}
