import Files
import Ingestion
import SQLite
import Support
import Testing
import Transactions

@Suite struct SQLiteTransactionStoreTests {
  private func makeStore(_ path: String = ":memory:") throws -> SQLiteTransactionStore {
    let store = try SQLiteTransactionStore(path: path)
    try store.migrate(at: Timestamp(seconds: 0))
    return store
  }

  /// Runs `body` with the path of a file that does not exist yet, in a folder that goes away.
  private func withPath(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/anomalyze-store-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.createDirectory(folder)
    defer { try? FileSystem.removeTree(folder) }
    try body("\(folder)/transactions.sqlite")
  }

  @Test func `awkward rows come back as they went in, in canonical order`() throws {
    let store = try makeStore()
    let rows = TransactionExamples.awkward
    try store.insert(TransactionExamples.batch(rows.reversed()))
    #expect(try store.rows() == rows)
    let counts = try store.counts()
    #expect(counts == (rows.count, 3))
  }

  @Test func `generated rows come back in small batches`() throws {
    let store = try makeStore()
    let batch = try TransactionExamples.generated(userCount: 20, dayCount: 20, seed: 3)
    try store.insert(batch)
    let read = try store.rows(TransactionSelection(rowsPerBatch: 100))
    #expect(read == TransactionExamples.rows(batch))
  }

  @Test func `a row that comes again replaces the old one and keeps its label`() throws {
    let store = try makeStore()
    var row = TransactionExamples.awkward[3]
    row.label = TransactionLabel(isFraud: true, scenario: "x", knownAt: Timestamp(seconds: 1))
    try store.insert(TransactionExamples.batch([row]))
    var newer = row
    newer.transaction.amount = Money(millionths: 7)
    newer.transaction.currency = "GBP"
    newer.label = nil
    try store.insert(TransactionExamples.batch([row, newer]))
    newer.label = row.label
    #expect(try store.rows() == [newer])
    newer.label = TransactionLabel(isFraud: false, knownAt: Timestamp(seconds: 2))
    try store.insert(TransactionExamples.batch([newer]))
    #expect(try store.rows() == [newer])
  }

  @Test func `a range selects half open, whatever the order`() throws {
    let store = try makeStore()
    let rows = TransactionExamples.awkward
    try store.insert(TransactionExamples.batch(rows))
    let noon = Timestamp(seconds: 1_766_232_000)
    let selected = rows.filter { $0.transaction.time == noon }
    let range = noon..<(noon + TimeSpan(microseconds: 1))
    #expect(try store.rows(TransactionSelection(range: range)) == selected)
    let unordered = try store.rows(TransactionSelection(range: range, order: .any))
    #expect(unordered.sorted(by: LabelledTransaction.isOrderedBefore) == selected)
    #expect(try store.rows(TransactionSelection(range: noon..<noon)) == [])
  }

  @Test func `migrating again changes nothing, and a file of somebody else is refused`() throws {
    try withPath { path in
      let store = try makeStore(path)
      try store.insert(TransactionExamples.batch(TransactionExamples.awkward))
      try store.migrate(at: Timestamp(seconds: 9))
      let again = try DatabaseStore(opening: .sqlite(path: path), access: .readOnly)
      #expect(try again.rows() == TransactionExamples.awkward)
      try SQLiteConnection(path).execute("INSERT INTO schema_migrations VALUES (99, 0)")
      let error = try #require(
        throws: IngestionError.self
      ) { try store.migrate(at: Timestamp(seconds: 10)) }
      #expect(error.kind == .invalidData)
    }
  }

  @Test func `a missing file, an empty database and a file of another kind are told apart`() throws
  {
    try withPath { path in
      let missing = try #require(
        throws: IngestionError.self
      ) { _ = try SQLiteTransactionStore(path: path, access: .readOnly) }
      #expect(missing.kind == .unavailableSource)
      #expect(missing.description.contains(path))

      let empty = try SQLiteTransactionStore(path: path)
      let noTables = try #require(throws: IngestionError.self) { _ = try empty.rows() }
      #expect(noTables.kind == .invalidData)
      #expect(noTables.description.contains("anomalyze db init"))
    }
    try withPath { path in
      try FileSystem.writeAtomically(Array(repeating: 65, count: 10_000), to: path)
      let wrong = try #require(
        throws: IngestionError.self
      ) { _ = try SQLiteTransactionStore(path: path) }
      #expect(wrong.kind == .storage)
    }
    let csv = try #require(
      throws: IngestionError.self
    ) { _ = try DatabaseStore(opening: .csv(path: "a.csv")) }
    #expect(csv.kind == .usage)
  }

  @Test func `an amount that is none names the row and the column, not the value`() throws {
    try withPath { path in
      let store = try makeStore(path)
      try store.insert(TransactionExamples.batch(TransactionExamples.awkward))
      try SQLiteConnection(path).execute(
        "UPDATE transactions SET amount = 'secret' WHERE tx_id = '10'")
      let error = try #require(throws: IngestionError.self) { _ = try store.rows() }
      #expect(error.kind == .invalidData)
      #expect(error.description.contains("tx_id 10, column amount"))
      #expect(!error.description.contains("secret"))
    }
  }

  @Test func `text that is not UTF-8 is refused`() throws {
    try withPath { path in
      let store = try makeStore(path)
      try store.insert(TransactionExamples.batch(TransactionExamples.awkward))
      try SQLiteConnection(path).execute(
        "UPDATE transactions SET merchant_id = CAST(x'ff41' AS TEXT) WHERE tx_id = '10'")
      let error = try #require(throws: IngestionError.self) { _ = try store.rows() }
      #expect(error.description.contains("tx_id 10, column merchant_id: UTF-8 text expected"))
    }
  }

  private struct GivingUp: Error {}

  @Test func `giving up in the middle leaves the store usable`() throws {
    let store = try makeStore()
    try store.insert(TransactionExamples.batch(TransactionExamples.awkward))
    #expect(throws: GivingUp.self) { try store.forEachBatch(of: .all) { _ in throw GivingUp() } }
    try store.insert(TransactionExamples.batch(TransactionExamples.awkward))
    #expect(try store.rows() == TransactionExamples.awkward)
  }
}
