internal import SQLite
public import Transactions

/// Transactions in an SQLite file: the default, which needs no server.
///
/// Moments are microseconds since 1970 in UTC, amounts are decimal text.
public struct SQLiteTransactionStore: TransactionStore, ~Copyable {
  /// What may happen to the file.
  public enum Access: Equatable, Sendable {
    /// It is made when there is none.
    case create
    /// It must exist.
    case readWrite
    /// It must exist and is only read.
    case readOnly
  }

  private let connection: SQLiteConnection

  /// Opens the file at `path`.
  ///
  /// - Throws: `IngestionError`, also when the file is no database.
  public init(path: String, access: Access = .create) throws(IngestionError) {
    let connectionAccess: SQLiteOptions.Access =
      switch access {
      case .create: .create
      case .readWrite: .readWrite
      case .readOnly: .readOnly
      }
    do throws(SQLiteError) {
      connection = try SQLiteConnection(path, options: SQLiteOptions(access: connectionAccess))
    } catch {
      throw IngestionError(error)
    }
  }

  /// The schema's history. The index carries the canonical order, so that reading in order needs no sorting.
  private static let migrations = [
    SQLiteMigration(
      version: 1,
      script: """
        CREATE TABLE transactions (
          tx_id TEXT PRIMARY KEY NOT NULL,
          occurred_at INTEGER NOT NULL,
          user_id TEXT NOT NULL,
          amount TEXT NOT NULL,
          currency TEXT,
          merchant_id TEXT,
          merchant_category TEXT,
          terminal_id TEXT,
          device_id TEXT,
          channel TEXT,
          location TEXT,
          latitude REAL,
          longitude REAL
        ) STRICT;
        CREATE INDEX transactions_in_order
          ON transactions (occurred_at, length(CAST(tx_id AS BLOB)), tx_id);
        CREATE TABLE labels (
          tx_id TEXT PRIMARY KEY NOT NULL,
          is_fraud INTEGER NOT NULL CHECK (is_fraud IN (0, 1)),
          scenario TEXT,
          labelled_at INTEGER NOT NULL
        ) STRICT;
        """)
  ]

  /// Creates or updates the tables; running it again changes nothing.
  public func migrate(at moment: Timestamp) throws {
    try rethrowing {
      _ = try connection.migrate(
        SQLiteTransactionStore.migrations, appliedAt: moment.microseconds)
    }
  }

  /// How many rows the two tables have.
  public func counts() throws -> (transactions: Int, labels: Int) {
    try rethrowing {
      let row = try connection.firstRow(
        "SELECT (SELECT count(*) FROM transactions), (SELECT count(*) FROM labels)"
      ) { (transactions: Int($0.integer(at: 0)), labels: Int($0.integer(at: 1))) }
      return row ?? (0, 0)
    }
  }

  // MARK: Writing

  private static let upsertTransaction =
    """
    INSERT INTO transactions (\(TransactionColumns.names.joined(separator: ", ")))
    VALUES (\(TransactionColumns.names.map { _ in "?" }.joined(separator: ", ")))
    ON CONFLICT (tx_id) DO UPDATE SET \(TransactionColumns.assignments(of: TransactionColumns.names))
    """

  private static let upsertLabel =
    """
    INSERT INTO labels (\(TransactionColumns.labelNames.joined(separator: ", "))) VALUES (?, ?, ?, ?)
    ON CONFLICT (tx_id) DO UPDATE SET \(TransactionColumns.assignments(of: TransactionColumns.labelNames))
    """

  /// Stores rows and their labels, all or none.
  public func insert(_ batch: TransactionBatch) throws {
    try rethrowing {
      try connection.inTransaction {
        var transaction = try connection.prepare(SQLiteTransactionStore.upsertTransaction)
        var label = try connection.prepare(SQLiteTransactionStore.upsertLabel)
        for row in 0..<batch.count {
          try bind(row, of: batch, to: &transaction)
          try transaction.run()
          if batch.labels[row] < 0 { continue }
          try label.run([
            .text(batch.ids[row]), .integer(Int64(batch.labels[row])),
            .optional(batch.scenarios[row]), .integer(batch.labelTimes[row]),
          ])
        }
      }
    }
  }

  private func bind(
    _ row: Int, of batch: TransactionBatch, to statement: inout SQLiteStatement
  ) throws(SQLiteError) {
    try statement.bind(batch.ids[row], at: 1)
    try statement.bind(batch.times[row], at: 2)
    try statement.bind(batch.users[row] ?? "", at: 3)
    try statement.bind(Money(millionths: batch.amounts[row]).description, at: 4)
    try statement.bind(.optional(batch.currencies[row]), at: 5)
    try statement.bind(.optional(batch.merchants[row]), at: 6)
    try statement.bind(.optional(batch.merchantCategories[row]), at: 7)
    try statement.bind(.optional(batch.terminals[row]), at: 8)
    try statement.bind(.optional(batch.devices[row]), at: 9)
    try statement.bind(.optional(batch.channels[row]), at: 10)
    try statement.bind(.optional(batch.locations[row]), at: 11)
    // SQLite keeps NaN as null.
    try statement.bind(batch.latitudes[row], at: 12)
    try statement.bind(batch.longitudes[row], at: 13)
  }

  // MARK: Reading

  /// Lends the selected rows with their labels, in one reading transaction.
  public func forEachBatch(
    of selection: TransactionSelection, _ body: (TransactionBatch) throws -> Void
  ) throws {
    let columns =
      TransactionColumns.names.map { "t.\($0)" }
      + TransactionColumns.labelNames.dropFirst().map { "l.\($0)" }
    var query =
      "SELECT \(columns.joined(separator: ", ")) FROM transactions AS t LEFT JOIN labels AS l ON l.tx_id = t.tx_id"
    var values: [SQLiteValue] = []
    if let range = selection.range {
      query += " WHERE t.occurred_at >= ? AND t.occurred_at < ?"
      values = [
        .integer(range.lowerBound.microseconds), .integer(range.upperBound.microseconds),
      ]
    }
    if selection.order == .canonical {
      query += " ORDER BY t.occurred_at, length(CAST(t.tx_id AS BLOB)), t.tx_id"
    }
    try rethrowing {
      var statement = try connection.prepare(query)
      try statement.bind(values)
      var batch = TransactionBatch()
      while try statement.step() {
        try append(statement, to: &batch)
        if batch.count == selection.rowsPerBatch {
          try body(batch)
          batch = TransactionBatch()
        }
      }
      if batch.count > 0 { try body(batch) }
    }
  }

  private func append(
    _ row: borrowing SQLiteStatement, to batch: inout TransactionBatch
  ) throws(IngestionError) {
    let id = try text(row, 0, id: "")
    batch.ids.append(id)
    batch.times.append(row.integer(at: 1))
    batch.users.append(try text(row, 2, id: id))
    guard let amount = Money(parsing: try text(row, 3, id: id)) else {
      throw unreadable("amount", id: id, expected: "a decimal number with at most six decimals")
    }
    batch.amounts.append(amount.millionths)
    batch.currencies.append(try optionalText(row, 4, id: id))
    batch.merchants.append(try optionalText(row, 5, id: id))
    batch.merchantCategories.append(try optionalText(row, 6, id: id))
    batch.terminals.append(try optionalText(row, 7, id: id))
    batch.devices.append(try optionalText(row, 8, id: id))
    batch.channels.append(try optionalText(row, 9, id: id))
    batch.locations.append(try optionalText(row, 10, id: id))
    batch.latitudes.append(row.optionalDouble(at: 11) ?? .nan)
    batch.longitudes.append(row.optionalDouble(at: 12) ?? .nan)
    batch.labels.append(row.isNull(at: 13) ? -1 : (row.integer(at: 13) == 0 ? 0 : 1))
    batch.scenarios.append(try optionalText(row, 14, id: id))
    batch.labelTimes.append(row.optionalInteger(at: 15) ?? .max)
  }

  private func optionalText(
    _ row: borrowing SQLiteStatement, _ column: Int, id: String
  ) throws(IngestionError) -> String? {
    row.isNull(at: column) ? nil : try text(row, column, id: id)
  }

  private func text(
    _ row: borrowing SQLiteStatement, _ column: Int, id: String
  ) throws(IngestionError) -> String {
    let text = row.withText(at: column) { bytes -> String? in
      guard let valid = try? UTF8Span(validating: bytes) else { return nil }
      return String(copying: valid)
    }
    guard let text else {
      throw unreadable(row.columnName(at: column), id: id, expected: "UTF-8 text")
    }
    return text
  }

  private func unreadable(_ column: String, id: String, expected: String) -> IngestionError {
    .unreadableValue(
      source: "sqlite:\(connection.path)", row: "tx_id \(id)", column: column, expected: expected)
  }
}
