internal import CSQLite

/// The owner of one open SQLite database; dropping it closes the file.
///
/// A connection belongs to one thread at a time and is therefore not `Sendable`. To share one, put it, alone or in a
/// struct with its prepared statements, into a `Mutex`:
///
/// ```swift
/// final class Catalogue: Sendable {
///   private let connection: Mutex<SQLiteConnection>
///   init(path: String) throws { connection = Mutex(try SQLiteConnection(path)) }
///   func count() throws -> Int64 {
///     try connection.withLock { try $0.firstRow("SELECT count(*) FROM run") { $0.integer(at: 0) } ?? 0 }
///   }
/// }
/// ```
@safe public struct SQLiteConnection: ~Copyable {
  /// Path the database was opened at.
  public let path: String
  private let handle: OpaquePointer

  /// Opens the database at `path`; `:memory:` makes one that lives as long as the connection.
  ///
  /// - Throws: `SQLiteError`, also when the file is no database or is damaged in its header.
  public init(_ path: String, options: SQLiteOptions = SQLiteOptions()) throws(SQLiteError) {
    self = try SQLiteConnection.opened(path, options)
  }

  /// A throwing initialiser of a non-copyable type cannot clean up what it has built half-way; a local value can.
  private static func opened(
    _ path: String, _ options: SQLiteOptions
  ) throws(SQLiteError) -> SQLiteConnection {
    let connection = unsafe SQLiteConnection(owning: try open(path, options.access), path: path)
    unsafe sqlite3_busy_timeout(connection.handle, options.busyTimeoutMilliseconds)
    // A schema in a file from elsewhere must not run functions with side effects.
    try connection.execute("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON")
    if options.keepsWriteAheadLog {
      var isKept: Int32 = 1
      unsafe sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_PERSIST_WAL, &isKept)
    }
    if options.access == .readOnly || options.access == .immutable {
      // The file is read only when something asks for it: ask now, so that a wrong file fails here.
      try connection.execute("PRAGMA schema_version")
    } else {
      let journal = options.journal == .writeAheadLog ? "WAL" : "DELETE"
      try connection.execute("PRAGMA journal_mode = \(journal)")
    }
    let synchronous = options.synchronous == .full ? "FULL" : "NORMAL"
    try connection.execute("PRAGMA synchronous = \(synchronous)")
    return connection
  }

  private init(owning handle: OpaquePointer, path: String) {
    unsafe self.handle = unsafe handle
    self.path = path
  }

  private static func open(
    _ path: String, _ access: SQLiteOptions.Access
  ) throws(SQLiteError) -> OpaquePointer {
    let flags =
      switch access {
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readWrite: SQLITE_OPEN_READWRITE
      case .readOnly: SQLITE_OPEN_READONLY
      case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      }
    let name = access == .immutable ? immutableURI(of: path) : path
    var opened: OpaquePointer?
    // NOMUTEX: Swift's ownership already keeps a connection on one thread at a time.
    let code = unsafe sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard let handle = unsafe opened, code == SQLITE_OK else {
      let message = unsafe String(cString: sqlite3_errmsg(opened))
      unsafe sqlite3_close_v2(opened)
      throw SQLiteError(code: code, message: message, database: path)
    }
    unsafe sqlite3_extended_result_codes(handle, 1)
    return unsafe handle
  }

  /// The path as a URI with the promise that the file does not change; `%`, `?` and `#` would end the path.
  private static func immutableURI(of path: String) -> String {
    var uri = "file:"
    for character in path.unicodeScalars {
      switch character {
      case "%": uri += "%25"
      case "?": uri += "%3f"
      case "#": uri += "%23"
      default: uri.unicodeScalars.append(character)
      }
    }
    return uri + "?immutable=1"
  }

  deinit {
    // close_v2 leaves the handle to its last statement, so the order of destruction does not matter.
    unsafe sqlite3_close_v2(handle)
  }

  /// Runs one or more statements without placeholders and drops their rows.
  public func execute(_ script: String) throws(SQLiteError) {
    guard unsafe sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK else {
      throw lastError(statement: script)
    }
  }

  /// Runs one statement with a value for each placeholder; returns how many rows it inserted, changed or deleted.
  @discardableResult
  public func execute(_ statement: String, _ values: [SQLiteValue]) throws(SQLiteError) -> Int {
    var prepared = try prepare(statement)
    return try prepared.run(values)
  }

  /// Compiles one statement, to run it many times.
  public func prepare(_ statement: String) throws(SQLiteError) -> SQLiteStatement {
    var compiled: OpaquePointer?
    var text = statement
    let (code, hasTail) = text.withUTF8 { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
        var tail: UnsafePointer<CChar>?
        let code = unsafe sqlite3_prepare_v3(
          handle, characters.baseAddress, Int32(characters.count), 0, &compiled, &tail)
        let tailStart =
          if let start = characters.baseAddress, let end = unsafe tail { unsafe end - start } else {
            0
          }
        // What may follow a statement: blanks and semicolons.
        let hasTail = unsafe characters[tailStart...].contains { $0 > 32 && $0 != 59 }
        return (code, hasTail)
      }
    }
    guard code == SQLITE_OK else { throw lastError(statement: statement) }
    guard let compiled = unsafe compiled, !hasTail else {
      unsafe sqlite3_finalize(compiled)
      throw SQLiteError(
        code: SQLITE_MISUSE, message: "expected exactly one statement", database: path,
        statement: statement)
    }
    return unsafe SQLiteStatement(owning: compiled, text: statement, database: path)
  }

  /// Runs a query and collects what `read` makes of each row.
  public func rows<Value>(
    _ query: String, _ values: [SQLiteValue] = [],
    _ read: (borrowing SQLiteStatement) throws -> Value
  ) throws -> [Value] {
    var statement = try prepare(query)
    try statement.bind(values)
    var result: [Value] = []
    while try statement.step() { result.append(try read(statement)) }
    return result
  }

  /// Runs a query and returns what `read` makes of its first row; `nil` when there is none.
  public func firstRow<Value>(
    _ query: String, _ values: [SQLiteValue] = [],
    _ read: (borrowing SQLiteStatement) throws -> Value
  ) throws -> Value? {
    var statement = try prepare(query)
    try statement.bind(values)
    return try statement.step() ? try read(statement) : nil
  }

  /// Row identifier of the last row inserted through this connection.
  public var lastInsertedRowID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

  /// True between `BEGIN` and `COMMIT` or `ROLLBACK`.
  public var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  func lastError(statement: String?) -> SQLiteError {
    SQLiteError(
      code: unsafe sqlite3_extended_errcode(handle),
      message: unsafe String(cString: sqlite3_errmsg(handle)), database: path, statement: statement)
  }
}
