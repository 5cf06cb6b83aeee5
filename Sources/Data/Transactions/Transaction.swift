/// One card or account transaction, as the event schema carries it; every text but `id` and `userID` may be absent.
public struct Transaction: Equatable, Sendable {
  /// Unique among all transactions.
  public var id: String
  /// When it happened.
  public var time: Timestamp
  /// Who paid: customer, card holder or account.
  public var userID: String
  /// How much, in `currency`.
  public var amount: Money
  /// ISO 4217 code.
  public var currency: String?
  /// Who was paid.
  public var merchantID: String?
  /// What the merchant sells.
  public var merchantCategory: String?
  /// The point of sale.
  public var terminalID: String?
  /// The device or browser that was used.
  public var deviceID: String?
  /// `card_present`, `online`, `atm`, or the source's own word.
  public var channel: String?
  /// ISO 3166 country or another name of the place.
  public var location: String?
  /// Degrees north, when known.
  public var latitude: Double?
  /// Degrees east, when known.
  public var longitude: Double?

  /// Makes a transaction.
  public init(
    id: String, time: Timestamp, userID: String, amount: Money, currency: String? = nil,
    merchantID: String? = nil, merchantCategory: String? = nil, terminalID: String? = nil,
    deviceID: String? = nil, channel: String? = nil, location: String? = nil,
    latitude: Double? = nil, longitude: Double? = nil
  ) {
    self.id = id
    self.time = time
    self.userID = userID
    self.amount = amount
    self.currency = currency
    self.merchantID = merchantID
    self.merchantCategory = merchantCategory
    self.terminalID = terminalID
    self.deviceID = deviceID
    self.channel = channel
    self.location = location
    self.latitude = latitude
    self.longitude = longitude
  }
}

/// What became known about a transaction, and when.
public struct TransactionLabel: Equatable, Sendable {
  /// True for fraud.
  public var isFraud: Bool
  /// Name of the fraud scenario, when known.
  public var scenario: String?
  /// When the label became known; nothing before this moment may use it.
  public var knownAt: Timestamp

  /// Makes a label.
  public init(isFraud: Bool, scenario: String? = nil, knownAt: Timestamp) {
    self.isFraud = isFraud
    self.scenario = scenario
    self.knownAt = knownAt
  }
}

/// A transaction with what is known about it, if anything.
public struct LabelledTransaction: Equatable, Sendable {
  /// The transaction.
  public var transaction: Transaction
  /// Its label, or `nil` when nobody has reported on it.
  public var label: TransactionLabel?

  /// Joins a transaction and its label.
  public init(_ transaction: Transaction, label: TransactionLabel? = nil) {
    self.transaction = transaction
    self.label = label
  }

  /// The order in which everything in this project sees transactions: by time, then by identifier, shorter
  /// identifiers first, so that decimal numbers keep their order.
  public static func isOrderedBefore(_ left: LabelledTransaction, _ right: LabelledTransaction)
    -> Bool
  {
    let (a, b) = (left.transaction, right.transaction)
    if a.time != b.time { return a.time < b.time }
    let (aCount, bCount) = (a.id.utf8.count, b.id.utf8.count)
    if aCount != bCount { return aCount < bCount }
    return a.id.utf8.lexicographicallyPrecedes(b.id.utf8)
  }
}
