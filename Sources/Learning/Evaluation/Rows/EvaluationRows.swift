public import Transactions

/// What a row belongs to besides its entity: dimensions in which a report slices its figures and looks for new values.
public enum RowCategory: String, CaseIterable, Sendable {
  case channel
  case merchantCategory = "merchant_category"
  case currency
  case location

  fileprivate var index: Int { RowCategory.allCases.firstIndex(of: self) ?? 0 }
}

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
  private var categoryColumns = RowCategory.allCases.map { _ in TextColumn() }
  private var isLabelled: [Bool] = []

  /// Makes a table without rows.
  public init() {}

  /// How many rows there are.
  public var count: Int { ids.count }
  /// How many rows nobody has reported on; they count as genuine.
  public var unlabelledCount: Int { isLabelled.count { !$0 } }
  /// How many rows are fraud.
  public var positiveCount: Int { labels.count { $0 } }

  /// The column of a category; missing values have none.
  public subscript(category: RowCategory) -> TextColumn { categoryColumns[category.index] }

  /// Adds all rows of `other` at the end.
  public mutating func append(contentsOf other: EvaluationRows) {
    ids += other.ids
    times += other.times
    entities.append(contentsOf: other.entities)
    amounts += other.amounts
    labels += other.labels
    scenarios.append(contentsOf: other.scenarios)
    for index in categoryColumns.indices {
      categoryColumns[index].append(contentsOf: other.categoryColumns[index])
    }
    isLabelled += other.isLabelled
  }

  /// The rows with the given indices, in ascending order.
  ///
  /// - Precondition: the indices rise.
  public func selecting(rows: some Collection<Int>) -> EvaluationRows {
    let codes = rows.map { Int32($0) }
    var selected = EvaluationRows()
    selected.ids = rows.map { ids[$0] }
    selected.times = rows.map { times[$0] }
    selected.entities = entities.selecting(codes)
    selected.amounts = rows.map { amounts[$0] }
    selected.labels = rows.map { labels[$0] }
    selected.scenarios = scenarios.selecting(codes)
    selected.categoryColumns = categoryColumns.map { $0.selecting(codes) }
    selected.isLabelled = rows.map { isLabelled[$0] }
    return selected
  }

  /// The indices of the rows with the given keys, which stand here in the same order.
  ///
  /// - Precondition: every key occurs here, after the one before it.
  public func positions(of keys: [String]) -> [Int] {
    var row = -1
    return keys.map { key in
      repeat { row += 1 } while ids[row] != key
      return row
    }
  }

  /// Checks that no entity of these rows is also in `training`, for tests that must be of unknown entities.
  ///
  /// - Throws: `EvaluationError.knownEntities` with their number.
  public func checkNoEntity(isIn training: EvaluationRows) throws(EvaluationError) {
    let known = Set(training.entities.dictionary)
    let count = entities.dictionary.count { known.contains($0) }
    if count > 0 { throw .knownEntities(count: count, total: entities.dictionary.count) }
  }

  /// Adds one row.
  ///
  /// - Parameters:
  ///   - id: Key of the row.
  ///   - time: When it happened.
  ///   - entity: Whom it belongs to.
  ///   - amount: What was paid.
  ///   - label: 1 fraud, 0 genuine, −1 unknown, which counts as genuine.
  ///   - scenario: Kind of the fraud, where known.
  ///   - categories: What else the row belongs to; a missing one is no value.
  /// - Throws: `EvaluationError.invalidLabel` for another label.
  public mutating func append(
    id: String, time: Timestamp, entity: String, amount: Money, label: Int8,
    scenario: String? = nil, categories: [RowCategory: String] = [:]
  ) throws(EvaluationError) {
    try append(
      id: id, time: time.microseconds, entity: entity, amount: amount.millionths, label: label,
      scenario: scenario)
    for category in RowCategory.allCases {
      categoryColumns[category.index].append(categories[category])
    }
  }

  private mutating func append(
    id: String, time: Int64, entity: String, amount: Int64, label: Int8, scenario: String?
  ) throws(EvaluationError) {
    guard (-1...1).contains(label) else { throw .invalidLabel(row: id) }
    ids.append(id)
    times.append(time)
    entities.append(entity)
    amounts.append(amount)
    labels.append(label == 1)
    scenarios.append(label == 1 ? scenario : nil)
    isLabelled.append(label >= 0)
  }

  /// Adds rows of a batch.
  ///
  /// - Parameters:
  ///   - batch: Transactions.
  ///   - rows: Indices of those that are added, in their order.
  /// - Throws: `EvaluationError.invalidLabel`.
  /// - Complexity: O(rows), and a look-up for each text of the batch that these rows use.
  public mutating func append(
    _ batch: TransactionBatch, rows: some Collection<Int>
  ) throws(EvaluationError) {
    for row in rows where !(-1...1).contains(batch.labels[row]) {
      throw .invalidLabel(row: batch.ids[row])
    }
    ids.append(contentsOf: rows.lazy.map { batch.ids[$0] })
    times.append(contentsOf: rows.lazy.map { batch.times[$0] })
    amounts.append(contentsOf: rows.lazy.map { batch.amounts[$0] })
    labels.append(contentsOf: rows.lazy.map { batch.labels[$0] == 1 })
    isLabelled.append(contentsOf: rows.lazy.map { batch.labels[$0] >= 0 })
    func add(_ column: TextColumn, to own: inout TextColumn) {
      var known = [Int32](repeating: -1, count: column.dictionary.count)
      for row in rows { own.append(row, of: column, known: &known) }
    }
    add(batch.users, to: &entities)
    var known = [Int32](repeating: -1, count: batch.scenarios.dictionary.count)
    for row in rows {
      if batch.labels[row] == 1 {
        scenarios.append(row, of: batch.scenarios, known: &known)
      } else {
        scenarios.append(nil)
      }
    }
    for category in RowCategory.allCases {
      let column =
        switch category {
        case .channel: batch.channels
        case .merchantCategory: batch.merchantCategories
        case .currency: batch.currencies
        case .location: batch.locations
        }
      add(column, to: &categoryColumns[category.index])
    }
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
