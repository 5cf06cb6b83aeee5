internal import Transactions

/// Detectors judged on the same rows: figures with intervals, paired differences, and what the plots show.
public struct Evaluation: Sendable {
  /// How the detectors were judged.
  public let settings: EvaluationSettings
  /// What the rows are.
  public let rows: RowSummary
  /// The detectors in the order in which they were given, baselines last.
  public let detectors: [DetectorEvaluation]
  /// Index of the detector that the report is about.
  public let primaryIndex: Int
  /// The primary detector against each other one, in the order of `detectors`.
  public let comparisons: [PairedComparison]
  /// One line a fraud scenario, the most frequent first.
  public let scenarios: [ScenarioResult]
  /// The frauds that the primary detector ranks lowest.
  public let worstMisses: [MissedFraud]
  /// One line a day, for the primary detector.
  public let days: [DayResult]

  /// The detector that the report is about: the first candidate.
  public var primary: DetectorEvaluation { detectors[primaryIndex] }

  /// Judges `detectors` on `rows`; the baselines `amount` and `random` are added.
  ///
  /// The first detector is the one that the report is about.
  ///
  /// - Throws: `EvaluationError` when there is no row or no detector, two detectors have one name, or scores do not fit the
  ///   rows or are not finite.
  /// - Complexity: O(detectors × rows × replicates / 8), in parallel.
  public init(
    rows table: EvaluationRows, detectors: [DetectorScores], settings: EvaluationSettings,
    threadCount: Int = 1
  ) throws(EvaluationError) {
    guard table.count > 0 else {
      throw .noRows(reason: "the test period has no row; check the split and the snapshot's range")
    }
    guard !detectors.isEmpty else { throw .noRows(reason: "no detector was given") }
    let all =
      detectors
      + [Baselines.amount(table), Baselines.random(rowCount: table.count, seed: settings.seed)]
    for (index, detector) in all.enumerated() {
      if all[..<index].contains(where: { $0.name == detector.name }) {
        throw .invalidParameter(name: "detector \(detector.name)", reason: "the name occurs twice")
      }
      try detector.check(against: table)
    }
    let dayIndex = DayIndex(times: table.times)
    let unitOfRow =
      settings.resamplingUnit == .day ? dayIndex.dayOfRow : table.entities.codes
    let unitCount =
      settings.resamplingUnit == .day ? dayIndex.starts.count : table.entities.dictionary.count
    let judged = all.map { detector in
      JudgedDetector(
        detector, rows: table, days: dayIndex, unitOfRow: unitOfRow, threadCount: threadCount)
    }
    let bootstrap = Bootstrap(
      candidates: judged.map {
        Bootstrap.Candidate(ranking: $0.replicateRanking, alerts: $0.alerts)
      },
      unitCount: unitCount, settings: settings, threadCount: threadCount)

    self.settings = settings
    self.rows = RowSummary(table, dayCount: dayIndex.starts.count, unitCount: unitCount)
    let results = judged.indices.map { index in
      judged[index].evaluation(index: index, bootstrap: bootstrap, settings: settings)
    }
    self.detectors = results
    primaryIndex = 0
    let alerted = judged.map { $0.alerts.isAlerted(budget: settings.alertsPerDay) }
    comparisons = judged.indices.dropFirst().map { other in
      PairedComparison(
        index: 0, other: other, detectors: results, bootstrap: bootstrap,
        migration: AlertMigration(primary: alerted[0], other: alerted[other], rows: table))
    }
    scenarios = ScenarioResult.table(rows: table, alerted: alerted)
    worstMisses = MissedFraud.worst(judged[0], rows: table)
    days = DayResult.table(
      counts: judged[0].alerts.counts(budget: settings.alertsPerDay), days: dayIndex,
      rowCounts: (0..<dayIndex.starts.count).map { judged[0].alerts.rows(ofDay: $0).count })
  }

  /// What a detector is compared with first: the champion, or else the better of the baselines.
  public var reference: PairedComparison? {
    comparisons.first { detectors[$0.otherIndex].role == .champion }
      ?? comparisons.filter { detectors[$0.otherIndex].role == .baseline }.max {
        averagePrecision($0.otherIndex) < averagePrecision($1.otherIndex)
      }
  }

  private func averagePrecision(_ detector: Int) -> Double {
    detectors[detector].headline[.averagePrecision]?.value.value ?? -1
  }
}

/// A detector with its ranking of the rows.
struct JudgedDetector: Sendable {
  let scores: DetectorScores
  let labels: [Bool]
  let ranking: Ranking
  let replicateRanking: ReplicateRanking
  let alerts: DailyAlerts

  init(
    _ detector: DetectorScores, rows: EvaluationRows, days: DayIndex, unitOfRow: [Int32],
    threadCount: Int
  ) {
    scores = detector
    labels = rows.labels
    let order = ScoreOrder.descending(detector.scores, threadCount: threadCount)
    ranking = Ranking(order: order, scores: detector.scores, labels: rows.labels)
    replicateRanking = ReplicateRanking(
      order: order, scores: detector.scores, labels: rows.labels, unitOfRow: unitOfRow)
    alerts = DailyAlerts(order: order, rows: rows, days: days)
  }

  func evaluation(
    index: Int, bootstrap: Bootstrap, settings: EvaluationSettings
  ) -> DetectorEvaluation {
    let budget = settings.alertsPerDay
    let figures = alerts.counts(budget: budget).figures(budget: budget)
    var headline: [HeadlineMetric: Estimate] = [:]
    for metric in HeadlineMetric.allCases {
      let value =
        switch metric {
        case .averagePrecision: ranking.averagePrecision
        case .areaUnderROC: ranking.areaUnderROC
        default: figures[metric] ?? .undefined("not computed")
        }
      headline[metric] = Estimate(
        value, interval: value.value == nil ? nil : bootstrap.interval(index, metric))
    }
    return DetectorEvaluation(
      name: scores.name, role: scores.role, headline: headline,
      precisionRecall: CurveThinning.thin(
        ranking.precisionRecallCurve().reversed().map { ($0.recall, $0.precision) }),
      roc: CurveThinning.thin(
        ranking.rocCurve().map { ($0.falsePositiveRate, $0.truePositiveRate) }),
      histogram: ScoreHistogram(scores: scores.scores, labels: labels))
  }
}
