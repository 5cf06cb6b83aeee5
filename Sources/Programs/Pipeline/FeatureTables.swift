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

  /// Computes the tables of `snapshot`.
  ///
  /// - Parameter knowsLabelsAtOnce: Whether every label counts as known at the moment of its transaction: for leak canaries alone.
  /// - Throws: what reading the snapshot throws, `FeatureError`, and `EvaluationError.noRows` when a period is empty.
  public init(
    of snapshot: Snapshot, features: FeatureSpecification, rules: RuleSet, split: TimeSplit,
    dropsKnownCompromised: Bool, knowsLabelsAtOnce: Bool = false
  ) throws {
    var compromised = CompromisedEntities(since: split.training.lowerBound)
    if dropsKnownCompromised {
      try snapshot.forEachBatch { compromised.observe($0) }
    }
    var engine = FeatureEngine(features, rules: rules)
    var trainingKeys: [UInt64] = []
    var trainingLabels: [Bool] = []
    let labelsEnd = (split.training.upperBound + split.delay).microseconds
    var (trainingRows, validationRows) = (EvaluationRows(), EvaluationRows())
    var testRows = EvaluationRows()
    var droppedCount = 0
    let columnCount = features.names.count
    // Rows before training only move the engine's state; their features are not computed.
    let wanted = split.training.lowerBound..<split.test.upperBound
    var trainingValues: [Double] = []
    var (validationValues, testValues): ([Double], [Double]) = ([], [])
    var batchValues: [Double] = []
    var progress = ProgressLine("features")
    var rowCount = 0
    try snapshot.forEachBatch { batch in
      batchValues.removeAll(keepingCapacity: true)
      var batch = batch
      if knowsLabelsAtOnce {
        for row in 0..<batch.count where batch.labels[row] >= 0 {
          batch.labelTimes[row] = batch.times[row]
        }
      }
      try engine.process(batch, within: wanted, appendingTo: &batchValues)
      var start = 0
      for row in 0..<batch.count {
        let time = Timestamp(microseconds: batch.times[row])
        guard wanted.contains(time) else { continue }
        let range = start..<start + columnCount
        start += columnCount
        switch split.period(of: time) {
        case .training:
          trainingValues += batchValues[range]
          trainingKeys.append(StableHash.of(batch.ids[row]))
          trainingLabels.append(batch.labels[row] == 1 && batch.labelTimes[row] <= labelsEnd)
          try trainingRows.append(batch, row: row)
        case .validation:
          guard !compromised.isKnown(batch.users[row] ?? "", at: time) else { continue }
          validationValues += batchValues[range]
          try validationRows.append(batch, row: row)
        case .test:
          if compromised.isKnown(batch.users[row] ?? "", at: time) {
            droppedCount += 1
          } else {
            testValues += batchValues[range]
            try testRows.append(batch, row: row)
          }
        case .delay, nil: break
        }
      }
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
    self.trainingKeys = trainingKeys
    self.trainingLabels = trainingLabels
    self.trainingRows = trainingRows
    self.validationRows = validationRows
    self.testRows = testRows
    self.droppedCount = droppedCount
    training = Matrix(
      rowCount: trainingKeys.count, columnCount: columnCount, values: trainingValues)
    validation = Matrix(
      rowCount: validationRows.count, columnCount: columnCount, values: validationValues)
    test = Matrix(rowCount: testRows.count, columnCount: columnCount, values: testValues)
  }
}
