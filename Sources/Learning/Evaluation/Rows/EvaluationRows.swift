public import Transactions

/// The labelled rows on which detectors are judged, as columns.
public struct EvaluationRows: Sendable {
  /// Row keys.
  public private(set) var ids: [String] = []
  /// Moments in microseconds since the epoch.
  public private(set) var times: [Int64] = []
  /// Who each row belongs to: the unit that is resampled and that an analyst blocks.
  public private(set) var entities = TextColumn()
  /// Amounts in millionths.
  public private(set) var amounts: [Int64] = []
  /// True for fraud.
  public private(set) var labels: [Bool] = []
  /// Names of the fraud scenarios, where known.
  public private(set) var scenarios = TextColumn()
  /// How many rows nobody has reported on; they count as genuine.
  public private(set) var unlabelledCount = 0
  /// How many rows are fraud.
  public private(set) var positiveCount = 0

  /// Makes a table without rows.
  public init() {}

  /// How many rows there are.
  public var count: Int { ids.count }

  /// Adds one row.
  ///
  /// - Parameter label: 1 fraud, 0 genuine, −1 unknown, which counts as genuine.
  /// - Throws: `EvaluationError.invalidLabel` for another label.
  public mutating func append(
    id: String, time: Timestamp, entity: String, amount: Money, label: Int8, scenario: String? = nil
  ) throws(EvaluationError) {
    guard (-1...1).contains(label) else { throw .invalidLabel(row: id) }
    ids.append(id)
    times.append(time.microseconds)
    entities.append(entity)
    amounts.append(amount.millionths)
    labels.append(label == 1)
    scenarios.append(label == 1 ? scenario : nil)
    if label < 0 { unlabelledCount += 1 }
    if label == 1 { positiveCount += 1 }
  }

  /// Adds row `row` of a batch.
  ///
  /// - Throws: `EvaluationError.invalidLabel`.
  public mutating func append(_ batch: TransactionBatch, row: Int) throws(EvaluationError) {
    try append(
      id: batch.ids[row], time: Timestamp(microseconds: batch.times[row]),
      entity: batch.users[row] ?? "", amount: Money(millionths: batch.amounts[row]),
      label: batch.labels[row], scenario: batch.scenarios[row])
  }
}

/// One detector's scores of the evaluated rows.
public struct DetectorScores: Sendable {
  /// Why a detector is in the table.
  public enum Role: String, Sendable {
    /// One that could be promoted.
    case candidate
    /// The one in use.
    case champion
    /// A yardstick that learned nothing.
    case baseline
  }

  /// Name in the report.
  public let name: String
  /// Why it is there.
  public let role: Role
  /// One score a row, higher is more anomalous.
  public let scores: [Double]

  /// Names a column of scores.
  public init(name: String, role: Role = .candidate, scores: [Double]) {
    self.name = name
    self.role = role
    self.scores = scores
  }
}
