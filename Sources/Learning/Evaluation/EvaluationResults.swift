public import Transactions

/// What the evaluated rows are.
public struct RowSummary: Equatable, Sendable {
  /// How many rows there are.
  public let count: Int
  /// How many are fraud.
  public let positiveCount: Int
  /// How many nobody has reported on; they count as genuine.
  public let unlabelledCount: Int
  /// How many entities they belong to.
  public let entityCount: Int
  /// How many UTC days they lie on.
  public let dayCount: Int
  /// How many units were drawn from in each replicate.
  public let unitCount: Int
  /// The first moment.
  public let firstTime: Timestamp
  /// The last moment.
  public let lastTime: Timestamp
  /// Money lost to fraud, in the currency's unit.
  public let fraudAmount: Double

  init(_ rows: EvaluationRows, dayCount: Int, unitCount: Int) {
    count = rows.count
    positiveCount = rows.positiveCount
    unlabelledCount = rows.unlabelledCount
    entityCount = rows.entities.dictionary.count
    self.dayCount = dayCount
    self.unitCount = unitCount
    firstTime = Timestamp(microseconds: rows.times.min() ?? 0)
    lastTime = Timestamp(microseconds: rows.times.max() ?? 0)
    var sum = 0.0
    for row in 0..<rows.count where rows.labels[row] {
      sum += Double(rows.amounts[row]) / 1_000_000
    }
    fraudAmount = sum
  }
}

/// One detector's figures and curves.
public struct DetectorEvaluation: Sendable {
  /// Name in the report.
  public let name: String
  /// Why it is in the table.
  public let role: DetectorScores.Role
  /// The headline figures; every metric has an entry.
  public let headline: [HeadlineMetric: Estimate]
  /// Recall and precision, thinned for drawing.
  public let precisionRecall: [(x: Double, y: Double)]
  /// False and true positive rate, thinned for drawing.
  public let roc: [(x: Double, y: Double)]
  /// Share of the rows that are read and share of the anomalies among them, thinned for drawing.
  public let gain: [(x: Double, y: Double)]
  /// How the scores lie.
  public let histogram: ScoreHistogram
}

/// Two detectors on the same rows and the same replicates.
public struct PairedComparison: Sendable {
  /// One figure's difference.
  public struct Difference: Equatable, Sendable {
    /// The primary detector's figure minus the other's, with its interval.
    public let estimate: Estimate
    /// Share of the replicates in which the primary detector is better.
    public let shareBetter: Double?
  }

  /// Name of the other detector.
  public let otherName: String
  /// Its index.
  public let otherIndex: Int
  /// The differences; every metric has an entry.
  public let differences: [HeadlineMetric: Difference]
  /// Which alerts they share.
  public let migration: AlertMigration

  init(
    index: Int, other: Int, detectors: [DetectorEvaluation], bootstrap: Bootstrap,
    formula: (HeadlineMetric) -> ClosedRange<Double>?, migration: AlertMigration
  ) {
    self.migration = migration
    otherName = detectors[other].name
    otherIndex = other
    var differences: [HeadlineMetric: Difference] = [:]
    for metric in HeadlineMetric.allCases {
      let values = [index, other].map { detectors[$0].headline[metric]?.value }
      guard case .value(let left)? = values[0], case .value(let right)? = values[1] else {
        let reason = values.compactMap { $0?.reason }.first ?? "not computed"
        differences[metric] = Difference(estimate: Estimate(.undefined(reason)), shareBetter: nil)
        continue
      }
      let replicates = bootstrap.differences(index, minus: other, metric)
      let defined = replicates.filter { !$0.isNaN }
      let better = defined.filter { metric.isHigherBetter ? $0 > 0 : $0 < 0 }
      differences[metric] = Difference(
        estimate: Estimate(
          .value(left - right), interval: formula(metric) ?? bootstrap.percentiles(replicates)),
        shareBetter: defined.isEmpty ? nil : Double(better.count) / Double(defined.count))
    }
    self.differences = differences
  }
}

/// How the detectors do on one kind of fraud.
public struct ScenarioResult: Equatable, Sendable {
  /// Name of the scenario; `nil` for frauds without one.
  public let name: String?
  /// How many frauds it has.
  public let count: Int
  /// Money lost to it, in the currency's unit.
  public let amount: Double
  /// Share of it that each detector catches within the budget.
  public let recalls: [MetricValue]

  /// - Parameter alerted: Per detector, whether each row is among its alerts.
  static func table(rows: EvaluationRows, alerted: [[Bool]]) -> [ScenarioResult] {
    var frauds: [Int32: [Int]] = [:]
    for row in 0..<rows.count where rows.labels[row] {
      frauds[rows.scenarios.codes[row], default: []].append(row)
    }
    return frauds.map { code, members in
      ScenarioResult(
        name: code < 0 ? nil : rows.scenarios.dictionary[Int(code)], count: members.count,
        amount: members.reduce(0) { $0 + Double(rows.amounts[$1]) / 1_000_000 },
        recalls: alerted.map { flags in
          .value(Double(members.count { flags[$0] }) / Double(members.count))
        })
    }.sorted { ($1.count, $0.name ?? "") < ($0.count, $1.name ?? "") }
  }
}

/// One day of alerts.
public struct DayResult: Equatable, Sendable {
  /// Start of the UTC day.
  public let start: Timestamp
  /// How many rows it has.
  public let rowCount: Int
  /// How many are fraud.
  public let fraudCount: Int
  /// How many rows are read.
  public let alertCount: Int
  /// How many frauds are among them.
  public let caughtCount: Int
  /// Money lost to fraud, in the currency's unit.
  public let fraudAmount: Double
  /// The part of it that the alerts show.
  public let caughtAmount: Double

  static func table(
    counts: [DailyAlerts.Counts], days: DayIndex, rowCounts: [Int]
  ) -> [DayResult] {
    counts.indices.map { day in
      DayResult(
        start: Timestamp(microseconds: days.starts[day]), rowCount: rowCounts[day],
        fraudCount: Int(counts[day].frauds), alertCount: Int(counts[day].alerts),
        caughtCount: Int(counts[day].caught), fraudAmount: counts[day].fraudMoney,
        caughtAmount: counts[day].caughtMoney)
    }
  }
}

/// How many rows of each class have a score in each of equally wide bins.
public struct ScoreHistogram: Equatable, Sendable {
  /// Edges of the bins, one more than there are bins.
  public let edges: [Double]
  /// Genuine rows a bin.
  public let genuine: [Int]
  /// Anomalies a bin.
  public let anomalies: [Int]

  init(scores: [Double], labels: [Bool], binCount: Int = 50) {
    let low = scores.min() ?? 0
    let high = scores.max() ?? 0
    // Halves, because the span of two finite scores need not be finite.
    let span = high / 2 - low / 2
    edges = (0...binCount).map { edge in
      let part = Double(edge) / Double(binCount)
      return span > 0 ? low * (1 - part) + high * part : low + part - 0.5
    }
    var genuine = [Int](repeating: 0, count: binCount)
    var anomalies = genuine
    for (score, isAnomaly) in zip(scores, labels) {
      let part = span > 0 ? (score / 2 - low / 2) / span : 0.5
      let bin = min(Int(part * Double(binCount)), binCount - 1)
      if isAnomaly { anomalies[bin] += 1 } else { genuine[bin] += 1 }
    }
    self.genuine = genuine
    self.anomalies = anomalies
  }
}
