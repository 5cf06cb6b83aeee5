public import Models
internal import Tabular

extension IsolationForestLearner {
  /// How many rows a sample must keep for `fit(_:featureNames:threadCount:)`.
  ///
  /// - Throws: `TrainingError.invalidParameter` for settings that need every row: a sample size as a share, drawing with
  ///   replacement, and a threshold by false-alarm rate.
  public func sampleCapacity() throws(TrainingError) -> Int {
    guard !parameters.drawsWithReplacement else {
      throw .invalidParameter(
        name: "bootstrap", given: "true", allowed: "false for rows that lie in shards")
    }
    if case .falseAlarmRate(let rate) = parameters.contamination {
      throw .invalidParameter(
        name: "false_alarm_rate", given: String(rate),
        allowed: "contamination or alert_budget for rows that lie in shards")
    }
    switch parameters.sampleSize {
    case .automatic: return parameters.treeCount * 256
    case .count(let count): return parameters.treeCount * count
    case .fraction(let share):
      throw .invalidParameter(
        name: "max_samples", given: String(share),
        allowed: "a number of rows, not a share, for rows that lie in shards")
    }
  }

  /// Grows the trees from a sample of `sampleCapacity` rows: those of a fit of all rows with their keys. The threshold is
  /// left at 0.5; `thresholdRanks` says which scores it is made of.
  ///
  /// - Throws: As `fit` of a matrix.
  public func fit(
    _ sample: RowSample, featureNames: [String], threadCount: Int = 1
  ) throws(TrainingError) -> IsolationForest {
    let capacity = try sampleCapacity()
    guard sample.capacity == capacity, sample.seed == parameters.seed else {
      throw .invalidParameter(
        name: "sample", given: "\(sample.capacity) rows of seed \(sample.seed)",
        allowed: "\(capacity) rows of seed \(parameters.seed)")
    }
    let sample = sample.finished()
    var growing = parameters
    growing.contamination = .automatic
    return try IsolationForestLearner(parameters: growing).fit(
      sample.rows, featureNames: featureNames, rowKeys: sample.keys, threadCount: threadCount)
  }

  /// The ranks of the scores between which the threshold lies, the highest score having rank 0; none when it needs none.
  public func thresholdRanks(rowCount: Int) -> [Int] {
    switch parameters.contamination {
    case .automatic, .falseAlarmRate: []
    case .share(let share):
      [
        Int(share * Double(rowCount - 1)),
        min(Int(share * Double(rowCount - 1)) + 1, rowCount - 1),
      ]
    case .alertBudget(let count): [min(count, rowCount - 1)]
    }
  }

  /// The threshold from the scores at `thresholdRanks`; the same bits as from all scores.
  ///
  /// - Precondition: there is one score for each rank.
  public func threshold(fromScores scores: [Double], rowCount: Int) -> Double {
    precondition(scores.count == thresholdRanks(rowCount: rowCount).count, "a score for each rank")
    guard case .share(let share) = parameters.contamination else { return scores.first ?? 0.5 }
    let position = share * Double(rowCount - 1)
    return scores[0] + (scores[1] - scores[0]) * (position - Double(Int(position)))
  }
}
