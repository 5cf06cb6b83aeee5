/// The ranking metrics one by one; a report computes them all from one sort.
public enum RankingMetrics {
  /// The area under the ROC curve, as scikit-learn's `roc_auc_score`.
  public static func areaUnderROC(
    scores: [Double], labels: [Bool], weights: [Double]? = nil
  ) throws(EvaluationError) -> MetricValue {
    try Ranking(scores: scores, labels: labels, weights: weights).areaUnderROC
  }

  /// The average precision, as scikit-learn's `average_precision_score`.
  public static func averagePrecision(
    scores: [Double], labels: [Bool], weights: [Double]? = nil
  ) throws(EvaluationError) -> MetricValue {
    try Ranking(scores: scores, labels: labels, weights: weights).averagePrecision
  }

  /// Every headline figure of a detector, from one sort.
  ///
  /// - Throws: `EvaluationError` for a budget below 1 or scores that do not fit the rows.
  /// - Complexity: O(rows).
  public static func headline(
    _ detector: DetectorScores, rows: EvaluationRows, alertsPerDay: Int, threadCount: Int = 1
  ) throws(EvaluationError) -> [HeadlineMetric: MetricValue] {
    let order = try checkedOrder(detector, rows, alertsPerDay, threadCount)
    let areas = Ranking.areas(order: order, scores: detector.scores, labels: rows.labels)
    let alertFigures = DailyAlerts(order: order, rows: rows, days: DayIndex(times: rows.times))
      .counts(budget: alertsPerDay).figures(budget: alertsPerDay)
    var figures: [HeadlineMetric: MetricValue] = [
      .areaUnderROC: areas.underROC, .averagePrecision: areas.averagePrecision,
    ]
    for metric in HeadlineMetric.allCases {
      figures[metric] = figures[metric] ?? alertFigures[metric]
    }
    return figures
  }

  private static func checkedOrder(
    _ detector: DetectorScores, _ rows: EvaluationRows, _ alertsPerDay: Int, _ threadCount: Int
  ) throws(EvaluationError) -> [UInt32] {
    guard alertsPerDay > 0 else {
      throw .invalidParameter(name: "alerts per day", reason: "at least 1 is needed")
    }
    try detector.check(against: rows)
    return ScoreOrder.descending(detector.scores, threadCount: threadCount)
  }

  /// What reading the `alertsPerDay` highest scores of each UTC day brings.
  ///
  /// - Throws: `EvaluationError` for a budget below 1 or scores that do not fit the rows.
  public static func alertFigures(
    _ detector: DetectorScores, rows: EvaluationRows, alertsPerDay: Int, threadCount: Int = 1
  ) throws(EvaluationError) -> AlertFigures {
    let order = try checkedOrder(detector, rows, alertsPerDay, threadCount)
    return DailyAlerts(order: order, rows: rows, days: DayIndex(times: rows.times))
      .counts(budget: alertsPerDay).figures(budget: alertsPerDay)
  }
}

extension DetectorScores {
  func check(against rows: EvaluationRows) throws(EvaluationError) {
    guard scores.count == rows.count else {
      throw .rowCountMismatch(
        column: "score of \(name)", expected: rows.count, actual: scores.count)
    }
    if let row = scores.firstIndex(where: { !$0.isFinite }) {
      throw .invalidScore(detector: name, row: rows.ids[row])
    }
  }
}
