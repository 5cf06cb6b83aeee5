/// The names of the columns, the same in every database.
enum TransactionColumns {
  /// The columns of `transactions`.
  static let names = [
    "tx_id", "occurred_at", "user_id", "amount", "currency", "merchant_id", "merchant_category",
    "terminal_id", "device_id", "channel", "location", "latitude", "longitude",
  ]

  /// The columns of `labels`.
  static let labelNames = ["tx_id", "is_fraud", "scenario", "labelled_at"]

  /// The part of an upsert that replaces everything but the key.
  static func assignments(of names: [String]) -> String {
    names.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
  }
}
