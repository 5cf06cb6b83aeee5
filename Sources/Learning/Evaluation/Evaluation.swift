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
  /// What rows before the test chose; `nil` when there were none.
  public let validation: Validation?
  /// The primary detector's figures by amount, time of day and category.
  public let slices: [SliceResult]
  /// How soon the primary detector notices a compromised entity.
  public let response: CompromiseResponse
  /// How the order of the rows differs from the champion's; `nil` without a champion.
  public let rankMigration: RankMigration?

  /// The detector that the report is about: the first candidate.
  public var primary: DetectorEvaluation { detectors[primaryIndex] }

  /// Judges `detectors` on `rows`; the baselines `amount` and `random` are added.
  ///
  /// The first detector is the one that the report is about.
  ///
  /// - Parameters:
  ///   - table: The rows and what is known about them.
  ///   - detectors: Scores of each detector, one a row.
  ///   - validationSet: Rows and scores that choose thresholds; they lie before the test.
  ///   - settings: How rows are judged.
  ///   - threadCount: How many threads work; no result depends on it.
  /// - Throws: `EvaluationError` when there is no row or no detector, two detectors have one name, or scores do not fit the
  ///   rows or are not finite.
  /// - Complexity: O(detectors × rows × replicates / 8), in parallel.
  public init(
    rows table: EvaluationRows, detectors: [DetectorScores],
    validation validationSet: ValidationSet? = nil, settings: EvaluationSettings,
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
    let figures = judged.map { $0.figures(budget: settings.alertsPerDay) }
    let formulas =
      settings.intervals == .closedForm
      ? zip(judged, figures).map { ClosedForm($0, figures: $1, settings: settings) } : nil
    let results = judged.indices.map { index in
      judged[index].evaluation(figures[index]) { metric in
        formulas?[index].interval(metric) ?? bootstrap.interval(index, metric)
      }
    }
    self.detectors = results
    primaryIndex = 0
    let alerted = judged.map { $0.alerts.isAlerted(budget: settings.alertsPerDay) }
    comparisons = judged.indices.dropFirst().map { other in
      PairedComparison(
        index: 0, other: other, detectors: results, bootstrap: bootstrap,
        formula: { metric in
          formulas.flatMap { $0[0].difference($0[other], metric) }
        },
        migration: AlertMigration(primary: alerted[0], other: alerted[other], rows: table))
    }
    scenarios = ScenarioResult.table(rows: table, alerted: alerted)
    worstMisses = MissedFraud.worst(judged[0], rows: table)
    days = DayResult.table(
      counts: judged[0].alerts.counts(budget: settings.alertsPerDay), days: dayIndex,
      rowCounts: (0..<dayIndex.starts.count).map { judged[0].alerts.rows(ofDay: $0).count })
    validation = try validationSet.map { set throws(EvaluationError) in
      try Validation(
        set, test: judged[0], testRows: table, days: dayIndex, settings: settings,
        threadCount: threadCount)
    }
    slices = SliceResult.table(
      rows: table, order: judged[0].order, scores: judged[0].scores.scores,
      isAlerted: alerted[0], confidence: settings.confidence)
    response = CompromiseResponse(rows: table, isAlerted: alerted[0])
    rankMigration = judged.firstIndex { $0.scores.role == .champion }.map { champion in
      let ranks = [judged[0], judged[champion]].map {
        RankCorrelation.ranks($0.scores.scores, order: $0.order)
      }
      return RankMigration(own: ranks[0], other: ranks[1], rows: table)
    }
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
  let order: [UInt32]
  let ranking: Ranking
  let replicateRanking: ReplicateRanking
  let alerts: DailyAlerts

  init(
    _ detector: DetectorScores, rows: EvaluationRows, days: DayIndex, unitOfRow: [Int32],
    threadCount: Int
  ) {
    scores = detector
    labels = rows.labels
    order = ScoreOrder.descending(detector.scores, threadCount: threadCount)
    ranking = Ranking(order: order, scores: detector.scores, labels: rows.labels)
    replicateRanking = ReplicateRanking(
      order: order, scores: detector.scores, labels: rows.labels, unitOfRow: unitOfRow)
    alerts = DailyAlerts(order: order, rows: rows, days: days)
  }

  /// Every headline figure.
  func figures(budget: Int) -> [HeadlineMetric: MetricValue] {
    let alertFigures = alerts.counts(budget: budget).figures(budget: budget)
    var figures: [HeadlineMetric: MetricValue] = [:]
    for metric in HeadlineMetric.allCases {
      figures[metric] =
        switch metric {
        case .averagePrecision: ranking.averagePrecision
        case .areaUnderROC: ranking.areaUnderROC
        default: alertFigures[metric] ?? .undefined("not computed")
        }
    }
    return figures
  }

  func evaluation(
    _ figures: [HeadlineMetric: MetricValue], interval: (HeadlineMetric) -> ClosedRange<Double>?
  ) -> DetectorEvaluation {
    let headline = Dictionary(
      uniqueKeysWithValues: figures.map { metric, value in
        (metric, Estimate(value, interval: value.value == nil ? nil : interval(metric)))
      })
    return DetectorEvaluation(
      name: scores.name, role: scores.role, headline: headline,
      precisionRecall: CurveThinning.thin(
        ranking.precisionRecallCurve().reversed().map { ($0.recall, $0.precision) }),
      roc: CurveThinning.thin(
        ranking.rocCurve().map { ($0.falsePositiveRate, $0.truePositiveRate) }),
      gain: CurveThinning.thinLogarithmic(ranking.gainCurve()),
      histogram: ScoreHistogram(scores: scores.scores, labels: labels))
  }
}
