public import Transactions

/// A text column of transactions by which events are grouped or whose values are compared.
public enum FeatureColumn: String, CaseIterable, Hashable, Sendable {
  case user
  case merchant
  case merchantCategory = "merchant_category"
  case terminal
  case device
  case channel
  case location
  case currency

  /// The text of this column in `transaction`, or `nil` when it has none.
  public func text(of transaction: Transaction) -> String? {
    switch self {
    case .user: transaction.userID
    case .merchant: transaction.merchantID
    case .merchantCategory: transaction.merchantCategory
    case .terminal: transaction.terminalID
    case .device: transaction.deviceID
    case .channel: transaction.channel
    case .location: transaction.location
    case .currency: transaction.currency
    }
  }

  /// This column of `batch`.
  public func column(of batch: TransactionBatch) -> TextColumn {
    switch self {
    case .user: batch.users
    case .merchant: batch.merchants
    case .merchantCategory: batch.merchantCategories
    case .terminal: batch.terminals
    case .device: batch.devices
    case .channel: batch.channels
    case .location: batch.locations
    case .currency: batch.currencies
    }
  }

  /// Position among all columns.
  var index: Int {
    switch self {
    case .user: 0
    case .merchant: 1
    case .merchantCategory: 2
    case .terminal: 3
    case .device: 4
    case .channel: 5
    case .location: 6
    case .currency: 7
    }
  }
}

/// Whose history a feature looks at: one column, such as `user`, or a pair, such as `[user, merchant]`.
public struct FeatureEntity: Hashable, Sendable {
  /// One or two different columns.
  public let columns: [FeatureColumn]

  /// The entity of one column.
  public init(_ column: FeatureColumn) { columns = [column] }

  /// The entity of a pair of columns.
  ///
  /// - Precondition: the columns differ.
  public init(_ first: FeatureColumn, _ second: FeatureColumn) {
    precondition(first != second, "a pair has two different columns")
    columns = [first, second]
  }

  /// The name as a part of feature names: `user`, `user_merchant`.
  public var name: String { columns.map(\.rawValue).joined(separator: "_") }
}
