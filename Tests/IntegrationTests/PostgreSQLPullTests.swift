import Files
import Ingestion
import PostgreSQL
import Support
import Testing
import Transactions

@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)), .serialized)
struct PostgreSQLPullTests {
  /// A server of its own: the horizon of a snapshot is that of the whole server, so transactions of other tests would
  /// make a pull fetch rows again that it would not have to.
  private static let ownServer = Result { try ThrowawayPostgreSQL() }
  private let server: ThrowawayPostgreSQL
  private let url: String

  init() throws {
    server = try Self.ownServer.get()
    url = server.url(try server.makeDatabase())
  }

  /// Runs `body` with a folder that goes away.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/anomalyze-pull-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.createDirectory(folder)
    defer { try? FileSystem.removeTree(folder) }
    try body(folder)
  }

  private func makeStore(_ batch: TransactionBatch) throws -> PostgreSQLTransactionStore {
    let store = try PostgreSQLTransactionStore(url: url)
    try store.migrate(at: Timestamp(seconds: 0))
    try store.insert(batch)
    return store
  }

  /// The digest of a full pull into a folder of its own: what an incremental one has to reach.
  private func fullDigest(_ folder: String) throws -> String {
    let pull = PostgreSQLPull(url: url, snapshotsFolder: "\(folder)/full")
    return try pull.run(isFull: true).snapshot.manifest.digest
  }

  @Test func `the same rows give the same snapshot from PostgreSQL, SQLite and CSV`() throws {
    try withFolder { folder in
      let batch = try TransactionExamples.generated(userCount: 60, dayCount: 30, seed: 5)
      try makeStore(batch).insert(batch)
      var embedded = SnapshotWriter(root: "\(folder)/b", source: "sqlite")
      let store = try SQLiteTransactionStore(path: "\(folder)/t.sqlite")
      try store.migrate(at: Timestamp(seconds: 0))
      try store.insert(batch)
      try store.forEachBatch(of: TransactionSelection(rowsPerBatch: 999)) {
        try embedded.append($0)
      }
      var file = SnapshotWriter(root: "\(folder)/c", source: "csv")
      var writer = try CSVTransactionWriter(path: "\(folder)/t.csv.gz")
      try writer.write(batch)
      try writer.finish()
      try CSVTransactionReader(path: "\(folder)/t.csv.gz").forEachBatch { try file.append($0) }
      let digest = try fullDigest(folder)
      #expect(try embedded.finish().manifest.digest == digest)
      #expect(try file.finish().manifest.digest == digest)
    }
  }

  @Test
  func `rows that were committed late are found by the next pull, and nothing else is fetched`()
    throws
  {
    try withFolder { folder in
      let rows = TransactionExamples.awkward
      let store = try makeStore(TransactionExamples.batch(Array(rows[0...3])))
      let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
      let first = try pull.run()
      #expect(!first.isIncremental && first.fetchedRowCount == 4)
      let again = try pull.run()
      #expect(again.isIncremental && again.fetchedRowCount == 0)
      #expect(again.snapshot == first.snapshot)

      // A slow writer begins first and commits last; its row is older than one that was pulled in between.
      let slow = try PostgreSQLConnection(url)
      try slow.execute(
        """
        BEGIN; INSERT INTO transactions (tx_id, occurred_at, user_id, amount)
          VALUES ('late', '1999-01-01Z', 'u9', 1.5)
        """)
      try store.insert(TransactionExamples.batch([rows[4]]))
      let second = try pull.run()
      #expect(second.isIncremental && second.snapshot.manifest.rowCount == 5)
      try slow.execute("COMMIT")
      let third = try pull.run()
      #expect(third.isIncremental && third.snapshot.manifest.rowCount == 6)
      #expect(third.fetchedRowCount == 2)
      #expect(try fullDigest(folder) == third.snapshot.manifest.digest)
    }
  }

  @Test func `rows stamped by clocks that are wrong by hours or years are found by the next pull`()
    throws
  {
    try withFolder { folder in
      _ = try makeStore(TransactionExamples.batch(Array(TransactionExamples.awkward[0...3])))
      let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
      _ = try pull.run()
      // One clock far behind, one ahead, and one server whose zone is not UTC.
      try PostgreSQLConnection(url).execute(
        """
        SET timezone = 'Asia/Kathmandu';
        INSERT INTO transactions (tx_id, occurred_at, user_id, amount) VALUES
          ('behind', '1960-01-01 05:30', 'u9', 1), ('ahead', '2099-01-01Z', 'u9', 1),
          ('now', now() - interval '3 hours', 'u9', 1)
        """)
      let second = try pull.run()
      #expect(second.isIncremental && second.fetchedRowCount == 3)
      #expect(second.snapshot.manifest.rowCount == 7)
      #expect(second.snapshot.manifest.firstTime == Timestamp(seconds: -315_619_200))
      #expect(try fullDigest(folder) == second.snapshot.manifest.digest)
    }
  }

  @Test func `changed rows and labels are picked up, deleted ones lead to a full pull`() throws {
    try withFolder { folder in
      let batch = try TransactionExamples.generated(userCount: 30, dayCount: 20, seed: 5)
      let store = try makeStore(batch)
      let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
      _ = try pull.run()
      var changed = batch[7]
      changed.transaction.amount = Money(millionths: 1_230_000)
      var labelled = batch[8]
      labelled.label = TransactionLabel(
        isFraud: true, scenario: "late", knownAt: labelled.transaction.time)
      try store.insert(TransactionExamples.batch([changed, labelled]))
      let second = try pull.run()
      #expect(second.isIncremental && second.fetchedRowCount == 2)
      #expect(second.snapshot.manifest.rowCount == batch.count)
      #expect(try fullDigest(folder) == second.snapshot.manifest.digest)

      let connection = try PostgreSQLConnection(url)
      try connection.execute("DELETE FROM labels WHERE tx_id = $1", [batch.ids[8]])
      let third = try pull.run()
      #expect(!third.isIncremental)
      try connection.execute("DELETE FROM transactions WHERE tx_id = $1", [batch.ids[3]])
      let fourth = try pull.run()
      #expect(!fourth.isIncremental && fourth.snapshot.manifest.rowCount == batch.count - 1)
      #expect(try fullDigest(folder) == fourth.snapshot.manifest.digest)
    }
  }

  @Test func `rows that are deleted show also where others come twice`() throws {
    try withFolder { folder in
      let batch = try TransactionExamples.generated(userCount: 30, dayCount: 20, seed: 5)
      _ = try makeStore(batch)
      let connection = try PostgreSQLConnection(url)
      try connection.execute(
        """
        ALTER TABLE transactions DROP CONSTRAINT transactions_pkey;
        INSERT INTO transactions SELECT * FROM transactions WHERE tx_id = '\(batch.ids[7])'
        """)
      let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
      #expect(try pull.run().snapshot.manifest.rowCount == batch.count)
      #expect(try pull.run().fetchedRowCount == 0)
      try connection.execute("DELETE FROM transactions WHERE tx_id = $1", [batch.ids[3]])
      let second = try pull.run()
      #expect(second.snapshot.manifest.rowCount == batch.count - 1)
      #expect(try fullDigest(folder) == second.snapshot.manifest.digest)
    }
  }

  @Test func `a table that was made anew, or a lost snapshot, leads to a full pull`() throws {
    try withFolder { folder in
      let batch = TransactionExamples.batch(TransactionExamples.awkward)
      let store = try makeStore(batch)
      let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
      let first = try pull.run()
      try FileSystem.removeTree(first.snapshot.path + "/" + first.snapshot.manifest.parts[0].file)
      let second = try pull.run()
      #expect(!second.isIncremental && second.snapshot.manifest == first.snapshot.manifest)
      #expect(throws: Never.self) { try second.snapshot.verify() }
      let connection = try PostgreSQLConnection(url)
      try connection.execute("DROP TABLE transactions, labels, schema_migrations")
      try store.migrate(at: Timestamp(seconds: 0))
      try store.insert(batch)
      let third = try pull.run()
      #expect(!third.isIncremental && third.snapshot == second.snapshot)
    }
  }

  @Test func `views are pulled in full every time`() throws {
    try withFolder { folder in
      let batch = TransactionExamples.batch(TransactionExamples.awkward)
      let counts = try makeStore(batch).counts()
      let connection = try PostgreSQLConnection(url)
      try connection.execute(
        "ALTER TABLE transactions RENAME TO rows; CREATE VIEW transactions AS SELECT * FROM rows")
      let pull = PostgreSQLPull(url: url, snapshotsFolder: folder)
      for _ in 0..<2 {
        let outcome = try pull.run()
        #expect(!outcome.isIncremental && outcome.fetchedRowCount == counts.transactions)
      }
    }
  }

  @Test func `a server killed in mid-pull leaves everything as it was, and the next pull succeeds`()
    throws
  {
    let server = try ThrowawayPostgreSQL()
    let url = server.url("postgres")
    try withFolder { folder in
      let batch = try TransactionExamples.generated(userCount: 60, dayCount: 30, seed: 5)
      let store = try PostgreSQLTransactionStore(url: url, connectionCount: 2)
      try store.migrate(at: Timestamp(seconds: 0))
      try store.insert(batch)
      let connection = try PostgreSQLConnection(url)
      try connection.execute("CHECKPOINT")
      // Rows by the million, so that the server is still sending when it dies.
      try connection.execute(
        """
        ALTER TABLE transactions RENAME TO real_transactions;
        CREATE VIEW transactions AS SELECT t.* FROM real_transactions AS t, generate_series(1, 1000)
        """)
      var hasCrashed = false
      let error = try #require(throws: IngestionError.self) {
        try store.forEachBatch(of: TransactionSelection(order: .any, rowsPerBatch: 1_000)) { _ in
          if !hasCrashed { server.crash() }
          hasCrashed = true
        }
      }
      #expect(error.kind == .unavailableSource)
      try server.start()
      try PostgreSQLConnection(url).execute(
        "DROP VIEW transactions; ALTER TABLE real_transactions RENAME TO transactions")
      let outcome = try PostgreSQLPull(url: url, snapshotsFolder: folder).run()
      #expect(outcome.snapshot.manifest.rowCount == batch.count)
    }
  }
}
