public import Evaluation
public import Features
public import Ingestion
public import Tabular
internal import Terminal
internal import Transactions

/// The rows that train and the rows that judge, as features, with the state of the engine after the last transaction.
///
/// One pass in time order computes them, so no row sees anything that was not known at its moment.
public struct FeatureTables: Sendable {
  /// Training rows × features.
  public let training: Matrix<Double>
  /// Which rows of the training period these are.
  public let trainingChoice: TrainingRowChoice
  /// A key of each training row, from its identifier alone.
  public let trainingKeys: [UInt64]
  /// Whether each training row was known to be fraud when the label delay after training was over.
  public let trainingLabels: [Bool]
  /// What is known about the training rows.
  public let trainingRows: EvaluationRows
  /// Validation rows × features; no row without a validation period.
  public let validation: Matrix<Double>
  /// What is known about the validation rows.
  public let validationRows: EvaluationRows
  /// Test rows × features, without the rows of entities known to be compromised when that is asked for.
  public let test: Matrix<Double>
  /// What is known about the test rows.
  public let testRows: EvaluationRows
  /// How many test rows were left out because their entity was known to be compromised.
  public let droppedCount: Int
  /// The engine after the last transaction of the snapshot.
  public let engine: FeatureEngine

  /// How many rows of a period are kept at most.
  ///
  /// The rows of a period that has more are drawn by the lowest hashes of their identifiers: the same ones whatever the order
  /// and the number of parts. Every row moves the state of the engine.
  public struct RowLimits: Equatable, Sendable {
    /// Rows that train.
    public var training: Int
    /// Rows that judge.
    public var test: Int

    /// Sets limits; there are none by default.
    public init(training: Int = .max, test: Int = .max) {
      self.training = training
      self.test = test
    }
  }

  /// Computes the tables of `snapshot`.
  ///
  /// - Parameters:
  ///   - snapshot: The transactions.
  ///   - features: The columns.
  ///   - rules: What the engine judges besides.
  ///   - split: The periods.
  ///   - dropsKnownCompromised: Whether test rows of entities known to be compromised are left out.
  ///   - segment: The part of all transactions whose rows are kept; `nil` for all.
  ///   - limits: How many rows are kept; memory is proportional to them, not to the snapshot.
  ///   - knowsLabelsAtOnce: Whether every label counts as known at the moment of its transaction: for leak canaries alone.
  /// - Throws: what reading the snapshot throws, `FeatureError`, and `EvaluationError.noRows` when a period is empty.
  public init(
    of snapshot: Snapshot, features: FeatureSpecification, rules: RuleSet, split: TimeSplit,
    segment: RowSegment? = nil, dropsKnownCompromised: Bool, limits: RowLimits = RowLimits(),
    knowsLabelsAtOnce: Bool = false
  ) throws {
    var compromised = CompromisedEntities(since: split.training.lowerBound)
    var kept = KeptRows(
      segment, limits: limits, split: split, rowCount: snapshot.manifest.rowCount)
    if dropsKnownCompromised || kept.isNeeded {
      try snapshot.forEachBatch { batch in
        if dropsKnownCompromised { compromised.observe(batch) }
        kept.observe(batch)
      }
    }
    kept.settle()
    var engine = FeatureEngine(features, rules: rules)
    var trainingKeys: [UInt64] = []
    var trainingLabels: [Bool] = []
    let labelsEnd = (split.training.upperBound + split.delay).microseconds
    var (trainingRows, validationRows) = (EvaluationRows(), EvaluationRows())
    var testRows = EvaluationRows()
    var droppedCount = 0
    let columnCount = features.names.count
    // Rows that nobody keeps only move the engine's state; their features are not computed.
    var values: [RowUse: [Double]] = [:]
    for use in RowUse.allCases {
      values[use, default: []].reserveCapacity(kept.count(of: use) * columnCount)
    }
    var progress = ProgressLine("features")
    var rowCount = 0
    try snapshot.forEachBatch { batch in
      var batch = batch
      if knowsLabelsAtOnce {
        for row in 0..<batch.count where batch.labels[row] >= 0 {
          batch.labelTimes[row] = batch.times[row]
        }
      }
      let uses = kept.uses(of: batch, compromised, &droppedCount)
      try engine.process(batch, computing: { uses[$0] != nil }) { row, features in
        guard let use = uses[row] else { return }
        values[use]?.append(contentsOf: features)
      }
      func rows(_ use: RowUse) -> [Int] { uses.indices.filter { uses[$0] == use } }
      let training = rows(.training)
      for row in training {
        trainingKeys.append(StableHash.of(batch.ids[row]))
        trainingLabels.append(batch.labels[row] == 1 && batch.labelTimes[row] <= labelsEnd)
      }
      try trainingRows.append(batch, rows: training)
      try validationRows.append(batch, rows: rows(.validation))
      try testRows.append(batch, rows: rows(.test))
      rowCount += batch.count
      progress.update(rowCount, of: snapshot.manifest.rowCount)
    }
    progress.finish()
    guard !trainingKeys.isEmpty else {
      throw PipelineError.emptyPeriod("training", split.training, snapshot.manifest.digest)
    }
    guard testRows.count > 0 else {
      throw PipelineError.emptyPeriod("test", split.test, snapshot.manifest.digest)
    }
    if let validation = split.validation, validationRows.count == 0 {
      throw PipelineError.emptyPeriod("validation", validation, snapshot.manifest.digest)
    }
    self.engine = engine
    trainingChoice = TrainingRowChoice(segment: segment, highestKey: kept.highestTrainingKey)
    self.trainingKeys = trainingKeys
    self.trainingLabels = trainingLabels
    self.trainingRows = trainingRows
    self.validationRows = validationRows
    self.testRows = testRows
    self.droppedCount = droppedCount
    func matrix(_ use: RowUse) -> Matrix<Double> {
      let own = values[use] ?? []
      return Matrix(
        rowCount: own.count / columnCount, columnCount: columnCount, values: own)
    }
    training = matrix(.training)
    validation = matrix(.validation)
    test = matrix(.test)
  }
}

/// What a row is kept for.
private enum RowUse: CaseIterable {
  case training
  case validation
  case test
}

/// Which rows of the periods are kept.
private struct KeptRows {
  let segment: RowSegment?
  let split: TimeSplit
  private let limits: FeatureTables.RowLimits
  private var training: LowestKeys?
  private var test: LowestKeys?
  private var counts: [RowUse: Int] = [:]
  private(set) var highestTrainingKey = UInt64.max
  private var highestTestKey = UInt64.max

  init(
    _ segment: RowSegment?, limits: FeatureTables.RowLimits, split: TimeSplit, rowCount: Int
  ) {
    self.segment = segment
    self.split = split
    self.limits = limits
    training = limits.training < rowCount ? LowestKeys(count: limits.training) : nil
    test = limits.test < rowCount ? LowestKeys(count: limits.test) : nil
  }

  /// Whether the rows must be seen before the first is kept.
  var isNeeded: Bool { training != nil || test != nil }

  /// How many rows are kept for a use at most; 0 when nobody looked.
  func count(of use: RowUse) -> Int {
    let limit =
      switch use {
      case .training: limits.training
      case .validation: Int.max
      case .test: limits.test
      }
    return min(counts[use] ?? 0, limit)
  }

  private func use(at time: Int64) -> RowUse? {
    switch split.period(of: Timestamp(microseconds: time)) {
    case .training: .training
    case .validation: .validation
    case .test: .test
    case .delay, nil: nil
    }
  }

  mutating func observe(_ batch: TransactionBatch) {
    let isMember = segment?.membership(in: batch)
    for row in 0..<batch.count where isMember?[row] ?? true {
      guard let use = use(at: batch.times[row]) else { continue }
      counts[use, default: 0] += 1
      switch use {
      case .training: training?.offer(StableHash.of(batch.ids[row]))
      case .test: test?.offer(StableHash.of(batch.ids[row]))
      case .validation: break
      }
    }
  }

  mutating func settle() {
    highestTrainingKey = training?.highest() ?? .max
    highestTestKey = test?.highest() ?? .max
  }

  /// What each row of `batch` is kept for; test rows of known entities are counted as dropped.
  func uses(
    of batch: TransactionBatch, _ compromised: CompromisedEntities, _ droppedCount: inout Int
  ) -> [RowUse?] {
    let isMember = segment?.membership(in: batch)
    var uses = [RowUse?](repeating: nil, count: batch.count)
    for row in 0..<batch.count where isMember?[row] ?? true {
      guard let use = use(at: batch.times[row]) else { continue }
      let isKnown =
        use != .training
        && compromised.isKnown(
          batch.users[row] ?? "", at: Timestamp(microseconds: batch.times[row]))
      if isKnown && use == .test { droppedCount += 1 }
      let limit =
        switch use {
        case .training: highestTrainingKey
        case .validation: UInt64.max
        case .test: highestTestKey
        }
      if !isKnown && (limit == .max || StableHash.of(batch.ids[row]) <= limit) { uses[row] = use }
    }
    return uses
  }
}
