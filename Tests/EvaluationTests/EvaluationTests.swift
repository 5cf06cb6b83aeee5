import Evaluation
import JSON
import Tabular
import Testing
import Transactions

/// Rows of made-up payments: one entity in five has frauds, which `quality` lets stand out.
func makeRows(count: Int, entities: Int = 60, days: Int = 5, seed: UInt64 = 1) throws
  -> EvaluationRows
{
  var generator = SeededGenerator(seed: seed)
  var rows = EvaluationRows()
  for row in 0..<count {
    let entity = generator.below(entities)
    let isFraud = entity.isMultiple(of: 5) && generator.chance(0.5)
    try rows.append(
      id: "tx-\(row)",
      time: Timestamp(seconds: 1_533_686_400 + Int64(row * days * 86_400 / count)),
      entity: "card-\(entity)",
      amount: Money(millionths: Int64(generator.below(200) + 1) * 1_000_000),
      label: isFraud ? 1 : 0, scenario: isFraud ? (entity < 20 ? "spree" : "<b>") : nil)
  }
  return rows
}

/// Scores that rise by `quality` with fraud.
func makeScores(_ name: String, _ rows: EvaluationRows, quality: Double, seed: UInt64)
  -> DetectorScores
{
  var generator = SeededGenerator(seed: seed)
  return DetectorScores(
    name: name, scores: rows.labels.map { generator.normal() + ($0 ? quality : 0) })
}

@Suite struct EvaluationTests {
  @Test func `Figures on the rows are those of the single metrics, whatever the bootstrap`() throws
  {
    let rows = try makeRows(count: 400)
    let detector = makeScores("good", rows, quality: 2, seed: 3)
    let evaluation = try Evaluation(
      rows: rows, detectors: [detector],
      settings: EvaluationSettings(alertsPerDay: 10, replicateCount: 40))
    let headline = evaluation.primary.headline
    let figures = try RankingMetrics.alertFigures(detector, rows: rows, alertsPerDay: 10)
    let expected: [HeadlineMetric: MetricValue] = [
      .averagePrecision: try RankingMetrics.averagePrecision(
        scores: detector.scores, labels: rows.labels),
      .areaUnderROC: try RankingMetrics.areaUnderROC(scores: detector.scores, labels: rows.labels),
      .recallAtBudget: figures.recall, .moneyRecallAtBudget: figures.moneyRecall,
      .precisionAtBudget: figures.precision, .cardPrecisionAtBudget: figures.cardPrecision,
      .newCardPrecisionAtBudget: figures.newCardPrecision,
      .alertsPerCatch: figures.alertsPerCatch,
    ]
    for metric in HeadlineMetric.allCases {
      let estimate = try #require(headline[metric])
      #expect(estimate.value == expected[metric])
      let interval = try #require(estimate.interval)
      #expect(interval.contains(try #require(estimate.value.value)), "\(metric)")
    }
    #expect(evaluation.detectors.map(\.name) == ["good", "amount", "random"])
    #expect(evaluation.scenarios.map(\.count).reduce(0, +) == rows.positiveCount)
    #expect(evaluation.days.map(\.rowCount).reduce(0, +) == rows.count)
    #expect(evaluation.reference?.otherName != nil)
    let histogram = evaluation.primary.histogram
    #expect(histogram.anomalies.reduce(0, +) == rows.positiveCount)
    #expect((histogram.genuine + histogram.anomalies).reduce(0, +) == rows.count)
  }

  @Test(arguments: [EvaluationSettings.ResamplingUnit.entity, .day])
  func `Intervals are the same on any number of threads`(
    unit: EvaluationSettings.ResamplingUnit
  ) throws {
    let rows = try makeRows(count: 200)
    let detector = makeScores("good", rows, quality: 1, seed: 3)
    let settings = try EvaluationSettings(alertsPerDay: 5, replicateCount: 30, resamplingUnit: unit)
    let results = try [1, 3].map { threadCount in
      try Evaluation(
        rows: rows, detectors: [detector], settings: settings, threadCount: threadCount)
    }
    #expect(results[0].primary.headline == results[1].primary.headline)
    #expect(results[0].comparisons[0].differences == results[1].comparisons[0].differences)
    #expect(results[0].primary.headline[.averagePrecision]?.interval != nil)
  }

  @Test func `A detector compared with its copy differs by nothing`() throws {
    let rows = try makeRows(count: 150)
    let detector = makeScores("one", rows, quality: 1, seed: 3)
    let copy = DetectorScores(name: "two", role: .champion, scores: detector.scores.map { $0 * 2 })
    let evaluation = try Evaluation(
      rows: rows, detectors: [detector, copy],
      settings: EvaluationSettings(alertsPerDay: 5, replicateCount: 24))
    let reference = try #require(evaluation.reference)
    #expect(reference.otherName == "two")
    for metric in HeadlineMetric.allCases {
      #expect(reference.differences[metric]?.estimate.interval == 0...0)
      #expect(reference.differences[metric]?.shareBetter == 0)
    }
  }

  @Test func `Rows of one class, equal scores and a single row are judged without a crash`() throws
  {
    var single = EvaluationRows()
    try single.append(
      id: "1", time: Timestamp(seconds: 0), entity: "e", amount: Money(millionths: 5), label: 0)
    let settings = try EvaluationSettings(replicateCount: 10)
    let alone = try Evaluation(
      rows: single, detectors: [DetectorScores(name: "flat", scores: [1])], settings: settings)
    #expect(alone.primary.headline[.averagePrecision]?.value == .undefined("no row is an anomaly"))
    #expect(alone.primary.headline[.averagePrecision]?.interval == nil)
    #expect(alone.scenarios.isEmpty)
    let rows = try makeRows(count: 60, seed: 4)
    let flat = try Evaluation(
      rows: rows,
      detectors: [DetectorScores(name: "flat", scores: [Double](repeating: 3, count: 60))],
      settings: settings)
    #expect(flat.primary.headline[.areaUnderROC]?.value == .value(0.5))
    let extremes = (0..<60).map {
      $0.isMultiple(of: 2) ? -Double.greatestFiniteMagnitude : .greatestFiniteMagnitude
    }
    let wide = try Evaluation(
      rows: rows, detectors: [DetectorScores(name: "wide", scores: extremes)], settings: settings)
    #expect(wide.primary.histogram.edges.allSatisfy { $0.isFinite })
  }

  @Test func `What cannot be judged is refused`() throws {
    let rows = try makeRows(count: 20)
    let settings = try EvaluationSettings(replicateCount: 10)
    let detector = makeScores("good", rows, quality: 1, seed: 3)
    #expect(throws: EvaluationError.self) {
      try Evaluation(rows: EvaluationRows(), detectors: [detector], settings: settings)
    }
    #expect(throws: EvaluationError.self) {
      try Evaluation(rows: rows, detectors: [], settings: settings)
    }
    #expect(throws: EvaluationError.self) {
      try Evaluation(rows: rows, detectors: [detector, detector], settings: settings)
    }
    #expect(
      throws: EvaluationError.rowCountMismatch(column: "score of short", expected: 20, actual: 1)
    ) {
      try Evaluation(
        rows: rows, detectors: [DetectorScores(name: "short", scores: [1])], settings: settings)
    }
    #expect(throws: EvaluationError.self) { try EvaluationSettings(alertsPerDay: 0) }
    #expect(throws: EvaluationError.self) { try EvaluationSettings(confidence: 1) }
    #expect(throws: EvaluationError.self) { try EvaluationSettings(replicateCount: 1) }
  }

  @Test func `Alerts migrate as their sets do, and the worst misses rank lowest`() throws {
    let rows = try makeRows(count: 300)
    let detectors = [
      makeScores("own", rows, quality: 1, seed: 1), makeScores("other", rows, quality: 1, seed: 2),
    ]
    let evaluation = try Evaluation(
      rows: rows, detectors: detectors,
      settings: EvaluationSettings(alertsPerDay: 10, replicateCount: 8))
    let migration = evaluation.comparisons[0].migration
    let alertCount = evaluation.days.map(\.alertCount).reduce(0, +)
    #expect(migration.shared.count + migration.onlyPrimary.count == alertCount)
    #expect(migration.shared.count + migration.onlyOther.count == alertCount)
    let caught = evaluation.days.map(\.caughtCount).reduce(0, +)
    #expect(migration.shared.fraudCount + migration.onlyPrimary.fraudCount == caught)
    #expect(migration.onlyPrimary.fraudKeys.count == min(25, migration.onlyPrimary.fraudCount))
    let lowest = rows.labels.indices.filter { rows.labels[$0] }.min {
      detectors[0].scores[$0] < detectors[0].scores[$1]
    }
    let worst = try #require(evaluation.worstMisses.first)
    #expect(worst.key == lowest.map { rows.ids[$0] })
    let asHigh = detectors[0].scores.count { $0 >= worst.score }
    #expect(worst.rankShare == Double(asHigh) / 300)
  }

  @Test func `Intervals hold the true figure about as often as stated`() throws {
    // Entities with one to four correlated rows each; the true area is that of a very large table.
    func table(entityCount: Int, seed: UInt64) throws -> (EvaluationRows, DetectorScores) {
      var generator = SeededGenerator(seed: seed)
      var rows = EvaluationRows()
      var scores: [Double] = []
      for entity in 0..<entityCount {
        let isFraud = generator.chance(0.3)
        let level = generator.normal() + (isFraud ? 1 : 0)
        for _ in 0...generator.below(4) {
          scores.append(level + 0.3 * generator.normal())
          try rows.append(
            id: "\(rows.count)", time: Timestamp(seconds: Int64(rows.count)), entity: "\(entity)",
            amount: Money(millionths: 1), label: isFraud ? 1 : 0)
        }
      }
      return (rows, DetectorScores(name: "x", scores: scores))
    }
    let (large, largeScores) = try table(entityCount: 40_000, seed: 999)
    let truth = try #require(
      RankingMetrics.areaUnderROC(scores: largeScores.scores, labels: large.labels).value)
    let settings = try EvaluationSettings(
      alertsPerDay: 10, confidence: 0.9, replicateCount: 96, seed: 5)
    let runCount = 120
    var coveredCount = 0
    for run in 0..<runCount {
      let (rows, scores) = try table(entityCount: 70, seed: UInt64(run))
      let evaluation = try Evaluation(rows: rows, detectors: [scores], settings: settings)
      let interval = try #require(evaluation.primary.headline[.areaUnderROC]?.interval)
      if interval.contains(truth) { coveredCount += 1 }
    }
    // 0.9 within 3.5 standard errors; intervals that took rows as independent would cover about 0.7.
    #expect((0.8...0.99).contains(Double(coveredCount) / Double(runCount)), "\(coveredCount)")
  }
}
