import Files
import Ingestion
import PostgreSQL
import Support
import Tabular
import Testing
import Transactions

/// Pulls beside others who lock the tables for themselves.
@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)))
struct PostgreSQLLockTests {
  private let url: String
  private let folder = "/tmp/anomalyze-locks-\(UInt64.random(in: 0 ... .max))"

  init() throws {
    let server = try ThrowawayPostgreSQL.shared.get()
    url = server.url(try server.makeDatabase())
    let store = try PostgreSQLTransactionStore(url: url)
    try store.migrate(at: Timestamp(seconds: 0))
    try store.insert(try TransactionExamples.generated(userCount: 20, dayCount: 10, seed: 5))
    try PostgreSQLConnection(url).execute(
      """
      INSERT INTO labels SELECT tx_id, true, 'stolen', occurred_at FROM transactions LIMIT 9
        ON CONFLICT DO NOTHING
      """)
  }

  /// Waits until a lock on `table` in `mode` is held, or waited for.
  private func waitForLock(on table: String, _ mode: String, isGranted: Bool) throws {
    let connection = try PostgreSQLConnection(url)
    var count: Int64?
    var attemptCount = 0
    repeat {
      attemptCount += 1
      try #require(attemptCount < 6_000, "nobody has or waits for that lock")
      count = try connection.query(
        """
        SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE relation = $1::regclass AND mode = $2
          AND granted = $3::boolean AND database = (SELECT oid FROM pg_database
          WHERE datname = current_database())
        """, [table, mode, isGranted ? "true" : "false"]
      ).integer(0, 0)
    } while count == 0
  }

  @Test func `a table that is filled anew while a pull begins is seen as it is then`() throws {
    defer { try? FileSystem.removeTree(folder) }
    for table in ["labels", "transactions"] {
      let writer = try PostgreSQLConnection(url)
      try writer.execute(
        """
        BEGIN; CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM \(table);
        TRUNCATE \(table); INSERT INTO \(table) SELECT * FROM kept
        """)
      let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
      let outcome = Meanwhile { try pull.run(isFull: true) }
      try waitForLock(on: table, "AccessShareLock", isGranted: false)
      try writer.execute("COMMIT")
      let manifest = try outcome.result().snapshot.manifest
      let counts = try PostgreSQLTransactionStore(url: url).counts()
      #expect(manifest.rowCount == counts.transactions && manifest.labelCount == counts.labels)
      #expect(manifest.labelCount > 0)
    }
  }

  @Test func `a change of the table that waits for a pull does not make it wait for ever`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let connection = try PostgreSQLConnection(url)
    // The labels come when the gate is opened.
    try connection.execute(
      """
      CREATE FUNCTION pass() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        WHILE NOT pg_try_advisory_xact_lock_shared(1) LOOP PERFORM pg_sleep(0.01); END LOOP;
        RETURN true;
      END $$;
      ALTER TABLE labels RENAME TO verdicts;
      CREATE VIEW labels AS SELECT v.* FROM verdicts AS v, (SELECT pass() OFFSET 0) AS p;
      SELECT pg_advisory_lock(1)
      """)
    let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
    let outcome = Meanwhile { try pull.run() }
    try waitForLock(on: "transactions", "AccessShareLock", isGranted: true)
    let url = url
    let alteration = Meanwhile {
      try PostgreSQLConnection(url).execute("ALTER TABLE transactions ADD COLUMN extra text")
    }
    try waitForLock(on: "transactions", "AccessExclusiveLock", isGranted: false)
    try connection.execute("SELECT pg_advisory_unlock(1)")
    let error = #expect(throws: IngestionError.self) { _ = try outcome.result() }
    #expect(error?.kind == .unavailableSource && error?.description.contains("lock") == true)
    try alteration.result()
    #expect(throws: Never.self) { try pull.run(acceptsNewSchema: true) }
  }

  @Test func `a state that workers read holds its table`() throws {
    let writer = try PostgreSQLConnection(url)
    func lock() throws {
      try writer.inTransaction {
        try writer.execute("LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE NOWAIT")
      }
    }
    try lock()
    let export = try PostgreSQLExport(url: url, table: "transactions")
    #expect(throws: PostgreSQLError.self) { try lock() }
    #expect(!export.snapshot.isEmpty)
  }

  @Test func `a server that ends idle transactions leaves those of pulls alone`() throws {
    defer { try? FileSystem.removeTree(folder) }
    try PostgreSQLConnection(url).execute(
      """
      DO $$ BEGIN EXECUTE format(
        'ALTER DATABASE %I SET idle_in_transaction_session_timeout = 1', current_database());
      END $$
      """)
    let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
    #expect(try pull.run().fetchedRowCount > 0)
  }
}
