import Files
import Ingestion
import JSON
import PostgreSQL
import Support
import Tabular
import Testing
import Transactions

/// What a pull takes for unchanged is unchanged.
@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)), .serialized)
struct PostgreSQLChangeTests {
  /// A server of its own, in which nothing but these tests makes transactions.
  private static let ownServer = Result {
    let server = try ThrowawayPostgreSQL()
    let connection = try PostgreSQLConnection(server.url("postgres"))
    try connection.execute("ALTER SYSTEM SET autovacuum = off")
    try connection.execute("SELECT pg_reload_conf()")
    return server
  }
  private let server: ThrowawayPostgreSQL
  private let url: String
  private let batch: TransactionBatch
  private let folder = "/tmp/anomalyze-changes-\(UInt64.random(in: 0 ... .max))"

  init() throws {
    server = try Self.ownServer.get()
    url = server.url(try server.makeDatabase())
    batch = try TransactionExamples.generated(userCount: 20, dayCount: 10, seed: 5)
    try FileSystem.createDirectory(folder)
  }

  private func makeStore() throws -> PostgreSQLTransactionStore {
    let store = try PostgreSQLTransactionStore(url: url)
    try store.migrate(at: Timestamp(seconds: 0))
    try store.insert(batch)
    return store
  }

  /// A watermark with some of its members replaced.
  private func altered(
    _ watermark: PostgreSQLWatermark, _ members: JSONObject
  ) throws -> PostgreSQLWatermark {
    var object = try #require(watermark.json.objectValue)
    for (key, value) in members.members { object[key] = value }
    return try #require(PostgreSQLWatermark(.object(object)))
  }

  @Test func `an idle server proves by its snapshot alone that nothing has changed`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let store = try makeStore()
    let (first, rows) = try store.forEachChangedBatch(since: nil) { _, _ in }
    #expect(rows == .all)
    // Counts that no table has: had they been asked for, something would seem to have changed.
    let unsure = try altered(first, ["table_rows": [1, 1]])
    #expect(try store.forEachChangedBatch(since: unsure) { _, _ in }.rows == .none)
    try PostgreSQLConnection(url).execute("CREATE TABLE elsewhere AS SELECT 1 AS a")
    #expect(try store.forEachChangedBatch(since: unsure) { _, _ in }.rows == .changed)
  }

  @Test func `traffic elsewhere leaves one look at the rows, near and far from the last pull`()
    throws
  {
    defer { try? FileSystem.removeTree(folder) }
    let store = try makeStore()
    let (first, _) = try store.forEachChangedBatch(since: nil) { _, _ in }
    let connection = try PostgreSQLConnection(url)
    try connection.execute("CREATE TABLE elsewhere AS SELECT 1 AS a")
    let (second, rows) = try store.forEachChangedBatch(since: first) { _, _ in }
    #expect(rows == .none && second != first)
    // More transactions than are listed one by one.
    try connection.execute(
      """
      DO $$ BEGIN FOR i IN 1..11000 LOOP
        BEGIN INSERT INTO elsewhere VALUES (i); EXCEPTION WHEN OTHERS THEN NULL; END;
      END LOOP; END $$
      """)
    let (third, farRows) = try store.forEachChangedBatch(since: second) { _, _ in }
    #expect(farRows == .none && third.horizon - second.horizon > 10_000)
    try connection.execute(
      "UPDATE transactions SET amount = amount + 1 WHERE tx_id = $1", [batch.ids[3]])
    #expect(try store.forEachChangedBatch(since: second) { _, _ in }.rows == .changed)
    #expect(try store.forEachChangedBatch(since: third) { _, _ in }.rows == .changed)
  }

  /// A session that begins, goes on with and ends transactions as chance wills.
  private final class Writer {
    private let connection: PostgreSQLConnection
    private var isOpen = false

    init(_ url: String) throws { connection = try PostgreSQLConnection(url) }

    func execute(_ statement: String, _ generator: inout SeededGenerator) throws {
      if !isOpen, generator.below(2) == 0 {
        try connection.execute("BEGIN")
        isOpen = true
      }
      try connection.execute(statement)
      if isOpen, generator.below(2) == 0 {
        try connection.execute(generator.below(4) > 0 ? "COMMIT" : "ROLLBACK")
        isOpen = false
      }
    }
  }

  /// Statements on a row of `id`, and one elsewhere.
  private func statements(_ id: String, _ round: Int) -> [String] {
    [
      "INSERT INTO elsewhere VALUES (1)",
      "UPDATE transactions SET amount = amount + 1 WHERE tx_id = '\(id)'",
      "DELETE FROM transactions WHERE tx_id = '\(id)'",
      "DELETE FROM labels WHERE tx_id = '\(id)'",
      """
      INSERT INTO labels VALUES ('\(id)', true, 'x', '2030-01-01Z')
        ON CONFLICT (tx_id) DO UPDATE SET is_fraud = NOT labels.is_fraud
      """,
      """
      INSERT INTO transactions (tx_id, occurred_at, user_id, amount)
        VALUES ('\(id)-\(round)', '1999-01-01Z', 'u', 1) ON CONFLICT DO NOTHING
      """,
      """
      DO $$ BEGIN
        BEGIN UPDATE transactions SET amount = amount + 2 WHERE tx_id = '\(id)';
        EXCEPTION WHEN division_by_zero THEN NULL; END;
      END $$
      """,
    ]
  }

  @Test func `whatever writers do between pulls, a pull ends with what a full one finds`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let store = try makeStore()
    let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
    try PostgreSQLConnection(url).execute("CREATE TABLE elsewhere (a int)")
    let writers = [try Writer(url), try Writer(url)]
    var generator = SeededGenerator(seed: 20_261_121, stream: 0)
    var kinds: [String: Int] = [:]
    for round in 0..<40 {
      for _ in 0..<generator.below(3) {
        // No writer waits for the other: each has the rows of its own.
        let number = generator.below(2)
        let choices = statements(batch.ids[generator.below(batch.count / 2) * 2 + number], round)
        try writers[number].execute(choices[generator.below(choices.count)], &generator)
      }
      let outcome = try pull.run()
      let full = try PostgreSQLPull(url: url, snapshotsFolder: "\(folder)/full").run(isFull: true)
      #expect(outcome.snapshot.manifest.digest == full.snapshot.manifest.digest, "round \(round)")
      let kind = outcome.isIncremental ? outcome.fetchedRowCount == 0 ? "none" : "some" : "all"
      kinds[kind, default: 0] += 1
    }
    // Otherwise the rounds would not have shown anything.
    #expect(["none", "some", "all"].allSatisfy { kinds[$0, default: 0] > 1 }, "\(kinds)")
    #expect(try store.counts().transactions != batch.count)
  }

  @Test func `a partition with old rows that takes another's place is seen`() throws {
    defer { try? FileSystem.removeTree(folder) }
    _ = try makeStore()
    let connection = try PostgreSQLConnection(url)
    try connection.execute(
      """
      ALTER TABLE transactions RENAME TO first;
      CREATE TABLE second AS TABLE first;
      ALTER TABLE first DROP CONSTRAINT transactions_pkey;
      ALTER TABLE second ALTER tx_id SET NOT NULL, ALTER occurred_at SET NOT NULL,
        ALTER user_id SET NOT NULL, ALTER amount SET NOT NULL;
      UPDATE second SET amount = amount + 1;
      CREATE TABLE transactions (LIKE first) PARTITION BY RANGE (occurred_at);
      ALTER TABLE transactions ATTACH PARTITION first DEFAULT;
      """)
    let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
    let before = try pull.run()
    #expect(before.snapshot.manifest.rowCount == batch.count)
    #expect(try pull.run().isIncremental)
    try connection.execute(
      """
      ALTER TABLE transactions DETACH PARTITION first;
      ALTER TABLE transactions ATTACH PARTITION second DEFAULT
      """)
    let after = try pull.run()
    #expect(after.snapshot.manifest.digest != before.snapshot.manifest.digest)
    let full = try PostgreSQLPull(url: url, snapshotsFolder: "\(folder)/full").run(isFull: true)
    #expect(after.snapshot.manifest.digest == full.snapshot.manifest.digest)
  }

  @Test func `what a pull has seen outlives a crash, also where commits do not wait for the disk`()
    throws
  {
    defer { try? FileSystem.removeTree(folder) }
    let server = try ThrowawayPostgreSQL()
    let url = server.url("postgres")
    let store = try PostgreSQLTransactionStore(url: url)
    try store.migrate(at: Timestamp(seconds: 0))
    try store.insert(TransactionExamples.batch(TransactionExamples.awkward))
    let insertion = { (id: String) in
      "INSERT INTO transactions (tx_id, occurred_at, user_id, amount) VALUES ('\(id)', now(), 'u', 1)"
    }
    do {
      let connection = try PostgreSQLConnection(url)
      try connection.execute("CHECKPOINT")
      try connection.execute("SET synchronous_commit = off")
      try connection.execute(insertion("hasty"))
    }
    let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
    _ = try pull.run()
    server.crash()
    try server.start()
    // Had the row been lost, this one would have its transaction's number, and its place in the count.
    try PostgreSQLConnection(url).execute(insertion("next"))
    let after = try pull.run()
    let full = try PostgreSQLPull(url: url, snapshotsFolder: "\(folder)/full").run(isFull: true)
    #expect(after.snapshot.manifest.digest == full.snapshot.manifest.digest)
    #expect(full.snapshot.manifest.rowCount == TransactionExamples.awkward.count + 2)
  }
}
