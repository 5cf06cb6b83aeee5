/// Transactions with their labels as columns: the unit in which rows are stored, moved and turned into features.
///
/// All columns have `count` rows. Missing numbers are NaN, missing labels −1.
public struct TransactionBatch: Equatable, Sendable {
  /// Identifiers, one distinct text a row.
  public var ids: [String] = []
  /// Moments, in microseconds since the epoch.
  public var times: [Int64] = []
  /// Amounts in millionths.
  public var amounts: [Int64] = []
  /// Who paid; never missing.
  public var users = TextColumn()
  /// ISO 4217 codes.
  public var currencies = TextColumn()
  /// Who was paid.
  public var merchants = TextColumn()
  /// What the merchants sell.
  public var merchantCategories = TextColumn()
  /// Points of sale.
  public var terminals = TextColumn()
  /// Devices.
  public var devices = TextColumn()
  /// Channels.
  public var channels = TextColumn()
  /// Places.
  public var locations = TextColumn()
  /// Degrees north; NaN when unknown.
  public var latitudes: [Double] = []
  /// Degrees east; NaN when unknown.
  public var longitudes: [Double] = []
  /// 1 fraud, 0 known to be genuine, −1 nothing known.
  public var labels: [Int8] = []
  /// When the label became known, in microseconds; `Int64.max` when there is none.
  public var labelTimes: [Int64] = []
  /// Fraud scenarios.
  public var scenarios = TextColumn()

  /// Makes a batch without rows.
  public init() {}

  /// How many rows there are.
  public var count: Int { ids.count }

  /// Adds one row.
  public mutating func append(_ row: LabelledTransaction) {
    let transaction = row.transaction
    ids.append(transaction.id)
    times.append(transaction.time.microseconds)
    amounts.append(transaction.amount.millionths)
    users.append(transaction.userID)
    currencies.append(transaction.currency)
    merchants.append(transaction.merchantID)
    merchantCategories.append(transaction.merchantCategory)
    terminals.append(transaction.terminalID)
    devices.append(transaction.deviceID)
    channels.append(transaction.channel)
    locations.append(transaction.location)
    latitudes.append(transaction.latitude ?? .nan)
    longitudes.append(transaction.longitude ?? .nan)
    labels.append(row.label.map { $0.isFraud ? 1 : 0 } ?? -1)
    labelTimes.append(row.label?.knownAt.microseconds ?? .max)
    scenarios.append(row.label?.scenario)
  }

  /// Row `row` as a value.
  public subscript(row: Int) -> LabelledTransaction {
    LabelledTransaction(
      Transaction(
        id: ids[row], time: Timestamp(microseconds: times[row]), userID: users[row] ?? "",
        amount: Money(millionths: amounts[row]), currency: currencies[row],
        merchantID: merchants[row], merchantCategory: merchantCategories[row],
        terminalID: terminals[row], deviceID: devices[row], channel: channels[row],
        location: locations[row], latitude: latitudes[row].isNaN ? nil : latitudes[row],
        longitude: longitudes[row].isNaN ? nil : longitudes[row]),
      label: labels[row] < 0
        ? nil
        : TransactionLabel(
          isFraud: labels[row] == 1, scenario: scenarios[row],
          knownAt: Timestamp(microseconds: labelTimes[row])))
  }
}
