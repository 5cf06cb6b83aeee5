import Ingestion
import PostgreSQL
import Support
import Testing
import Transactions

@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)))
struct PostgreSQLTransactionStoreTests {
  private let server: ThrowawayPostgreSQL
  private let url: String

  init() throws {
    server = try ThrowawayPostgreSQL.shared.get()
    url = server.url(try server.makeDatabase())
  }

  private func makeStore(connectionCount: Int = 1) throws -> PostgreSQLTransactionStore {
    let store = try PostgreSQLTransactionStore(url: url, connectionCount: connectionCount)
    try store.migrate(at: Timestamp(seconds: 0))
    return store
  }

  @Test func `awkward rows come back as they went in, in canonical order`() throws {
    let store = try makeStore()
    let rows = TransactionExamples.awkward
    try store.insert(TransactionExamples.batch(rows.reversed()))
    #expect(try store.rows() == rows)
    let counts = try store.counts()
    #expect(counts == (rows.count, 3))
  }

  @Test(arguments: [1, 3])
  func `the rows are those of SQLite, over any number of connections`(connectionCount: Int) throws {
    let store = try makeStore(connectionCount: connectionCount)
    let batch = try TransactionExamples.generated(userCount: 300, dayCount: 30, seed: 3)
    try store.insert(batch)
    let embedded = try SQLiteTransactionStore(path: ":memory:")
    try embedded.migrate(at: Timestamp(seconds: 0))
    try embedded.insert(batch)
    let rows = TransactionExamples.rows(batch)
    #expect(try embedded.rows() == rows)
    #expect(try store.rows() == rows)
    let unordered = try store.rows(TransactionSelection(order: .any, rowsPerBatch: 500))
    #expect(unordered.sorted(by: LabelledTransaction.isOrderedBefore) == rows)
  }

  @Test func `a row that comes again replaces the old one and keeps its label`() throws {
    let store = try makeStore()
    var row = TransactionExamples.awkward[3]
    row.label = TransactionLabel(isFraud: true, scenario: "x", knownAt: Timestamp(seconds: 1))
    try store.insert(TransactionExamples.batch([row]))
    var newer = row
    newer.transaction.amount = Money(millionths: 7)
    newer.label = nil
    try store.insert(TransactionExamples.batch([row, newer]))
    newer.label = row.label
    #expect(try store.rows() == [newer])
  }

  @Test func `inserting equal rows again writes nothing`() throws {
    let store = try makeStore()
    let batch = TransactionExamples.batch(TransactionExamples.awkward)
    try store.insert(batch)
    let connection = try PostgreSQLConnection(url)
    let versions = "SELECT string_agg(xmin::text, ',' ORDER BY tx_id) FROM transactions"
    let before = try connection.query(versions).text(0, 0)
    try store.insert(batch)
    #expect(try connection.query(versions).text(0, 0) == before)
  }

  @Test func `a range selects half open`() throws {
    let store = try makeStore()
    let rows = TransactionExamples.awkward
    try store.insert(TransactionExamples.batch(rows))
    let noon = Timestamp(seconds: 1_766_232_000)
    let selected = rows.filter { $0.transaction.time == noon }
    #expect(
      try store.rows(TransactionSelection(range: noon..<noon + TimeSpan(microseconds: 1)))
        == selected)
    let everything = Timestamp(microseconds: .min)..<Timestamp(microseconds: .max)
    #expect(try store.rows(TransactionSelection(range: everything)) == rows)
    #expect(try store.rows(TransactionSelection(range: noon..<noon)) == [])
  }

  @Test func `two that migrate at once do not disturb each other`() async throws {
    let url = url
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try PostgreSQLTransactionStore(url: url).migrate(at: Timestamp(seconds: 0))
        }
      }
      try await group.waitForAll()
    }
    let counts = try PostgreSQLTransactionStore(url: url).counts()
    #expect(counts == (0, 0))
  }

  @Test func `a moment that PostgreSQL cannot store is refused before anything is written`() throws
  {
    let store = try makeStore()
    var row = TransactionExamples.awkward[0]
    row.transaction.time = Timestamp(microseconds: .max)
    let rows = TransactionExamples.awkward + [row]
    let error = try #require(
      throws: IngestionError.self
    ) { try store.insert(TransactionExamples.batch(rows)) }
    #expect(error.kind == .invalidData)
    let counts = try store.counts()
    #expect(counts == (0, 0))
  }

  @Test func `infinite moments and schemas of others are refused by name`() throws {
    let store = try makeStore()
    try store.insert(TransactionExamples.batch(TransactionExamples.awkward))
    let connection = try PostgreSQLConnection(url)
    try connection.execute("UPDATE transactions SET occurred_at = 'infinity' WHERE tx_id = '9'")
    let infinite = try #require(throws: IngestionError.self) { _ = try store.rows() }
    #expect(infinite.kind == .invalidData)
    #expect(infinite.description.contains("(key 9), column \"occurred_at\""))

    try connection.execute("ALTER TABLE transactions ALTER amount TYPE text")
    let changed = try #require(throws: IngestionError.self) { _ = try store.rows() }
    #expect(changed.kind == .invalidData)
    #expect(changed.description.contains("\"amount\" of type text"))

    try connection.execute("ALTER TABLE transactions RENAME amount TO value")
    let gone = try #require(throws: IngestionError.self) { _ = try store.rows() }
    #expect(gone.kind == .invalidData)
    #expect(gone.description.contains("amount"))
  }

  @Test func `a database that is down is an unavailable source, without its password`() throws {
    let error = try #require(throws: IngestionError.self) {
      _ = try DatabaseStore(
        opening: .postgresql(url: "postgresql://risk:hunter2@127.0.0.1:1/bank"))
    }
    #expect(error.kind == .unavailableSource)
    #expect(error.description.contains("risk@127.0.0.1:1/bank"))
    #expect(!error.description.contains("hunter2"))
  }

  private struct GivingUp: Error {}

  @Test(arguments: [1, 2])
  func `giving up in the middle ends the other connections`(connectionCount: Int) throws {
    let store = try makeStore(connectionCount: connectionCount)
    try store.insert(try TransactionExamples.generated(userCount: 300, dayCount: 30, seed: 3))
    #expect(throws: GivingUp.self) {
      try store.forEachBatch(of: TransactionSelection(order: .any, rowsPerBatch: 100)) { _ in
        throw GivingUp()
      }
    }
    #expect(try store.rows(TransactionSelection(rowsPerBatch: 1_000)).count > 1_000)
  }
}
