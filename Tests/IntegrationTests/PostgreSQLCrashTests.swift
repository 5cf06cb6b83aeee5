import PostgreSQL
import Support
import Testing

@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)))
struct PostgreSQLCrashTests {
  @Test
  func `a server killed in mid-stream is a lost connection, and works again after its restart`()
    throws
  {
    let server = try ThrowawayPostgreSQL()
    let url = server.url("postgres")
    let connection = try PostgreSQLConnection(url)
    try connection.execute("CREATE TABLE t AS SELECT i AS a FROM generate_series(1, 300000) AS i")
    try connection.execute("CHECKPOINT")
    var hasCrashed = false
    let error = try #require(throws: PostgreSQLError.self) {
      try connection.copyOut(
        "SELECT t.a FROM t, generate_series(1, 1000) AS s", [.init("a", .integer)],
        rowsPerBatch: 1_000
      ) { _, _ in
        if !hasCrashed { server.crash() }
        hasCrashed = true
      }
    }
    #expect(error.kind == .connectionLost)
    try server.start()
    #expect(try PostgreSQLConnection(url).query("SELECT count(*) FROM t").integer(0, 0) == 300_000)
  }
}
