public import Transactions

/// A database of transactions and their labels: `transactions`, `labels` and `schema_migrations`.
///
/// Labels lie in a table of their own, because they become known later, and from elsewhere, than the transactions.
public protocol TransactionStore: ~Copyable {
  /// Creates or updates the tables; running it again changes nothing.
  ///
  /// - Parameter moment: what is recorded as the time of each change to the schema.
  func migrate(at moment: Timestamp) throws

  /// Stores rows and their labels, all or none; a row whose identifier is known already is replaced.
  ///
  /// When an identifier comes twice in the batch, its last row counts. A row without a label leaves a known one alone.
  func insert(_ batch: TransactionBatch) throws

  /// Lends the selected rows with their labels, batch by batch, as one consistent state of the database.
  func forEachBatch(
    of selection: TransactionSelection, _ body: (TransactionBatch) throws -> Void
  ) throws

  /// How many rows the two tables have.
  func counts() throws -> (transactions: Int, labels: Int)
}

/// Which rows of a store are wanted, and how.
public struct TransactionSelection: Equatable, Sendable {
  /// The sequence of the rows.
  public enum Order: Equatable, Sendable {
    /// By time, then length of the identifier, then its bytes: as `LabelledTransaction.isOrderedBefore` says.
    case canonical
    /// As the database likes, which is faster.
    case any
  }

  /// Only transactions of these moments; all when `nil`.
  public var range: Range<Timestamp>?
  /// The sequence of the rows.
  public var order: Order
  /// How many rows a batch has, at most; memory is proportional to it.
  public var rowsPerBatch: Int

  /// The default size of a batch: about ten megabytes.
  public static let defaultRowsPerBatch = 65_536

  /// Makes a selection.
  ///
  /// - Precondition: `rowsPerBatch` is in 1…1,048,576.
  public init(
    range: Range<Timestamp>? = nil, order: Order = .canonical,
    rowsPerBatch: Int = TransactionSelection.defaultRowsPerBatch
  ) {
    precondition((1...1_048_576).contains(rowsPerBatch), "a batch has 1 to 1,048,576 rows")
    self.range = range
    self.order = order
    self.rowsPerBatch = rowsPerBatch
  }

  /// Everything, in canonical order.
  public static let all = TransactionSelection()
}
