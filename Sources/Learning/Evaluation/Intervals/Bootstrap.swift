internal import Tabular

/// Figures on rows drawn again: what intervals and paired comparisons are read from.
struct Bootstrap: Sendable {
  /// Per detector and metric, the figure of each replicate; NaN where it is undefined.
  let replicates: [[HeadlineMetric: [Double]]]
  let confidence: Double

  /// What a detector needs to be judged again and again.
  struct Candidate: Sendable {
    let ranking: ReplicateRanking
    let alerts: DailyAlerts
  }

  init(
    candidates: [Candidate], unitCount: Int, settings: EvaluationSettings, threadCount: Int
  ) {
    let poisson = PoissonWeights()
    let byDay = settings.resamplingUnit == .day
    // Drawing days leaves what happens within a day as it is.
    let fixedCounts = candidates.map {
      byDay ? $0.alerts.counts(budget: settings.alertsPerDay) : []
    }
    let blocks = BlockParallel.map(
      count: settings.intervals == .bootstrap ? settings.replicateCount : 0, blockSize: 8,
      threadCount: threadCount
    ) { range in
      let weights = poisson.draw(
        unitCount: unitCount, seed: settings.seed, block: range.lowerBound / 8)
      return candidates.indices.map { index in
        let (area, precision) = candidates[index].ranking.figures(weights: weights)
        return range.indices.map { replicate in
          let lane = replicate - range.lowerBound
          let unitWeights = weights.map { $0[lane] }
          let figures =
            byDay
            ? fixedCounts[index].figures(budget: settings.alertsPerDay, dayWeights: unitWeights)
            : candidates[index].alerts.counts(
              budget: settings.alertsPerDay, weights: unitWeights
            ).figures(budget: settings.alertsPerDay)
          return HeadlineMetric.allCases.map { metric in
            switch metric {
            case .averagePrecision: precision[lane]
            case .areaUnderROC: area[lane]
            default: figures[metric]?.value ?? .nan
            }
          }
        }
      }
    }
    confidence = settings.confidence
    replicates = candidates.indices.map { index in
      var columns: [HeadlineMetric: [Double]] = [:]
      for (column, metric) in HeadlineMetric.allCases.enumerated() {
        columns[metric] = blocks.flatMap { block in block[index].map { $0[column] } }
      }
      return columns
    }
  }

  /// The interval of one detector's figure.
  func interval(_ detector: Int, _ metric: HeadlineMetric) -> ClosedRange<Double>? {
    percentiles(replicates[detector][metric] ?? [])
  }

  /// The replicates of the difference between two detectors' figures.
  func differences(_ detector: Int, minus other: Int, _ metric: HeadlineMetric) -> [Double] {
    zip(replicates[detector][metric] ?? [], replicates[other][metric] ?? []).map { $0 - $1 }
  }

  /// The central share `confidence` of `values`; `nil` when one in twenty or more is undefined.
  func percentiles(_ values: [Double]) -> ClosedRange<Double>? {
    let defined = values.filter { !$0.isNaN }.sorted()
    guard !defined.isEmpty, Double(defined.count) > 0.95 * Double(values.count) else { return nil }
    let tail = (1 - confidence) / 2
    return Quantile.ofSorted(defined, tail)...Quantile.ofSorted(defined, 1 - tail)
  }
}

extension AlertFigures {
  /// The figure of a metric that depends on the budget; `nil` for the others.
  subscript(metric: HeadlineMetric) -> MetricValue? {
    switch metric {
    case .precisionAtBudget: precision
    case .cardPrecisionAtBudget: cardPrecision
    case .newCardPrecisionAtBudget: newCardPrecision
    case .recallAtBudget: recall
    case .moneyRecallAtBudget: moneyRecall
    case .alertsPerCatch: alertsPerCatch
    case .averagePrecision, .areaUnderROC: nil
    }
  }
}
