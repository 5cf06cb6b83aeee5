internal import Transactions

/// The columns of a snapshot, in their order; the names are those of the SQL schema.
enum SnapshotColumn: String, CaseIterable {
  case id = "tx_id"
  case occurredAt = "occurred_at"
  case user = "user_id"
  case amount
  case currency
  case merchant = "merchant_id"
  case merchantCategory = "merchant_category"
  case terminal = "terminal_id"
  case device = "device_id"
  case channel
  case location
  case latitude
  case longitude
  case isFraud = "is_fraud"
  case scenario
  case labelledAt = "labelled_at"

  /// The columns that are stored as codes into a dictionary.
  static let texts: [SnapshotColumn] = [
    .user, .currency, .merchant, .merchantCategory, .terminal, .device, .channel, .location,
    .scenario,
  ]

  /// Where a text column lies in a batch.
  var texts: WritableKeyPath<TransactionBatch, TextColumn> {
    switch self {
    case .user: \.users
    case .currency: \.currencies
    case .merchant: \.merchants
    case .merchantCategory: \.merchantCategories
    case .terminal: \.terminals
    case .device: \.devices
    case .channel: \.channels
    case .location: \.locations
    case .scenario: \.scenarios
    case .id, .occurredAt, .amount, .latitude, .longitude, .isFraud, .labelledAt:
      preconditionFailure("\(rawValue) is no text column")
    }
  }
}

extension TransactionBatch {
  func texts(of column: SnapshotColumn) -> TextColumn { self[keyPath: column.texts] }
}
