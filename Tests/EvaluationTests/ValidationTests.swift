@testable import Evaluation
import Tabular
import Testing
import Transactions

@Suite struct ValidationTests {
  private let settings = EvaluationSettings.quick

  @Test func `Thresholds come from the validation rows and are measured on the test rows`() throws {
    let (validation, test) = (try makeRows(count: 500, seed: 5), try makeRows(count: 400, seed: 6))
    let chosen = makeScores("own", validation, quality: 2, seed: 7)
    let judged = makeScores("own", test, quality: 2, seed: 8)
    let evaluation = try Evaluation(
      rows: test, detectors: [judged],
      validation: ValidationSet(rows: validation, detectors: [chosen]), settings: settings)
    let result = try #require(evaluation.validation)
    #expect(result.rowCount == 500 && result.positiveCount == validation.positiveCount)
    #expect(
      result.results[0].averagePrecision
        == (try RankingMetrics.averagePrecision(scores: chosen.scores, labels: validation.labels)))
    let ranking = try Ranking(scores: chosen.scores, labels: validation.labels)
    #expect(result.thresholds.count == 4)
    for outcome in result.thresholds {
      #expect(
        outcome.choice == (try ranking.threshold(by: outcome.rule, dayCount: result.dayCount)))
      guard let threshold = outcome.choice.threshold.value else { continue }
      let flagged = judged.scores.count { $0 >= threshold }
      #expect(outcome.test?.flaggedShare == Double(flagged) / 400)
    }
    // The same test rows under other labels choose the same thresholds: the test decides nothing.
    let other = try Evaluation(
      rows: try makeRows(count: 400, seed: 9), detectors: [judged],
      validation: ValidationSet(rows: validation, detectors: [chosen]), settings: settings)
    #expect(other.validation?.thresholds.map(\.choice) == result.thresholds.map(\.choice))
    let groups = try #require(result.calibration?.groups)
    #expect(groups.map(\.count).reduce(0, +) == 400)
    #expect(zip(groups, groups.dropFirst()).allSatisfy { $0.predicted < $1.predicted })
    let budget = try #require(result.thresholds.first?.choice.threshold.value)
    #expect(result.flaggedByDay.reduce(0, +) == judged.scores.count { $0 >= budget })
  }

  @Test func `Validation rows without fraud or without the detector are told`() throws {
    let test = try makeRows(count: 100)
    let judged = makeScores("own", test, quality: 2, seed: 8)
    var genuine = EvaluationRows()
    for row in 0..<20 {
      try genuine.append(
        id: "\(row)", time: Timestamp(seconds: Int64(row)), entity: "e",
        amount: Money(millionths: 1), label: 0)
    }
    let scores = DetectorScores(name: "own", scores: (0..<20).map { Double($0) })
    let result = try Evaluation(
      rows: test, detectors: [judged],
      validation: ValidationSet(rows: genuine, detectors: [scores]), settings: settings
    ).validation
    #expect(result?.calibration == nil)
    #expect(result?.results[0].averagePrecision.reason == "no row is an anomaly")
    #expect(result?.thresholds.first?.choice.threshold.value != nil)
    for set in [
      ValidationSet(rows: EvaluationRows(), detectors: [scores]),
      ValidationSet(
        rows: genuine, detectors: [DetectorScores(name: "other", scores: scores.scores)]),
    ] {
      #expect(throws: EvaluationError.self) {
        try Evaluation(rows: test, detectors: [judged], validation: set, settings: settings)
      }
    }
    let broken = DetectorScores(name: "own", scores: (0..<20).map { $0 == 4 ? .nan : 1 })
    #expect(throws: EvaluationError.invalidScore(detector: "own", row: "4")) {
      try Evaluation(
        rows: test, detectors: [judged],
        validation: ValidationSet(rows: genuine, detectors: [broken]), settings: settings)
    }
  }

  @Test func `A validation period keeps the label delay on both sides`() throws {
    func days(_ first: Int64, _ last: Int64) -> Range<Timestamp> {
      Timestamp(seconds: first * 86_400)..<Timestamp(seconds: last * 86_400)
    }
    let split = try TimeSplit(
      training: days(0, 10), delay: .days(2), validation: days(12, 15), test: days(17, 20))
    let periods = [5, 11, 13, 16, 18, 25].map { day in
      split.period(of: Timestamp(seconds: Int64(day) * 86_400))
    }
    #expect(periods == [.training, .delay, .validation, .delay, .test, nil])
    for validation in [days(11, 15), days(12, 16), days(13, 13)] {
      #expect(throws: EvaluationError.self) {
        try TimeSplit(
          training: days(0, 10), delay: .days(2), validation: validation, test: days(17, 20))
      }
    }
  }

  @Test func `Entities that trained already are refused when the split forbids them`() throws {
    let rows = try makeRows(count: 50, entities: 10)
    #expect(throws: EvaluationError.self) { try rows.checkNoEntity(isIn: rows) }
    try rows.checkNoEntity(isIn: EvaluationRows())
  }

  @Test func `Rows joined and selected again are the same`() throws {
    let (first, second) = (try makeRows(count: 30, seed: 1), try makeRows(count: 20, seed: 2))
    var joined = first
    joined.append(contentsOf: second)
    let tail = joined.selecting(rows: 30..<50)
    #expect(tail.ids == second.ids && tail.labels == second.labels)
    #expect((0..<20).allSatisfy { tail.entities[$0] == second.entities[$0] })
    #expect(joined.positiveCount == first.positiveCount + second.positiveCount)
    #expect(tail.unlabelledCount == second.unlabelledCount)
  }

  @Test func `Formulas give intervals near those of the bootstrap, and DeLong's for the area`()
    throws
  {
    let rows = try makeRows(count: 600, entities: 600)
    let detectors = [
      makeScores("own", rows, quality: 2, seed: 3), makeScores("other", rows, quality: 1, seed: 4),
    ]
    let evaluation = try Evaluation(
      rows: rows, detectors: detectors,
      settings: EvaluationSettings(alertsPerDay: 10, intervals: .closedForm))
    let resampled = try Evaluation(
      rows: rows, detectors: detectors,
      settings: EvaluationSettings(alertsPerDay: 10, replicateCount: 200))
    let delong = try #require(
      try DeLong(detectors[0].scores, detectors[1].scores, labels: rows.labels))
    let difference = try #require(
      evaluation.comparisons[0].differences[.areaUnderROC]?.estimate.interval)
    let half = 1.959963984540054 * delong.standardError
    #expect(abs(difference.upperBound - (delong.difference + half)) < 1e-9)
    for metric in HeadlineMetric.allCases {
      let (left, right) = (
        try #require(evaluation.primary.headline[metric]),
        try #require(resampled.primary.headline[metric])
      )
      #expect(left.value == right.value)
      let widths = try [left, right].map { estimate in
        let interval = try #require(estimate.interval)
        return interval.upperBound - interval.lowerBound
      }
      // Redrawn alerts vary less than formulas say, because a full budget stays full.
      #expect(widths[0] / widths[1] > 0.3 && widths[0] / widths[1] < 4, "\(metric) \(widths)")
    }
  }

  @Test func `Headline figures from one pass equal those of an evaluation`() throws {
    let rows = try makeRows(count: 300)
    let tied = DetectorScores(
      name: "own",
      scores: makeScores("own", rows, quality: 2, seed: 3).scores.map { ($0 * 3).rounded() })
    let evaluation = try Evaluation(rows: rows, detectors: [tied], settings: settings)
    let figures = try RankingMetrics.headline(tied, rows: rows, alertsPerDay: 8)
    for metric in HeadlineMetric.allCases {
      let (left, right) = (figures[metric]?.value, evaluation.primary.headline[metric]?.value.value)
      #expect(abs((left ?? -1) - (right ?? -1)) < 1e-12, "\(metric)")
    }
  }
}

extension EvaluationSettings {
  /// Settings for tests that do not look at intervals.
  static let quick: EvaluationSettings = {
    guard let settings = try? EvaluationSettings(alertsPerDay: 8, replicateCount: 8) else {
      preconditionFailure("the settings are valid")
    }
    return settings
  }()
}
