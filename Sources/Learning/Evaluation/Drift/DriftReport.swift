public import Tabular

/// What has changed from the training rows to the test rows and to the last days of the test.
public struct DriftReport: Equatable, Sendable {
  /// One entry a feature, from training to test.
  public let features: [FeatureDrift]
  /// The primary detector's score; `nil` when its training scores are not known.
  public let score: FeatureDrift?
  /// One entry a feature, from training to the recent window; empty when the window has no row.
  public let recent: [FeatureDrift]
  /// The score in the recent window.
  public let recentScore: FeatureDrift?
  /// How many days the recent window has.
  public let recentDayCount: Int
  /// Rows a day before and now.
  public let volume: VolumeChange
  /// Values of categories that training had not seen.
  public let categories: [CategoryChange]
  /// How often the whole table of features has an alarm although nothing moved.
  public let alarmRate: Double

  /// One period: its rows, their features and scores.
  public struct Period: Sendable {
    let rows: EvaluationRows
    let features: Matrix<Double>
    let scores: [Double]?

    /// Joins what is known of the same rows.
    public init(rows: EvaluationRows, features: Matrix<Double>, scores: [Double]?) {
      self.rows = rows
      self.features = features
      self.scores = scores
    }
  }

  /// Compares the periods.
  ///
  /// - Parameters:
  ///   - featureNames: Names of the columns, in their order.
  ///   - training: The rows that trained.
  ///   - test: The rows that judge.
  ///   - alarmRate: How often the table of features may have an alarm although nothing moved.
  ///   - recentDayCount: How many days at the end of the test are looked at by themselves.
  ///   - threadCount: How many threads work; no result depends on it.
  /// - Throws: `EvaluationError` when a period has no row, a feature no value, or columns do not fit.
  public init(
    featureNames: [String], training: Period, test: Period, alarmRate: Double = 0.05,
    recentDayCount: Int = 7, threadCount: Int = 1
  ) throws(EvaluationError) {
    self.alarmRate = alarmRate
    self.recentDayCount = recentDayCount
    features = try FeatureDrift.table(
      featureNames: featureNames, training: training.features, current: test.features,
      alarmRate: alarmRate, threadCount: threadCount)
    score = try DriftReport.scoreDrift(training, test.scores, alarmRate)
    let end = test.rows.times.max() ?? 0
    let recentStart = end - Int64(recentDayCount) * DayIndex.microsecondsPerDay
    let recentRows = test.rows.times.indices.filter { test.rows.times[$0] > recentStart }
    recent =
      recentRows.isEmpty
      ? []
      : try FeatureDrift.table(
        featureNames: featureNames, training: training.features,
        current: test.features, currentRows: recentRows, alarmRate: alarmRate,
        threadCount: threadCount)
    recentScore = try DriftReport.scoreDrift(
      training, test.scores.map { scores in recentRows.map { scores[$0] } }, alarmRate)
    volume = VolumeChange(training: training.rows.times, current: test.rows.times)
    categories = RowCategory.allCases.compactMap { category in
      CategoryChange(
        category: category, training: training.rows[category], current: test.rows[category])
    }
  }

  private static func scoreDrift(
    _ training: Period, _ current: [Double]?, _ alarmRate: Double
  ) throws(EvaluationError) -> FeatureDrift? {
    guard let before = training.scores, let current, !current.isEmpty else { return nil }
    return try FeatureDrift(
      name: "anomaly score", training: before, current: current, alarmRate: alarmRate)
  }
}
