internal import PostgreSQL
public import Transactions

/// Transactions in a PostgreSQL database.
///
/// Moments are `timestamptz`, amounts `numeric(19,6)`, which holds every `Money`. Rows are fetched by binary `COPY`.
public struct PostgreSQLTransactionStore: TransactionStore, ~Copyable {
  let connection: PostgreSQLConnection
  /// With the password, for the connections that fetch rows: never to be shown.
  let url: String
  /// Which rows and columns are read.
  let source: PostgreSQLSource

  /// Connects to the database.
  ///
  /// - Parameters:
  ///   - url: Where the database is, as libpq reads it.
  ///   - source: Which rows and columns are read, and how many connections fetch them at once when their order does not matter;
  ///     all of them see one snapshot. More than one needs a direct connection, not a pooler that shares sessions. Rows are
  ///     always written to the project's own tables.
  /// - Throws: `IngestionError`
  public init(url: String, source: PostgreSQLSource) throws(IngestionError) {
    precondition(source.connectionCount > 0, "rows come over at least one connection")
    do throws(PostgreSQLError) {
      connection = try PostgreSQLConnection(url)
    } catch {
      throw IngestionError(error)
    }
    self.url = url
    self.source = source
  }

  /// Connects to a database with the project's own tables.
  ///
  /// - Throws: `IngestionError`
  public init(url: String, connectionCount: Int = 1) throws(IngestionError) {
    var source = PostgreSQLSource()
    source.connectionCount = connectionCount
    try self.init(url: url, source: source)
  }

  /// The schema's history. A block range index on the time costs next to nothing and makes pulls of a week fast.
  private static let migrations = [
    PostgreSQLMigration(
      version: 1,
      script: """
        CREATE TABLE transactions (
          tx_id text COLLATE "C" PRIMARY KEY,
          occurred_at timestamptz NOT NULL,
          user_id text NOT NULL,
          amount numeric(19,6) NOT NULL,
          currency text,
          merchant_id text,
          merchant_category text,
          terminal_id text,
          device_id text,
          channel text,
          location text,
          latitude double precision,
          longitude double precision
        );
        CREATE INDEX transactions_by_time ON transactions USING brin (occurred_at);
        CREATE TABLE labels (
          tx_id text COLLATE "C" PRIMARY KEY,
          is_fraud boolean NOT NULL,
          scenario text,
          labelled_at timestamptz NOT NULL
        );
        """)
  ]

  /// Creates or updates the tables; running it again changes nothing.
  public func migrate(at moment: Timestamp) throws {
    try rethrowing {
      _ = try connection.migrate(
        PostgreSQLTransactionStore.migrations, appliedAt: moment.microseconds)
    }
  }

  /// How many rows the two tables have.
  public func counts() throws -> (transactions: Int, labels: Int) {
    try rethrowing {
      let result = try connection.query(
        "SELECT (SELECT count(*) FROM transactions), (SELECT count(*) FROM labels)")
      return (Int(result.integer(0, 0) ?? 0), Int(result.integer(0, 1) ?? 0))
    }
  }

  // MARK: Writing

  /// Stores rows and their labels, all or none.
  ///
  /// Rows travel by `COPY` into temporary tables and from there by one upsert; a row that is stored already, and equal, is not
  /// written again.
  public func insert(_ batch: TransactionBatch) throws {
    for (row, time) in batch.times.enumerated() {
      try requireRepresentable(time, "occurred_at", id: batch.ids[row])
      if batch.labels[row] >= 0 {
        try requireRepresentable(batch.labelTimes[row], "labelled_at", id: batch.ids[row])
      }
    }
    let rows = lastRows(of: batch)
    let labelledRows = rows.filter { batch.labels[$0] >= 0 }
    try rethrowing {
      try connection.inTransaction {
        try upsert("transactions", TransactionColumns.names, rowCount: rows.count) {
          write(rows[$0], of: batch, to: &$1)
        }
        if labelledRows.isEmpty { return }
        try upsert("labels", TransactionColumns.labelNames, rowCount: labelledRows.count) {
          let row = labelledRows[$0]
          $1.write(batch.ids[row])
          $1.write(batch.labels[row] == 1)
          $1.write(batch.scenarios[row])
          $1.write(microseconds: batch.labelTimes[row])
        }
      }
    }
  }

  /// The rows of a batch without those whose identifier comes again: an upsert may touch a row only once.
  private func lastRows(of batch: TransactionBatch) -> [Int] {
    var rowOfID: [String: Int] = [:]
    rowOfID.reserveCapacity(batch.count)
    for (row, id) in batch.ids.enumerated() { rowOfID[id] = row }
    let all = 0..<batch.count
    return rowOfID.count == batch.count ? Array(all) : all.filter { rowOfID[batch.ids[$0]] == $0 }
  }

  private func upsert(
    _ table: String, _ columns: [String], rowCount: Int,
    _ write: (Int, inout PostgreSQLCopyWriter) throws -> Void
  ) throws {
    let incoming = "incoming_\(table)"
    try connection.execute(
      "CREATE TEMPORARY TABLE IF NOT EXISTS \(incoming) (LIKE \(table)) ON COMMIT DELETE ROWS")
    try connection.copyIn(incoming, columns, rowCount: rowCount, write)
    let names = columns.joined(separator: ", ")
    let old = columns.dropFirst().map { "t.\($0)" }.joined(separator: ", ")
    let new = columns.dropFirst().map { "excluded.\($0)" }.joined(separator: ", ")
    try connection.execute(
      """
      INSERT INTO \(table) AS t (\(names)) SELECT \(names) FROM \(incoming)
      ON CONFLICT (tx_id) DO UPDATE SET \(TransactionColumns.assignments(of: columns))
      WHERE (\(old)) IS DISTINCT FROM (\(new))
      """)
  }

  private func write(
    _ row: Int, of batch: TransactionBatch, to writer: inout PostgreSQLCopyWriter
  ) {
    writer.write(batch.ids[row])
    writer.write(microseconds: batch.times[row])
    writer.write(batch.users[row] ?? "")
    writer.write(millionths: batch.amounts[row])
    writer.write(batch.currencies[row])
    writer.write(batch.merchants[row])
    writer.write(batch.merchantCategories[row])
    writer.write(batch.terminals[row])
    writer.write(batch.devices[row])
    writer.write(batch.channels[row])
    writer.write(batch.locations[row])
    if batch.latitudes[row].isNaN { writer.writeNull() } else { writer.write(batch.latitudes[row]) }
    if batch.longitudes[row].isNaN {
      writer.writeNull()
    } else {
      writer.write(batch.longitudes[row])
    }
  }

  private func requireRepresentable(
    _ microseconds: Int64, _ column: String, id: String
  ) throws(IngestionError) {
    if PostgreSQLCopyWriter.moments.contains(microseconds) { return }
    throw IngestionError.unreadableValue(
      source: connection.server, row: "tx_id \(id)", column: column,
      expected: "a moment from 4713 BC to the year 294000")
  }
}
