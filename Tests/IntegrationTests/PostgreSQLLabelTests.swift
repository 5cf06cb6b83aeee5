import Files
import Ingestion
import JSON
import PostgreSQL
import Support
import Testing
import Transactions

/// Labels in a table of their own, which a full pull adds by itself where the server would join them.
@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)))
struct PostgreSQLLabelTests {
  /// How tables identify a transaction, and what is odd about their labels.
  struct Tables: Sendable, CustomTestStringConvertible {
    let key: String
    let labelKey: String
    let extraLabels: String
    let fraudCount: Int

    var testDescription: String { "\(key), labels by \(labelKey) \(extraLabels)" }
  }

  private let url: String

  init() throws {
    let server = try ThrowawayPostgreSQL.shared.get()
    url = server.url(try server.makeDatabase())
  }

  /// 2,000 transactions of which every seventh is labelled and every fourteenth is fraud.
  private func make(_ tables: Tables) throws {
    try PostgreSQLConnection(url).execute(
      """
      CREATE TABLE payments AS SELECT (\(tables.key)) AS id,
        timestamptz '2026-01-01Z' + i * interval '1 minute' AS booked, 'u' || i % 40 AS customer,
        i * 0.25 AS value FROM generate_series(1, 2000) AS i;
      CREATE TABLE verdicts AS SELECT (\(tables.labelKey)) AS tx_id, i % 14 = 0 AS is_fraud,
        CASE WHEN i % 28 = 0 THEN 'stolen' WHEN i % 14 = 0 THEN 'merchant fraud' END AS scenario,
        timestamptz '2026-02-01Z' + i * interval '1 minute' AS labelled_at
      FROM generate_series(7, 2000, 7) AS i;
      \(tables.extraLabels)
      """)
  }

  @Test(arguments: [
    Tables(key: "'tx-' || i", labelKey: "'tx-' || i", extraLabels: "", fraudCount: 142),
    Tables(key: "i::bigint", labelKey: "i::smallint", extraLabels: "", fraudCount: 142),
    Tables(key: "i", labelKey: "i::text", extraLabels: "", fraudCount: 142),
    Tables(
      key: "lpad(to_hex(i), 32, '0')::uuid", labelKey: "lpad(to_hex(i), 32, '0')",
      extraLabels: "UPDATE verdicts SET tx_id = tx_id::uuid::text;", fraudCount: 142),
    // What pads a text is no part of it when it is cast: only the server knows which of these are the same.
    Tables(
      key: "('tx-' || i)::char(9)", labelKey: "'tx-' || i", extraLabels: "", fraudCount: 142),
    // Labels of no transaction, of one that is filtered out, of nothing, and of one twice.
    Tables(
      key: "'tx-' || i", labelKey: "'tx-' || i",
      extraLabels: """
        INSERT INTO verdicts VALUES ('tx-4000', true, 'stolen', '2026-03-01Z'),
          (NULL, true, 'stolen', '2026-03-01Z');
        """, fraudCount: 142),
    Tables(
      key: "'tx-' || i", labelKey: "'tx-' || i",
      extraLabels: "UPDATE verdicts SET labelled_at = 'infinity' WHERE tx_id = 'tx-1995';",
      fraudCount: 142),
    Tables(
      key: "'tx-' || i", labelKey: "'tx-' || i",
      extraLabels: "INSERT INTO verdicts VALUES ('tx-7', true, NULL, '2026-03-01Z');",
      fraudCount: 143),
    Tables(
      key: "'tx-' || i", labelKey: "'tx-' || i",
      extraLabels: "UPDATE verdicts SET is_fraud = NULL WHERE tx_id = 'tx-14';", fraudCount: 141),
    Tables(
      key: "'tx-' || i", labelKey: "'tx-' || i", extraLabels: "DELETE FROM verdicts;",
      fraudCount: 0),
  ])
  func `a full pull gives every transaction the label that a join gives it`(
    tables: Tables
  ) throws {
    let folder = "/tmp/anomalyze-labels-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileSystem.removeTree(folder) }
    try make(tables)
    for connectionCount in 1...2 {
      let source = try PostgreSQLSource(
        JSONValue(
          parsing: """
            {"table": "payments", "labels": "verdicts", "connections": \(connectionCount),
             "filter": "booked < '2026-01-02 09:10Z'", "columns": {"tx_id": "id",
             "occurred_at": "booked", "user_id": "customer", "amount": "value"}}
            """))
      let pulled = try PostgreSQLPull(url: url, snapshotsFolder: folder, selection: source)
        .run(isFull: true).snapshot
      var joined = SnapshotWriter(root: "\(folder)/joined", source: "postgresql")
      try PostgreSQLTransactionStore(url: url, source: source).forEachBatch(of: .all) {
        try joined.append($0)
      }
      #expect(pulled.manifest.digest == (try joined.finish()).manifest.digest)
      #expect(pulled.manifest.rowCount == 1_989)
      #expect(pulled.manifest.fraudCount == tables.fraudCount)
    }
  }
}
