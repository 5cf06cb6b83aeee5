import PostgreSQL
import Support
import Testing

@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)))
struct PostgreSQLWireTests {
  private let server: ThrowawayPostgreSQL
  private let database: String

  init() throws {
    server = try ThrowawayPostgreSQL.shared.get()
    database = try server.makeDatabase()
  }

  private func connect() throws -> PostgreSQLConnection {
    try PostgreSQLConnection(server.url(database))
  }

  /// Streams a query and joins its batches.
  private func columns(
    _ connection: borrowing PostgreSQLConnection, _ query: String,
    _ requests: [PostgreSQLColumn.Request], specialValues: PostgreSQLSpecialValues = .refuse,
    rowsPerBatch: Int = 1_000
  ) throws -> [PostgreSQLColumn] {
    var batches: [[PostgreSQLColumn]] = []
    try connection.copyOut(
      query, requests, specialValues: specialValues, rowsPerBatch: rowsPerBatch
    ) { columns, rowCount in
      #expect(rowCount <= rowsPerBatch)
      batches.append(columns)
    }
    return try #require(batches.first)
  }

  @Test func `queries take parameters and give texts`() throws {
    let connection = try connect()
    try connection.execute("CREATE TABLE t (a int, b text)")
    #expect(try connection.execute("INSERT INTO t VALUES ($1, $2), (2, NULL)", ["1", "x'y"]) == 2)
    let result = try connection.query("SELECT a, b FROM t ORDER BY a")
    let (rowCount, columnCount) = (result.rowCount, result.columnCount)
    #expect(rowCount == 2 && columnCount == 2)
    #expect(result.text(0, 1) == "x'y")
    #expect(result.text(1, 1) == nil)
    #expect(result.integer(1, 0) == 2)
    #expect(connection.serverVersion >= 140_000)
  }

  @Test func `every type is decoded`() throws {
    let connection = try connect()
    try connection.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
    let query = """
      SELECT 'k1'::text AS id, 12::int2 AS a, (-13)::int4 AS b, 9223372036854775807::int8 AS c,
        1.5::float4 AS d, 'Infinity'::float8 AS e, 123.456::numeric AS f, (-0.000001)::numeric(18,6) AS g,
        true AS h, '2025-12-20 12:00:00.5+01'::timestamptz AS i, '1969-12-31'::date AS j,
        '2000-01-01 00:00'::timestamp AS k, '01234567-89ab-cdef-0123-456789abcdef'::uuid AS l,
        'x'::varchar AS m, 'y'::char(3) AS n, '{"a": 1}'::jsonb AS o, 'glad'::mood AS p, NULL::text AS q,
        7::int4 AS r
      """
    let found = try columns(
      connection, query,
      [
        .init("id", .text), .init("a", .integer), .init("b", .integer), .init("c", .integer),
        .init("d", .double), .init("e", .double), .init("f", .double), .init("g", .millionths),
        .init("h", .flag), .init("i", .microseconds), .init("j", .microseconds),
        .init("k", .microseconds), .init("l", .dictionary), .init("m", .dictionary),
        .init("n", .text), .init("o", .text), .init("p", .dictionary),
        .init("q", .dictionary, isNullable: true), .init("r", .text),
      ])
    #expect(found[1].integers == [12] && found[2].integers == [-13])
    #expect(found[3].integers == [.max])
    #expect(found[4].doubles == [1.5] && found[5].doubles == [.infinity])
    #expect(found[6].doubles == [123.456] && found[7].integers == [-1])
    #expect(found[8].integers == [1])
    #expect(found[9].integers == [1_766_228_400_500_000])
    #expect(found[10].integers == [-86_400_000_000])
    #expect(found[11].integers == [946_684_800_000_000])
    #expect(found[12].dictionary == ["01234567-89ab-cdef-0123-456789abcdef"])
    #expect(found[13].dictionary == ["x"] && found[14].texts == ["y  "])
    #expect(found[15].texts == ["{\"a\": 1}"] && found[16].dictionary == ["glad"])
    #expect(found[17].codes == [-1] && found[17].nullRows == [0])
    #expect(found[18].texts == ["7"])
  }

  @Test func `texts of every length are told apart by all of their bytes`() throws {
    // Alike at both ends, different in the middle, in the length, or not at all; each three times and in three batches.
    let query = """
      SELECT left(repeat('a', n), k) || chr(97 + d) || right(repeat('b', n), n - k - 1) AS code,
        left(repeat('a', n), k) || chr(97 + d) || right(repeat('b', n), n - k - 1) AS text
      FROM generate_series(1, 3) AS turn, generate_series(1, 40) AS n, generate_series(0, n - 1) AS k,
        generate_series(0, 2) AS d
      ORDER BY turn, k, n, d
      """
    let connection = try connect()
    var texts: [String] = []
    var codes: [Int32] = []
    var dictionary: [String] = []
    try connection.copyOut(
      query, [.init("code", .dictionary), .init("text", .text)], rowsPerBatch: 2_460
    ) { columns, _ in
      codes += columns[0].codes
      dictionary = columns[0].dictionary
      texts += columns[1].texts
    }
    #expect(texts.count == 3 * 3 * 820)
    #expect(codes.map { dictionary[Int($0)] } == texts)
    #expect(dictionary.count == Set(texts).count && dictionary.contains("") == false)
  }

  @Test func `numerics agree with the server's own arithmetic`() throws {
    let connection = try connect()
    try connection.execute("SELECT setseed(0.5)")
    // Random signs, magnitudes and scales; the server says what each is in millionths and as a double.
    try connection.execute(
      """
      CREATE TABLE n AS SELECT (CASE WHEN i % 2 = 0 THEN -1 ELSE 1 END
        * round((random() * 10 ^ (i % 13))::numeric, i % 7))::numeric AS x FROM generate_series(0, 4999) AS i
      """)
    let found = try columns(
      connection, "SELECT x AS a, x AS b, (x * 1000000)::int8 AS c, x::text AS d FROM n",
      [
        .init("a", .millionths), .init("b", .double), .init("c", .integer), .init("d", .text),
      ], rowsPerBatch: 5_000)
    #expect(found[0].integers.count == 5_000)
    #expect(found[0].integers == found[2].integers)
    #expect(found[1].doubles == found[3].texts.map { Double($0) ?? .nan })
  }

  @Test func `a table filled by COPY holds what was written`() throws {
    let connection = try connect()
    try connection.execute(
      "CREATE TABLE t (id text, x numeric(18,6), at timestamptz, f bool, d float8, n int8)")
    let millionths: [Int64] = [0, 1, -1, 10_000, 123_456_789, -999_999_999_999_999_999, 5_000_000]
    let count = try connection.copyIn(
      "t", ["id", "x", "at", "f", "d", "n"], rowCount: millionths.count
    ) { row, writer in
      writer.write("row \(row)")
      writer.write(millionths: millionths[row])
      writer.write(microseconds: Int64(row - 3) * 86_400_000_000)
      writer.write(row == 2)
      if row == 1 { writer.writeNull() } else { writer.write(0.1 * Double(row)) }
      writer.write(Int64(row))
    }
    #expect(count == millionths.count)
    let texts = try connection.query("SELECT x::text FROM t ORDER BY n")
    #expect(texts.text(5, 0) == "-999999999999.999999" && texts.text(6, 0) == "5.000000")
    let found = try columns(
      connection, "SELECT id, x, at, f, d FROM t ORDER BY n",
      [
        .init("id", .text), .init("x", .millionths), .init("at", .microseconds),
        .init("f", .flag), .init("d", .double, isNullable: true),
      ])
    #expect(found[1].integers == millionths)
    #expect(found[2].integers == (-3...3).map { Int64($0) * 86_400_000_000 })
    #expect(found[3].integers == [0, 0, 1, 0, 0, 0, 0])
    #expect(found[4].nullRows == [1])
  }

  private struct GivingUp: Error {}

  /// A hundred million rows that the server makes while it sends them.
  private static let manyRows =
    "SELECT i AS a FROM generate_series(1, 10000) AS j, generate_series(1, 10000) AS i"

  @Test func `giving up in the middle leaves the connection usable, in both directions`() throws {
    let connection = try connect()
    try connection.execute("CREATE TABLE t (a int8)")
    #expect(throws: GivingUp.self) {
      try connection.copyIn("t", ["a"], rowCount: 100_000) { row, writer in
        if row == 50_000 { throw GivingUp() }
        writer.write(Int64(row))
      }
    }
    #expect(try connection.query("SELECT count(*) FROM t").integer(0, 0) == 0)
    #expect(throws: GivingUp.self) {
      try connection.copyOut(
        PostgreSQLWireTests.manyRows, [.init("a", .integer)],
        rowsPerBatch: 1_000
      ) { _, _ in throw GivingUp() }
    }
    #expect(try connection.query("SELECT 1").integer(0, 0) == 1)
  }

  @Test(arguments: [
    ("SELECT 'NaN'::numeric AS x", "is NaN or infinite"),
    ("SELECT '-Infinity'::numeric AS x", "is NaN or infinite"),
    ("SELECT 'NaN'::float8 AS x", "is NaN or infinite"),
    ("SELECT 0.0000001::numeric AS x", "more than six decimals"),
    ("SELECT 1e13::numeric AS x", "out of range"),
    ("SELECT NULL::numeric AS x", "is null"),
  ])
  func `a number that is none is refused with its row and column`(query: String, reason: String)
    throws
  {
    let connection = try connect()
    let error = try #require(throws: PostgreSQLError.self) {
      _ = try columns(
        connection,
        "SELECT 'tx-' || i AS id, 1.25 AS x FROM generate_series(1, 9) AS i UNION ALL SELECT 'tx-bad', x FROM (\(query)) AS q",
        [.init("id", .text), .init("x", .millionths)])
    }
    #expect(error.kind == .malformedValue)
    #expect(error.message.contains("row 10 (key tx-bad), column \"x\""))
    #expect(error.message.contains(reason))
  }

  @Test func `special numbers and moments become null on request`() throws {
    let connection = try connect()
    let query = "SELECT 'NaN'::numeric AS x, 'infinity'::timestamptz AS t, '-infinity'::date AS d"
    let requests: [PostgreSQLColumn.Request] = [
      .init("x", .millionths, isNullable: true), .init("t", .microseconds, isNullable: true),
      .init("d", .microseconds, isNullable: true),
    ]
    let found = try columns(connection, query, requests, specialValues: .asNull)
    #expect(found.allSatisfy { $0.nullRows == [0] && $0.integers == [0] })
    let error = try #require(throws: PostgreSQLError.self) {
      _ = try columns(connection, query, Array(requests.dropFirst()))
    }
    #expect(error.message.contains("column \"t\": the value is infinite"))
  }

  @Test func `a column that is gone or has another type is named`() throws {
    let connection = try connect()
    try connection.execute("CREATE TABLE t (a text, b point)")
    let gone = try #require(throws: PostgreSQLError.self) {
      _ = try columns(connection, "SELECT a FROM t", [.init("amount", .millionths)])
    }
    #expect(gone.kind == .missingObject && gone.message.contains("\"amount\""))
    let changed = try #require(throws: PostgreSQLError.self) {
      _ = try columns(connection, "SELECT a FROM t", [.init("a", .millionths)])
    }
    #expect(changed.kind == .unexpectedType)
    #expect(changed.message.contains("\"a\" of type text"))
    let missing = try #require(throws: PostgreSQLError.self) {
      _ = try columns(connection, "SELECT a FROM nowhere", [.init("a", .text)])
    }
    #expect(missing.kind == .missingObject && missing.sqlState == "42P01")
  }

  @Test func `bytes that are not UTF-8 are refused in a database without an encoding`() throws {
    let name = try server.makeDatabase(options: "ENCODING SQL_ASCII TEMPLATE template0")
    let connection = try PostgreSQLConnection(server.socketURL(name))
    try connection.execute("CREATE TABLE t (id text, merchant text)")
    try connection.execute("INSERT INTO t VALUES ('tx-1', E'caf\\xe9')")
    let error = try #require(throws: PostgreSQLError.self) {
      _ = try columns(
        connection, "SELECT * FROM t", [.init("id", .text), .init("merchant", .dictionary)])
    }
    #expect(error.message.contains("(key tx-1), column \"merchant\": the value is not UTF-8"))
  }

  @Test func `wrong password, unknown database and missing rights are told apart`() throws {
    let wrong = try #require(throws: PostgreSQLError.self) {
      _ = try PostgreSQLConnection(server.url(database, password: "hunter2"))
    }
    #expect(wrong.kind == .authenticationFailed)
    #expect(wrong.sqlState == "28P01")
    #expect(!"\(wrong)".contains("hunter2"))
    let unknown = try #require(throws: PostgreSQLError.self) {
      _ = try PostgreSQLConnection(server.url("nowhere"))
    }
    #expect(unknown.kind == .missingDatabase && unknown.sqlState == "3D000")

    let owner = try connect()
    try owner.execute("CREATE TABLE t (a int); CREATE ROLE clerk_\(database) LOGIN PASSWORD 'p'")
    let clerk = try PostgreSQLConnection(
      server.url(database, user: "clerk_\(database)", password: "p"))
    let denied = try #require(throws: PostgreSQLError.self) {
      _ = try columns(clerk, "SELECT a FROM t", [.init("a", .integer)])
    }
    #expect(denied.kind == .permissionDenied)
    #expect(denied.description.contains("GRANT"))
  }

  @Test func `an exception about data does not quote the data`() throws {
    let connection = try connect()
    let error = try #require(throws: PostgreSQLError.self) {
      _ = try connection.query("SELECT $1::int", ["card 4711"])
    }
    #expect(error.kind == .malformedValue && error.sqlState == "22P02")
    #expect(!error.description.contains("4711"))
  }

  @Test func `a statement that takes too long is cancelled by the URL's timeout`() throws {
    let url = server.url(database) + "?options=-c%20statement_timeout%3D50ms"
    let error = try #require(throws: PostgreSQLError.self) {
      try PostgreSQLConnection(url).execute("SELECT pg_sleep(10)")
    }
    #expect(error.kind == .cancelled)
  }

  @Test func `a backend that is ended in mid-stream is a lost connection`() throws {
    let connection = try connect()
    let killer = try connect()
    let pid = try connection.query("SELECT pg_backend_pid()").text(0, 0)
    var batchCount = 0
    let error = try #require(throws: PostgreSQLError.self) {
      try connection.copyOut(
        PostgreSQLWireTests.manyRows, [.init("a", .integer)],
        rowsPerBatch: 1_000
      ) { _, _ in
        batchCount += 1
        if batchCount == 3 { _ = try killer.query("SELECT pg_terminate_backend($1::int)", [pid]) }
      }
    }
    #expect(error.kind == .connectionLost)
    // A server that waits to send more rows when it is told to end can say nothing in the middle of a message.
    #expect([nil, "57P01"].contains(error.sqlState))
    #expect(batchCount >= 3)
  }
}
