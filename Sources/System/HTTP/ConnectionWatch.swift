internal import Glibc
internal import Synchronization

/// What one connection is doing and since when, in one atomic word: the library's threads write it, the watch reads it.
final class ConnectionState: Sendable {
  enum Phase: UInt64 {
    case firstHeader = 0
    case body = 1
    case answering = 2
    case idle = 3
    case expired = 4
  }

  let descriptor: Int32
  /// Whether bytes may be written past the library, which a connection under TLS does not allow.
  let isPlain: Bool
  /// Ends the waiting of the loop that turns the connection.
  let waker: Waker
  private let word: Atomic<UInt64>
  /// The place for the connection's requests, made when the first one begins.
  private nonisolated(unsafe) var current: Exchange?

  init(descriptor: Int32, waker: Waker, isPlain: Bool, now: UInt64) {
    self.descriptor = descriptor
    self.isPlain = isPlain
    self.waker = waker
    word = Atomic(ConnectionState.packed(.firstHeader, now))
  }

  /// The place for the connection's requests; only for the thread that turns the connection.
  func exchange(on connection: OpaquePointer) -> Exchange {
    if let current = unsafe current { return current }
    let made = unsafe Exchange(connection: connection, state: self)
    unsafe current = made
    return made
  }

  private static func packed(_ phase: Phase, _ milliseconds: UInt64) -> UInt64 {
    phase.rawValue << 56 | milliseconds
  }

  /// Enters `phase`; false when the watch has given the connection up.
  func enter(_ phase: Phase, now: UInt64) -> Bool {
    var old = word.load(ordering: .acquiring)
    while old >> 56 != Phase.expired.rawValue {
      let (isExchanged, original) = word.compareExchange(
        expected: old, desired: ConnectionState.packed(phase, now), ordering: .acquiringAndReleasing
      )
      if isExchanged { return true }
      old = original
    }
    return false
  }

  /// Takes the connection from the library's threads when its phase has lasted too long; the phase it was in.
  func expire(now: UInt64, deadlines: ConnectionWatch.Deadlines) -> Phase? {
    let old = word.load(ordering: .acquiring)
    guard let phase = Phase(rawValue: old >> 56) else { return nil }
    let limit: UInt64
    switch phase {
    case .firstHeader: limit = deadlines.header
    case .body: limit = isAbandoned ? 1_000 : deadlines.body
    case .idle: limit = deadlines.idle
    case .answering, .expired: return nil
    }
    guard now > (old & (1 << 56 - 1)) + limit else { return nil }
    let (isExchanged, _) = word.compareExchange(
      expected: old, desired: ConnectionState.packed(.expired, now),
      ordering: .acquiringAndReleasing)
    return isExchanged ? phase : nil
  }

  /// Whether the peer has closed its side and every byte that it sent has been read. The library overlooks that while it
  /// waits for content.
  private var isAbandoned: Bool {
    var byte: UInt8 = 0
    return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
  }

  var phase: Phase {
    Phase(rawValue: word.load(ordering: .acquiring) >> 56) ?? .expired
  }
}

/// All open connections, and the deadlines that the library lacks: its own timer restarts with every byte, so a client
/// that sends one byte a second would be kept for ever.
final class ConnectionWatch: Sendable {
  struct Deadlines: Sendable {
    /// Milliseconds.
    let header, body, idle: UInt64
  }

  private let connections = Mutex<[Int32: ConnectionState]>([:])
  private let deadlines: Deadlines

  init(deadlines: Deadlines) { self.deadlines = deadlines }

  var count: Int { connections.withLock { $0.count } }

  /// Whether no connection has a request under way.
  var isQuiet: Bool {
    connections.withLock { $0.values.allSatisfy { $0.phase != .answering && $0.phase != .body } }
  }

  func add(_ state: ConnectionState) {
    connections.withLock { $0[state.descriptor] = state }
  }

  /// Forgets a connection; the library closes its socket only after this has returned.
  func remove(_ state: ConnectionState) {
    _ = connections.withLock { $0.removeValue(forKey: state.descriptor) }
  }

  /// Ends the connections whose deadline has passed. The table stays locked meanwhile, so that no descriptor can be
  /// closed and given to somebody else.
  func endOverdue(now: UInt64) {
    connections.withLock { table in
      for state in table.values {
        guard let phase = state.expire(now: now, deadlines: deadlines) else { continue }
        if phase != .idle && state.isPlain { RawAnswer.requestTimeout.send(to: state.descriptor) }
        shutdown(state.descriptor, Int32(SHUT_RDWR))
      }
    }
  }
}

/// Answers written past the library, in the states where it would only read.
enum RawAnswer {
  case requestTimeout
  case contentTooLarge

  func send(to descriptor: Int32) {
    let (status, code, message) =
      switch self {
      case .requestTimeout:
        ("408 Request Timeout", "REQUEST_TIMEOUT", "the request did not arrive within its deadline")
      case .contentTooLarge:
        (
          "413 Content Too Large", "CONTENT_TOO_LARGE",
          "the content is longer than this server reads"
        )
      }
    let body = "{\"error\":{\"code\":\"\(code)\",\"message\":\"\(message)\"}}"
    let text =
      "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
      + "Connection: close\r\n\r\n\(body)"
    _ = unsafe Array(text.utf8).withUnsafeBytes {
      unsafe Glibc.send(
        descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
  }
}
