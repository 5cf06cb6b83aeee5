public import Transactions

/// How ways of retraining would have done week after week: the rolling origin of forecasting (Tashman 2000).
public struct Backtest: Equatable, Sendable {
  /// One way of retraining.
  public struct Course: Equatable, Sendable {
    /// Its name.
    public let name: String
    /// How many times it trained.
    public let fitCount: Int
    /// Its figures of each week.
    public let weeks: [SliceResult]
  }

  /// Starts of the weeks.
  public let weekStarts: [Timestamp]
  /// The ways, in the order of their scores.
  public let courses: [Course]

  /// Judges the scores that each way gave the rows, week by week from `start` on.
  ///
  /// - Parameters:
  ///   - rows: The judged rows, in order of time.
  ///   - courses: Per way the scores of the rows and how many times it trained.
  ///   - start: First moment of the first week.
  ///   - settings: How rows are judged.
  ///   - threadCount: How many threads work; no result depends on it.
  /// - Throws: `EvaluationError` for scores that do not fit the rows or are not finite, and rows before `start`.
  public init(
    rows: EvaluationRows, courses: [(scores: DetectorScores, fitCount: Int)], start: Timestamp,
    settings: EvaluationSettings, threadCount: Int = 1
  ) throws(EvaluationError) {
    let week = 7 * DayIndex.microsecondsPerDay
    guard let last = rows.times.max(), let first = rows.times.min() else {
      throw .noRows(reason: "the backtest has no row")
    }
    guard first >= start.microseconds else {
      throw .invalidSplit(reason: "a row lies before the start of the backtest")
    }
    let weekCount = Int((last - start.microseconds) / week) + 1
    let weekStarts = (0..<weekCount).map { start + .days(7 * Int64($0)) }
    let names = weekStarts.map(\.dateText)
    let weekOfRow = rows.times.map { Int32(($0 - start.microseconds) / week) }
    let days = DayIndex(times: rows.times)
    var results: [Course] = []
    for (detector, fitCount) in courses {
      try detector.check(against: rows)
      let order = ScoreOrder.descending(detector.scores, threadCount: threadCount)
      let alerts = DailyAlerts(order: order, rows: rows, days: days)
      results.append(
        Course(
          name: detector.name, fitCount: fitCount,
          weeks: SliceResult.results(
            dimension: "Week", names: names, slotOfRow: weekOfRow, rows: rows, order: order,
            scores: detector.scores,
            isAlerted: alerts.isAlerted(budget: settings.alertsPerDay),
            confidence: settings.confidence)))
    }
    self.weekStarts = weekStarts
    self.courses = results
  }
}
