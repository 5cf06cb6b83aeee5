import Glibc
import Synchronization
import Testing

@testable import SQLite

@Suite struct SQLiteConnectionTests {
  @Test func `every kind of value comes back as it went in`() throws {
    let connection = try SQLiteConnection(":memory:")
    try connection.execute("CREATE TABLE t (value ANY) STRICT")
    let values: [SQLiteValue] = [
      nil, .integer(.min), .integer(.max), 0.1, .real(-.infinity), "", "naïve\u{0}text", .blob([]),
      .blob([0, 255, 1]),
    ]
    for value in values { try connection.execute("INSERT INTO t VALUES (?)", [value]) }
    let read = try connection.rows("SELECT value FROM t ORDER BY rowid") { $0.value(at: 0) }
    #expect(read == values)
  }

  @Test func `columns read as optional values and as borrowed bytes`() throws {
    let connection = try SQLiteConnection(":memory:")
    let row = try connection.firstRow("SELECT 'héé', NULL, 7, 2.5, NULL AS last") { row in
      #expect(row.columnCount == 5)
      #expect(row.columnName(at: 4) == "last")
      #expect(row.isNull(at: 1) && !row.isNull(at: 2))
      #expect(row.optionalText(at: 1) == nil && row.optionalText(at: 0) == "héé")
      #expect(row.optionalInteger(at: 2) == 7 && row.optionalInteger(at: 4) == nil)
      #expect(row.optionalDouble(at: 3) == 2.5 && row.optionalDouble(at: 4) == nil)
      return row.withText(at: 0) { $0.count }
    }
    #expect(row == 5)
  }

  @Test func `a prepared statement runs many times and counts what it changed`() throws {
    let connection = try SQLiteConnection(":memory:")
    try connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    var insert = try connection.prepare("INSERT INTO t VALUES (?, ?)")
    for number in 1...100 { #expect(try insert.run([.integer(Int64(number)), "x"]) == 1) }
    #expect(connection.lastInsertedRowID == 100)
    #expect(try connection.execute("UPDATE t SET b = ? WHERE a <= ?", ["y", 40]) == 40)
    #expect(try connection.execute("SELECT a FROM t", []) == 0)
  }

  @Test func `a statement outlives its connection safely`() throws {
    func makeStatement() throws -> SQLiteStatement {
      let connection = try SQLiteConnection(":memory:")
      return try connection.prepare("SELECT 42")
    }
    var statement = try makeStatement()
    #expect(try statement.step())
    #expect(statement.integer(at: 0) == 42)
  }

  @Test func `more or less than one statement is refused by prepare`() throws {
    let connection = try SQLiteConnection(":memory:")
    for text in ["", "  ", "SELECT 1; SELECT 2"] {
      #expect(throws: SQLiteError.self) { _ = try connection.execute(text, []) }
    }
    try connection.execute("SELECT ?; ", [1])
  }

  @Test func `an error names code, statement and database but no bound value`() throws {
    let connection = try SQLiteConnection(":memory:")
    try connection.execute("CREATE TABLE t (a TEXT UNIQUE)")
    try connection.execute("INSERT INTO t VALUES (?)", ["card 4711"])
    let error = try #require(
      throws: SQLiteError.self
    ) { try connection.execute("INSERT INTO t VALUES (?)", ["card 4711"]) }
    #expect(error.isConstraintViolation)
    #expect(error.code == 2067)
    #expect(error.statement == "INSERT INTO t VALUES (?)")
    #expect(error.description.contains("UNIQUE constraint failed: t.a"))
    #expect(!error.description.contains("4711"))
  }

  @Test func `a missing folder, a file that is no database and a read-only file are told apart`()
    throws
  {
    let folder = TemporaryFolder()
    let missing = try #require(
      throws: SQLiteError.self
    ) { _ = try SQLiteConnection("\(folder.path)/none/a.sqlite") }
    #expect(missing.isUnavailable)
    #expect(missing.description.contains("check that the folder exists"))

    let path = "\(folder.path)/a.sqlite"
    #expect(throws: SQLiteError.self) { _ = try SQLiteConnection(path, options: .readOnly) }
    folder.write(String(repeating: "no database ", count: 200), to: path)
    for options in [SQLiteOptions(), .readOnly] {
      let error = try #require(
        throws: SQLiteError.self
      ) { _ = try SQLiteConnection(path, options: options) }
      #expect(error.isCorrupt)
    }
    unsafe unlink(path)

    try SQLiteConnection(path).execute("CREATE TABLE t (a)")
    let reader = try SQLiteConnection(path, options: .readOnly)
    let refused = try #require(
      throws: SQLiteError.self
    ) { try reader.execute("INSERT INTO t VALUES (1)") }
    #expect(refused.isWriteRefused)
  }

  @Test(arguments: [SQLiteOptions.Journal.writeAheadLog, .rollback])
  func `the options reach the database`(journal: SQLiteOptions.Journal) throws {
    let folder = TemporaryFolder()
    let connection = try SQLiteConnection(
      "\(folder.path)/a.sqlite", options: SQLiteOptions(journal: journal))
    let mode = try connection.firstRow("PRAGMA journal_mode") { $0.text(at: 0) }
    #expect(mode == (journal == .writeAheadLog ? "wal" : "delete"))
    #expect(try connection.firstRow("PRAGMA synchronous") { $0.integer(at: 0) } == 2)
    #expect(try connection.firstRow("PRAGMA foreign_keys") { $0.integer(at: 0) } == 1)
    #expect(try connection.firstRow("PRAGMA busy_timeout") { $0.integer(at: 0) } == 5_000)
  }

  @Test func `a class shares a connection and its statement between threads through a mutex`()
    async throws
  {
    let counter = try Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { for _ in 0..<50 { try counter.add(1) } } }
      try await group.waitForAll()
    }
    #expect(try counter.total() == 400)
  }
}

/// What a store of this project looks like: sendable, with one mutex.
private final class Counter: Sendable {
  private struct State: ~Copyable {
    let connection: SQLiteConnection
    var insert: SQLiteStatement
  }
  private let state: Mutex<State>

  init() throws {
    let connection = try SQLiteConnection(":memory:")
    try connection.execute("CREATE TABLE t (a INTEGER)")
    let insert = try connection.prepare("INSERT INTO t VALUES (?)")
    state = Mutex(State(connection: connection, insert: insert))
  }

  func add(_ number: Int64) throws {
    try state.withLock { state in
      try state.connection.inTransaction { _ = try state.insert.run([.integer(number)]) }
    }
  }

  func total() throws -> Int64? {
    try state.withLock { try $0.connection.firstRow("SELECT sum(a) FROM t") { $0.integer(at: 0) } }
  }
}
