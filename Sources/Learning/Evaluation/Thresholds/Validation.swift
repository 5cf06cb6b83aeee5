/// Rows before the test that choose: which detector is the best of a run, and from which score on a row is flagged.
public struct ValidationSet: Sendable {
  /// The rows.
  public let rows: EvaluationRows
  /// Scores of the rows, one entry a detector, under the names of the evaluated detectors.
  public let detectors: [DetectorScores]

  /// Joins rows and scores.
  public init(rows: EvaluationRows, detectors: [DetectorScores]) {
    self.rows = rows
    self.detectors = detectors
  }
}

/// What the validation rows say about one detector.
public struct ValidationResult: Equatable, Sendable {
  /// Name of the detector.
  public let name: String
  /// The figure by which the best detector of a run is chosen.
  public let averagePrecision: MetricValue
  /// The area under the ROC curve.
  public let areaUnderROC: MetricValue
  /// What the daily budget brings.
  public let alerts: AlertFigures
}

/// What a validation period chose, and what the choices do on the test rows.
public struct Validation: Sendable {
  /// How many rows there are.
  public let rowCount: Int
  /// How many are fraud.
  public let positiveCount: Int
  /// How many days they cover.
  public let dayCount: Int
  /// One entry a detector.
  public let results: [ValidationResult]
  /// The thresholds of the primary detector.
  public let thresholds: [ThresholdOutcome]
  /// How far the shares of fraud that the validation rows promise for a score come true on the test rows.
  public let calibration: Calibration?
  /// How many test rows of each day reach the threshold by the alert budget; empty when there is none.
  public let flaggedByDay: [Int]

  /// - Parameters:
  ///   - set: Scores of the detectors; the first is the primary one.
  ///   - test: The primary detector's view of the test rows.
  init(
    _ set: ValidationSet, test: JudgedDetector, testRows: EvaluationRows, days: DayIndex,
    settings: EvaluationSettings, threadCount: Int
  ) throws(EvaluationError) {
    guard set.rows.count > 0 else {
      throw .noRows(reason: "the validation period has no row; give another with --validate")
    }
    let validationDays = DayIndex(times: set.rows.times)
    rowCount = set.rows.count
    positiveCount = set.rows.positiveCount
    dayCount = validationDays.starts.count
    var results: [ValidationResult] = []
    var own: Ranking?
    for detector in set.detectors {
      try detector.check(against: set.rows)
      let order = ScoreOrder.descending(detector.scores, threadCount: threadCount)
      let ranking = Ranking(order: order, scores: detector.scores, labels: set.rows.labels)
      let budget = settings.alertsPerDay
      results.append(
        ValidationResult(
          name: detector.name, averagePrecision: ranking.averagePrecision,
          areaUnderROC: ranking.areaUnderROC,
          alerts: DailyAlerts(order: order, rows: set.rows, days: validationDays)
            .counts(budget: budget).figures(budget: budget)))
      if detector.name == test.scores.name { own = ranking }
    }
    self.results = results
    guard let own else {
      throw .invalidParameter(
        name: "validation", reason: "it has no scores of \(test.scores.name)")
    }
    var thresholds: [ThresholdOutcome] = []
    for rule in settings.thresholdRules {
      let choice = try own.threshold(by: rule, dayCount: dayCount)
      thresholds.append(
        ThresholdOutcome(
          rule: rule, choice: choice,
          test: choice.threshold.value.map { threshold in
            ThresholdEffect(
              threshold: threshold, scores: test.scores.scores, rows: testRows,
              dayCount: days.starts.count, costs: settings.costs)
          }))
    }
    self.thresholds = thresholds
    var flagged = [Int](repeating: 0, count: days.starts.count)
    if let threshold = thresholds.first?.choice.threshold.value {
      for (row, score) in test.scores.scores.enumerated() where score >= threshold {
        flagged[Int(days.dayOfRow[row])] += 1
      }
      flaggedByDay = flagged
    } else {
      flaggedByDay = []
    }
    if let shares = IsotonicCalibration(own) {
      calibration = try Calibration(
        probabilities: test.scores.scores.map { shares.probability(of: $0) },
        labels: testRows.labels)
    } else {
      calibration = nil
    }
  }
}
