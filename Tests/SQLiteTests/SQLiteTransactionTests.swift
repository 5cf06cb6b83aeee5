import Testing

@testable import SQLite

@Suite struct SQLiteTransactionTests {
  private struct Refusal: Error {}

  private func count(_ connection: borrowing SQLiteConnection) throws -> Int64? {
    try connection.firstRow("SELECT count(*) FROM t") { $0.integer(at: 0) }
  }

  @Test func `a transaction is kept when its body returns and undone when it throws`() throws {
    let connection = try SQLiteConnection(":memory:")
    try connection.execute("CREATE TABLE t (a)")
    let answer = try connection.inTransaction {
      try connection.execute("INSERT INTO t VALUES (1)")
      return 42
    }
    #expect(answer == 42)
    #expect(throws: Refusal.self) {
      try connection.inTransaction {
        try connection.execute("INSERT INTO t VALUES (2)")
        throw Refusal()
      }
    }
    let isOpen = connection.isInTransaction
    #expect(!isOpen)
    #expect(try count(connection) == 1)
  }

  @Test func `throwing in an inner transaction undoes the inner part only`() throws {
    let connection = try SQLiteConnection(":memory:")
    try connection.execute("CREATE TABLE t (a)")
    try connection.inTransaction {
      try connection.execute("INSERT INTO t VALUES (1)")
      #expect(throws: Refusal.self) {
        try connection.inTransaction {
          try connection.execute("INSERT INTO t VALUES (2)")
          throw Refusal()
        }
      }
      try connection.inTransaction { try connection.execute("INSERT INTO t VALUES (3)") }
    }
    #expect(try connection.rows("SELECT a FROM t") { $0.integer(at: 0) } == [1, 3])
  }

  @Test func `a second writer is told that the database is busy`() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/a.sqlite"
    let first = try SQLiteConnection(path)
    let second = try SQLiteConnection(path, options: SQLiteOptions(busyTimeoutMilliseconds: 10))
    try first.execute("CREATE TABLE t (a)")
    try first.inTransaction {
      let error = try #require(throws: SQLiteError.self) { try second.inTransaction {} }
      #expect(error.isBusy)
      #expect(error.description.contains("another process is writing"))
    }
    try second.inTransaction { try second.execute("INSERT INTO t VALUES (1)") }
    #expect(try count(first) == 1)
  }

  @Test func `a reading transaction sees one state while another connection writes`() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/a.sqlite"
    let writer = try SQLiteConnection(path)
    try writer.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    let reader = try SQLiteConnection(path, options: .readOnly)
    try reader.inTransaction(.reading) {
      #expect(try count(reader) == 1)
      try writer.execute("INSERT INTO t VALUES (2)")
      #expect(try count(reader) == 1)
    }
    #expect(try count(reader) == 2)
  }

  @Test func `migrations run once, in order, and are recorded`() throws {
    let connection = try SQLiteConnection(":memory:")
    let first = SQLiteMigration(version: 1, script: "CREATE TABLE t (a); CREATE TABLE u (b)")
    let second = SQLiteMigration(version: 2, script: "ALTER TABLE t ADD COLUMN c")
    #expect(try connection.migrate([first], appliedAt: 5) == [1])
    #expect(try connection.migrate([first, second], appliedAt: 6) == [2])
    #expect(try connection.migrate([first, second], appliedAt: 7) == [])
    let recorded = try connection.rows("SELECT * FROM schema_migrations ORDER BY version") {
      [$0.integer(at: 0), $0.integer(at: 1)]
    }
    #expect(recorded == [[1, 5], [2, 6]])
    let error = try #require(
      throws: SQLiteError.self
    ) { try connection.migrate([first], appliedAt: 8) }
    #expect(error.code == SQLiteError.newerSchemaCode)
    #expect(error.description.contains("update the program"))
  }

  @Test func `a migration that fails leaves nothing behind`() throws {
    let connection = try SQLiteConnection(":memory:")
    let broken = [
      SQLiteMigration(version: 1, script: "CREATE TABLE t (a)"),
      SQLiteMigration(version: 2, script: "CREATE TABLE t (a)"),
    ]
    #expect(throws: SQLiteError.self) { try connection.migrate(broken, appliedAt: 0) }
    #expect(try connection.rows("SELECT name FROM sqlite_schema") { $0.text(at: 0) } == [])
  }
}
