import Files
import Ingestion
import JSON
import PostgreSQL
import Support
import Testing
import Transactions

/// Sources of every shape, and what is wrong with real ones.
@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)))
struct PostgreSQLSourceTests {
  private let server: ThrowawayPostgreSQL
  private let url: String
  private let folder: String

  init() throws {
    server = try ThrowawayPostgreSQL.shared.get()
    url = server.url(try server.makeDatabase())
    folder = "/tmp/anomalyze-source-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.createDirectory(folder)
  }

  private func withFolder(_ body: () throws -> Void) throws {
    defer { try? FileSystem.removeTree(folder) }
    try body()
  }

  private func pull(
    _ settings: String = "{}", isFull: Bool = false, acceptsNewSchema: Bool = false
  ) throws -> PostgreSQLPull.Outcome {
    let selection = try PostgreSQLSource(JSONValue(parsing: settings))
    return try PostgreSQLPull(url: url, snapshotsFolder: folder, selection: selection)
      .run(isFull: isFull, acceptsNewSchema: acceptsNewSchema)
  }

  private func execute(_ script: String) throws { try PostgreSQLConnection(url).execute(script) }

  private func makeOwnTables(_ rows: [LabelledTransaction]) throws {
    let store = try PostgreSQLTransactionStore(url: url)
    try store.migrate(at: Timestamp(seconds: 0))
    try store.insert(TransactionExamples.batch(rows))
  }

  /// A table as other people make them: numbers as keys, a document, a local time and a status.
  private func makeForeignTable() throws {
    try execute(
      """
      CREATE TABLE payments (id bigint PRIMARY KEY, booked timestamp NOT NULL, customer uuid NOT NULL,
        value double precision, status text, payload jsonb, fraud int);
      INSERT INTO payments VALUES
        (1, '2026-01-01 10:00', '00000000-0000-0000-0000-000000000001', 12.5, 'booked',
          '{"merchant": {"id": "m1"}, "position": {"lat": 48.2}}', NULL),
        (2, '2026-01-01 11:00', '00000000-0000-0000-0000-000000000002', 7, 'booked', '{}', 1),
        (3, '2026-01-01 12:00', '00000000-0000-0000-0000-000000000002', 7, 'declined', '{}', 0);
      """)
  }

  private static let mapping = """
    {"table": "payments", "filter": "status = 'booked' -- and nothing else", "label_delay": "2d",
     "columns": {"tx_id": "id", "occurred_at": "booked", "user_id": "customer", "amount": "value",
       "merchant_id": "payload->'merchant'->>'id'", "is_fraud": "fraud",
       "latitude": "(payload->'position'->>'lat')::float8"}}
    """

  @Test func `a table of another shape is mapped, filtered on the server and followed`() throws {
    try withFolder {
      try makeForeignTable()
      let first = try pull(Self.mapping)
      #expect(!first.isIncremental && first.fetchedRowCount == 2)
      let rows = try first.snapshot.batch(at: 0)
      #expect(rows.ids == ["1", "2"])
      #expect(rows[0].transaction.merchantID == "m1" && rows[0].transaction.latitude == 48.2)
      #expect(rows[0].transaction.amount == Money(millionths: 12_500_000))
      #expect(rows[0].label == nil)
      #expect(rows[1].label?.knownAt == Timestamp(parsing: "2026-01-03T11:00:00Z"))
      #expect(rows.users[1] == "00000000-0000-0000-0000-000000000002")
      try execute("UPDATE payments SET fraud = 0 WHERE id = 1")
      let second = try pull(Self.mapping)
      #expect(second.isIncremental && second.snapshot.manifest.labelCount == 2)
      // A row that no longer meets the condition is gone like a deleted one.
      try execute("UPDATE payments SET status = 'refunded' WHERE id = 1")
      let third = try pull(Self.mapping)
      #expect(!third.isIncremental && third.snapshot.manifest.rowCount == 1)
      let other = try pull(Self.mapping.replacing("booked' --", with: "declined' --"))
      #expect(!other.isIncremental && other.snapshot.manifest.rowCount == 1)
    }
  }

  @Test func `a query of one's own gives the columns`() throws {
    try withFolder {
      try makeForeignTable()
      let query = """
        SELECT id::text AS tx_id, booked AT TIME ZONE 'Europe/Vienna' AS occurred_at, \
        customer AS user_id, value AS amount, 'EUR' AS currency FROM payments
        """
      let outcome = try pull(JSONValue.object(["query": .string(query)]).text())
      let rows = try outcome.snapshot.batch(at: 0)
      #expect(rows.count == 3 && rows.currencies[2] == "EUR")
      #expect(rows[0].transaction.time == Timestamp(parsing: "2026-01-01T09:00:00Z"))
      #expect(outcome.snapshot.manifest.query == query)
      #expect(try !pull(JSONValue.object(["query": .string(query)]).text()).isIncremental)
    }
  }

  @Test func `a column that went, came or changed its type is named until it is accepted`() throws {
    try withFolder {
      try makeForeignTable()
      _ = try pull(Self.mapping)
      try execute(
        """
        ALTER TABLE payments DROP COLUMN payload, ADD COLUMN iban text,
          ALTER COLUMN value TYPE numeric
        """)
      // An expression over a column that is gone cannot be asked at all.
      let error = try #require(throws: IngestionError.self) { try pull(Self.mapping) }
      #expect(error.kind == .invalidData, "\(error)")
      #expect(error.description.contains("payload"))
      let plain = """
        {"table": "payments", "columns": {"tx_id": "id", "occurred_at": "booked",
          "user_id": "customer", "amount": "value"}}
        """
      _ = try pull(plain, isFull: true, acceptsNewSchema: true)
      try execute("ALTER TABLE payments ADD COLUMN note text, DROP COLUMN iban")
      try execute("ALTER TABLE payments ALTER COLUMN value TYPE real")
      for isFull in [false, true] {
        let drift = try #require(throws: IngestionError.self) { try pull(plain, isFull: isFull) }
        #expect(drift.kind == .invalidData)
        for part in [
          "column iban is gone", "column note of type text is new",
          "column value is now real and was numeric", "--accept-schema",
        ] { #expect(drift.description.contains(part), "\(drift)") }
      }
      #expect(try pull(plain, acceptsNewSchema: true).snapshot.manifest.rowCount == 3)
      #expect(try pull(plain).isIncremental)
    }
  }

  @Test(arguments: [
    ("amount", "'NaN'::float8", "is NaN or infinite"),
    ("amount", "'NaN'::numeric", "is NaN or infinite"),
    ("amount", "1e30", "out of range"),
    ("amount", "1.0000001", "more than six decimals"),
    ("amount", "NULL::numeric", "is null"),
    ("occurred_at", "'infinity'::timestamptz", "is infinite"),
    ("user_id", "NULL::text", "is null"),
    ("merchant_id", "repeat('x', 100000)", "longer than 65536 bytes"),
    ("tx_id", "repeat('x', 100000)", "longer than 65536 bytes"),
  ])
  func `one bad value is refused with its column and row`(
    column: String, value: String, reason: String
  ) throws {
    try withFolder {
      var values = [
        "tx_id": "'t' || i", "occurred_at": "'2026-01-01Z'::timestamptz", "user_id": "'u'",
        "amount": "1", "merchant_id": "'m'",
      ]
      values[column] = "CASE WHEN i = 700 THEN \(value) ELSE \(values[column] ?? "") END"
      let list = values.map { "\($0.value) AS \($0.key)" }.joined(separator: ", ")
      try execute("CREATE VIEW v AS SELECT \(list) FROM generate_series(1, 1000) AS i")
      let error = try #require(throws: IngestionError.self) {
        try pull(#"{"table": "v", "labels": "none"}"#)
      }
      #expect(error.kind == .invalidData)
      #expect(error.description.contains(reason), "\(error)")
      #expect(error.description.contains(column) && error.description.contains("row 700"))
      #expect(try SnapshotCollection(root: folder).entries().isEmpty)
    }
  }

  @Test func `special values of columns that may be missing count as missing on request`() throws {
    try withFolder {
      try makeForeignTable()
      let mapping = """
        {"table": "payments", "special_values": "missing", "columns": {"tx_id": "id",
          "occurred_at": "booked", "user_id": "customer", "amount": "value", "is_fraud": "fraud",
          "labelled_at": "CASE WHEN id = 2 THEN 'infinity'::timestamptz END"}}
        """
      #expect(try pull(mapping).snapshot.manifest.rowCount == 3)
      #expect(throws: IngestionError.self) {
        try pull(mapping.replacing("\"missing\"", with: "\"refuse\""), isFull: true)
      }
    }
  }

  @Test func `moments before 1970 and after 2262 come as they are, whatever the time zone`() throws
  {
    try withFolder {
      let years = ["1492-10-12T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2300-01-01T00:00:00Z"]
      try makeOwnTables([])
      try execute(
        """
        SET timezone = 'America/Caracas';
        INSERT INTO transactions (tx_id, occurred_at, user_id, amount) VALUES
        """
          + years.enumerated().map { "('\($0.offset)', '\($0.element)', 'u', 1)" }
          .joined(separator: ", "))
      let snapshot = try pull().snapshot
      let rows = try snapshot.batch(at: 0)
      #expect(rows.times.map { Timestamp(microseconds: $0).description } == years)
      #expect(snapshot.manifest.quality.outOfRangeCounts["occurred_at"] == 3)
    }
  }

  @Test func `a text of a hundred megabytes is refused without being sent`() throws {
    try withFolder {
      try makeOwnTables(Array(TransactionExamples.awkward[0...2]))
      try execute("UPDATE transactions SET location = repeat('x', 100000000) WHERE user_id <> ''")
      let before = try residentPeak()
      let error = try #require(throws: IngestionError.self) { try pull() }
      #expect(error.kind == .invalidData && error.description.contains("location"))
      #expect(try residentPeak() - before < 80_000, "kilobytes")
    }
  }

  private func residentPeak() throws -> Int {
    let lines = try FileSystem.readText("/proc/self/status").split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("VmHWM:") })
    return Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "") ?? 0
  }

  @Test func `bytes that are not UTF-8 in a database without encoding are refused`() throws {
    let options = "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    let other = server.url(try server.makeDatabase(options: options))
    try withFolder {
      try PostgreSQLConnection(other).execute(
        #"""
        CREATE TABLE t (tx_id text, occurred_at timestamptz, user_id text, amount int);
        INSERT INTO t VALUES ('a', '2026-01-01Z', 'ok', 1), ('b', '2026-01-01Z', E'\xff\xfe', 1)
        """#)
      let selection = try PostgreSQLSource(
        JSONValue(parsing: #"{"table": "t", "labels": "none"}"#))
      let error = try #require(throws: IngestionError.self) {
        try PostgreSQLPull(url: other, snapshotsFolder: folder, selection: selection).run()
      }
      #expect(error.kind == .invalidData && error.description.contains("user_id"), "\(error)")
    }
  }

  @Test func `a statement that takes too long is ended by the server`() throws {
    try withFolder {
      try makeForeignTable()
      let slow = Self.mapping.replacing(
        "status = 'booked'", with: "status = 'booked' AND pg_sleep(5) IS NOT NULL")
      let error = try #require(throws: IngestionError.self) {
        try pull(slow.replacing("{\"table\"", with: "{\"timeout\": \"100ms\", \"table\""))
      }
      #expect(error.description.contains("timeout"), "\(error)")
    }
  }

  @Test func `rows and labels without rights, tables that are not there and a wrong mapping`()
    throws
  {
    try withFolder {
      try makeForeignTable()
      try execute("CREATE USER visitor PASSWORD 'visiting-hours'")
      defer { try? execute("DROP USER visitor") }
      let database = try #require(url.split(separator: "/").last)
      let error = try #require(throws: IngestionError.self) {
        let visitor = server.url(String(database), user: "visitor", password: "visiting-hours")
        let selection = try PostgreSQLSource(JSONValue(parsing: Self.mapping))
        _ = try PostgreSQLPull(url: visitor, snapshotsFolder: folder, selection: selection).run()
      }
      #expect(error.kind == .unavailableSource && error.description.contains("GRANT"))
      #expect(!error.description.contains("visiting-hours"))
      let missing = try #require(throws: IngestionError.self) { try pull(#"{"table": "nowhere"}"#) }
      #expect(missing.kind == .invalidData && missing.description.contains("nowhere"))
      let unmapped = try #require(throws: IngestionError.self) {
        try pull(#"{"table": "payments"}"#)
      }
      #expect(unmapped.kind == .invalidData && unmapped.description.contains("tx_id"))
      #expect(unmapped.description.contains("booked"))
    }
  }

  @Test(arguments: [
    #"{"tables": "t"}"#, #"{"columns": {"nose": "x"}}"#, #"{"connections": 0}"#,
    #"{"query": "SELECT 1", "table": "t"}"#, #"{"timeout": "soon"}"#, #"{"columns": []}"#,
    #"{"special_values": "maybe"}"#, "[]",
  ])
  func `a setting that is none is refused`(settings: String) throws {
    let json = try JSONValue(parsing: settings)
    let error = #expect(throws: IngestionError.self) { try PostgreSQLSource(json) }
    #expect(error?.kind == .usage)
  }
}
