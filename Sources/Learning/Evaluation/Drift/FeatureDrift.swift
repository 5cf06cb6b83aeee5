internal import JSON

/// How far one feature, or the score, has moved from training to a later period.
public struct FeatureDrift: Equatable, Sendable {
  /// What the figures say.
  public enum Verdict: String, Sendable {
    /// Nothing beyond chance, or too little to matter.
    case stable
    /// More than chance and enough to matter.
    case moved
  }

  /// Name of the feature.
  public let name: String
  /// The index over quantile bins, with its chance level.
  public let stability: PopulationStability
  /// Largest distance of the two cumulative distributions (Kolmogorov–Smirnov), of values that are there.
  public let distance: MetricValue
  /// Probability of such a distance by chance.
  public let distanceProbability: MetricValue
  /// Mean distance over which values moved (Wasserstein), in standard deviations of training.
  public let transport: MetricValue
  /// How far the mean moved, in standard deviations of training.
  public let meanShift: MetricValue
  /// Share of missing values in training and now.
  public let missingShares: (training: Double, current: Double)

  /// Least change of the share of missing values that is told in words.
  static let materialMissing = 0.01

  /// What happened, in plain words.
  public var sentence: String {
    let missing = missingShares.current - missingShares.training
    if abs(missing) >= FeatureDrift.materialMissing && verdict == .moved {
      return "missing values \(missing > 0 ? "rose" : "fell") to "
        + NumberText.percent(missingShares.current)
    }
    guard verdict == .moved else {
      return stability.index > stability.chanceLevel ? "a little different" : "as in training"
    }
    guard let shift = meanShift.value else { return "differently spread" }
    if abs(shift) < 0.1 { return "differently spread around the same mean" }
    return "mean \(shift > 0 ? "higher" : "lower") by \(NumberText.fixed(abs(shift), 1)) σ"
  }

  /// The answer.
  public var verdict: Verdict { stability.isAlarm ? .moved : .stable }

  /// Compares two samples of a feature; NaN is a missing value.
  ///
  /// - Parameters:
  ///   - name: Name of the feature.
  ///   - training: Values of the rows that trained.
  ///   - current: Values of today.
  ///   - alarmRate: How often this feature may give an alarm although nothing moved; divide it by the number of features to bound
  ///     the alarms of a whole report.
  ///   - seed: Seed of the simulated null distribution.
  /// - Throws: `EvaluationError` when a sample has no value.
  public init(
    name: String, training: [Double], current: [Double], alarmRate: Double = 0.01, seed: UInt64 = 0
  ) throws(EvaluationError) {
    self.name = name
    let bins = try QuantileBins(training: training)
    stability = try PopulationStability(
      training: bins.counts, current: bins.counts(of: current), alarmRate: alarmRate, seed: seed)
    func missing(_ values: [Double]) -> Double {
      Double(values.count { $0.isNaN }) / Double(values.count)
    }
    missingShares = (missing(training), missing(current))
    let before = training.filter { $0.isFinite }.sorted()
    let now = current.filter { $0.isFinite }.sorted()
    guard !before.isEmpty, !now.isEmpty else {
      let reason = "one of the samples has no finite value"
      distance = .undefined(reason)
      distanceProbability = .undefined(reason)
      transport = .undefined(reason)
      meanShift = .undefined(reason)
      return
    }
    let compared = FeatureDrift.compare(before, now)
    distance = .value(compared.distance)
    let (m, n) = (Double(before.count), Double(now.count))
    distanceProbability = .value(
      Distribution.kolmogorovTail(distance: compared.distance, size: m * n / (m + n)))
    let mean = before.reduce(0) { $0 + ($1 - before[0]) } / m + before[0]
    let deviation = (before.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / m).squareRoot()
    let shift = now.reduce(0) { $0 + ($1 - mean) } / n
    meanShift =
      deviation > 0 && shift.isFinite
      ? .value(shift / deviation) : .undefined("the feature does not vary in training")
    transport =
      deviation > 0 && compared.transport.isFinite
      ? .value(compared.transport / deviation)
      : .undefined("the feature does not vary in training")
  }

  public static func == (left: FeatureDrift, right: FeatureDrift) -> Bool {
    left.json == right.json
  }

  /// The Kolmogorov–Smirnov distance and the Wasserstein distance of two ascending samples.
  static func compare(_ left: [Double], _ right: [Double]) -> (distance: Double, transport: Double)
  {
    var (i, j) = (0, 0)
    var distance = 0.0
    var transport = 0.0
    var previous = min(left[0], right[0])
    while i < left.count || j < right.count {
      let gap = Double(i) / Double(left.count) - Double(j) / Double(right.count)
      let value = min(
        i < left.count ? left[i] : .infinity, j < right.count ? right[j] : .infinity)
      transport += abs(gap) * (value - previous)
      previous = value
      while i < left.count && left[i] == value { i += 1 }
      while j < right.count && right[j] == value { j += 1 }
      distance = max(
        distance, abs(Double(i) / Double(left.count) - Double(j) / Double(right.count)))
    }
    return (distance, transport)
  }

  /// The figures as they stand in `metrics.json`.
  var json: JSONObject {
    [
      "feature": .string(name), "verdict": .string(verdict.rawValue),
      "psi": .number(stability.index), "psi_chance_level": .number(stability.chanceLevel),
      "alarm_rate": .number(stability.alarmRate),
      "ks": distance.value.map { .number($0) } ?? nil,
      "ks_probability": distanceProbability.value.map { .number($0) } ?? nil,
      "wasserstein": transport.value.map { .number($0) } ?? nil,
      "mean_shift": meanShift.value.map { .number($0) } ?? nil,
      "in_words": .string(sentence), "missing_training": .number(missingShares.training),
      "missing_current": .number(missingShares.current),
    ]
  }
}
