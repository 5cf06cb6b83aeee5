public import Transactions

/// A store opened from a source's location: a file or a server, whatever the location says.
public enum DatabaseStore: TransactionStore, ~Copyable {
  case sqlite(SQLiteTransactionStore)
  case postgresql(PostgreSQLTransactionStore)

  /// Opens the database at `location`.
  ///
  /// - Parameters:
  ///   - location: Where the database is.
  ///   - access: What may happen to an SQLite file; what a PostgreSQL user may do, the server decides.
  ///   - connectionCount: How many connections fetch rows from PostgreSQL at once.
  /// - Throws: `IngestionError`: `malformedSource` for a location that is no database, `sourceUnavailable` when it cannot be
  ///   opened.
  public init(
    opening location: SourceLocation, access: SQLiteTransactionStore.Access = .create,
    connectionCount: Int = 1
  ) throws(IngestionError) {
    switch location {
    case .sqlite(let path): self = .sqlite(try SQLiteTransactionStore(path: path, access: access))
    case .postgresql(let url):
      self = .postgresql(
        try PostgreSQLTransactionStore(url: url, connectionCount: connectionCount))
    case .csv:
      throw IngestionError.malformedSource(
        reason: "\(location) is a file of rows and not a database; import it into one")
    }
  }

  /// Creates or updates the tables; running it again changes nothing.
  public func migrate(at moment: Timestamp) throws {
    switch self {
    case .sqlite(let store): try store.migrate(at: moment)
    case .postgresql(let store): try store.migrate(at: moment)
    }
  }

  /// Stores rows and their labels, all or none.
  public func insert(_ batch: TransactionBatch) throws {
    switch self {
    case .sqlite(let store): try store.insert(batch)
    case .postgresql(let store): try store.insert(batch)
    }
  }

  /// Lends the selected rows with their labels, batch by batch, as one consistent state of the database.
  public func forEachBatch(
    of selection: TransactionSelection, _ body: (TransactionBatch) throws -> Void
  ) throws {
    switch self {
    case .sqlite(let store): try store.forEachBatch(of: selection, body)
    case .postgresql(let store): try store.forEachBatch(of: selection, body)
    }
  }

  /// How many rows the two tables have.
  public func counts() throws -> (transactions: Int, labels: Int) {
    switch self {
    case .sqlite(let store): try store.counts()
    case .postgresql(let store): try store.counts()
    }
  }
}
