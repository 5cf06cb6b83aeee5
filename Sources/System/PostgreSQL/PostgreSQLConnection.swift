internal import CPostgreSQL
internal import Glibc

/// The owner of one connection to a PostgreSQL server; dropping it closes the connection.
///
/// The connection string is libpq's: `postgresql://user@host/database?sslmode=verify-full&options=-c%20statement_timeout%3D60s`, or
/// keywords; what it leaves open comes from the `PG…` variables, `~/.pgpass` and the service file. Texts travel as UTF-8.
///
/// A connection belongs to one thread at a time and is therefore not `Sendable`.
@safe public struct PostgreSQLConnection: ~Copyable {
  /// The server as a URL without password.
  public let server: String
  let handle: OpaquePointer

  /// Connects, waiting at most `connect_timeout` of the URL (10 s without it).
  ///
  /// - Throws: `PostgreSQLError`: `malformedURL`, `serverUnavailable`, `authenticationFailed` or `missingDatabase`.
  public init(_ url: String) throws(PostgreSQLError) {
    self = try PostgreSQLConnection.opened(try ConnectionTarget(parsing: url))
  }

  private init(owning handle: OpaquePointer, server: String) {
    unsafe self.handle = unsafe handle
    self.server = server
  }

  deinit { unsafe PQfinish(handle) }

  /// A throwing initialiser of a non-copyable type cannot clean up what it has built half-way; a local value can.
  private static func opened(
    _ target: ConnectionTarget
  ) throws(PostgreSQLError) -> PostgreSQLConnection {
    // Later parameters win over the URL, which stands as "dbname"; the name of the program yields to it.
    let parameters = [
      ("fallback_application_name", "anomalyze"), ("dbname", target.text),
      ("client_encoding", "UTF8"),
    ]
    let started = unsafe withCStrings(parameters.map(\.0)) { keywords in
      unsafe withCStrings(parameters.map(\.1)) { values in
        unsafe PQconnectStartParams(keywords, values, 1)
      }
    }
    guard let started = unsafe started else {
      throw PostgreSQLError(
        .serverUnavailable, message: "out of memory", server: target.description)
    }
    let connection = unsafe PostgreSQLConnection(owning: started, server: target.description)
    // Verbose messages carry the SQLSTATE, the only trace of it that a refused connection leaves.
    unsafe PQsetErrorVerbosity(connection.handle, PQERRORS_VERBOSE)
    unsafe PQsetNoticeProcessor(connection.handle, { _, _ in }, nil)
    try connection.finishConnecting(target)
    unsafe PQsetErrorVerbosity(connection.handle, PQERRORS_DEFAULT)
    // A database without an encoding holds any bytes. The server would refuse them without naming the row; the decoder
    // does better.
    let encoding = unsafe PQparameterStatus(connection.handle, "server_encoding")
    if unsafe encoding.map({ unsafe String(cString: $0) }) == "SQL_ASCII" {
      unsafe PQsetClientEncoding(connection.handle, "SQL_ASCII")
    }
    return connection
  }

  private func finishConnecting(_ target: ConnectionTarget) throws(PostgreSQLError) {
    let deadline = ContinuousClock.now + .seconds(max(target.timeoutSeconds, 1))
    var state = PGRES_POLLING_WRITING
    while unsafe PQstatus(handle) != CONNECTION_BAD {
      var descriptor = pollfd(
        fd: unsafe PQsocket(handle),
        events: Int16(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0)
      let left = target.timeoutSeconds == 0 ? Duration.seconds(60) : deadline - .now
      guard left > .zero else {
        throw PostgreSQLError(
          .serverUnavailable, message: "no answer within \(target.timeoutSeconds) s",
          server: server)
      }
      let milliseconds = left.components.seconds * 1_000 + 1
      guard unsafe poll(&descriptor, 1, Int32(clamping: milliseconds)) > 0 || errno == EINTR else {
        continue
      }
      state = unsafe PQconnectPoll(handle)
      if state == PGRES_POLLING_OK { return }
      if state == PGRES_POLLING_FAILED { break }
    }
    throw connectionError(target)
  }

  private func connectionError(_ target: ConnectionTarget) -> PostgreSQLError {
    let text = unsafe String(cString: PQerrorMessage(handle))
    // Verbose form: `FATAL:  28P01: password authentication failed …`, then a line about the server's source.
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? text
    let states = line.split(separator: ":").map(\.trimmedBlanks).filter {
      $0.utf8.count == 5
        && $0.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
        && $0.utf8.contains { (48...57).contains($0) }
    }
    let sqlState = states.first.map(String.init)
    var message = target.redacted(line.trimmed)
    if let sqlState { message = message.replacing(" \(sqlState):", with: "") }
    var kind = sqlState.map { PostgreSQLError.Kind(sqlState: $0) } ?? .serverUnavailable
    if unsafe PQconnectionNeedsPassword(handle) != 0 { kind = .authenticationFailed }
    if kind == .statementFailed || kind == .connectionLost { kind = .serverUnavailable }
    return PostgreSQLError(kind, sqlState: sqlState, message: message, server: server)
  }

  /// The server's version, such as 150018 for 15.18.
  public var serverVersion: Int { Int(unsafe PQserverVersion(handle)) }

  /// True when the last thing heard of the connection is that it works.
  public var isAlive: Bool { unsafe PQstatus(handle) == CONNECTION_OK }
}

/// Lends a null-terminated array of C strings.
func withCStrings<Result>(
  _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  let pointers = UnsafeMutableBufferPointer<UnsafePointer<CChar>?>.allocate(
    capacity: texts.count + 1)
  unsafe pointers.initialize(repeating: nil)
  for (index, text) in texts.enumerated() {
    if let text { unsafe pointers[index] = unsafe UnsafePointer(strdup(text)) }
  }
  defer {
    for index in texts.indices { unsafe free(UnsafeMutablePointer(mutating: pointers[index])) }
    unsafe pointers.deallocate()
  }
  guard let start = pointers.baseAddress else { preconditionFailure("the array ends with nil") }
  return unsafe body(start)
}

extension Substring {
  /// The text without spaces at its ends.
  fileprivate var trimmedBlanks: Substring {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }
}
