public import JSON

/// How detectors are judged.
public struct EvaluationSettings: Equatable, Sendable {
  /// What is drawn again and again to see how far a figure could have come out differently.
  public enum ResamplingUnit: String, Sendable {
    /// Entities with all their rows: rows of one card are not independent.
    case entity
    /// Days with all their rows.
    case day
  }

  /// Where intervals come from.
  public enum Intervals: String, CaseIterable, Sendable {
    /// Rows drawn again by unit: holds for rows that depend on each other.
    case bootstrap
    /// Formulas for independent rows: quick.
    case closedForm = "closed_form"
  }

  /// How many alerts a day the team reads.
  public let alertsPerDay: Int
  /// Probability with which an interval holds the true figure.
  public let confidence: Double
  /// How many times the rows are drawn again.
  public let replicateCount: Int
  /// Where intervals come from.
  public let intervals: Intervals
  /// What is drawn.
  public let resamplingUnit: ResamplingUnit
  /// Start of the random stream.
  public let seed: UInt64
  /// The share of rows that a threshold by contamination flags.
  public let contamination: Double
  /// The precision that a threshold by precision keeps.
  public let targetPrecision: Double
  /// What alerts and misses cost.
  public let costs: CostMatrix

  /// Makes settings.
  ///
  /// - Throws: `EvaluationError.invalidParameter` for a budget below 1, fewer than 2 or more than 100,000 replicates, or a
  ///   confidence outside 0.5 ... 0.999, or a share outside 0 ... 1.
  public init(
    alertsPerDay: Int = 100, confidence: Double = 0.95, replicateCount: Int = 1_000,
    intervals: Intervals = .bootstrap, resamplingUnit: ResamplingUnit = .entity, seed: UInt64 = 0,
    contamination: Double = 0.01,
    targetPrecision: Double = 0.5, costs: CostMatrix = .standard
  ) throws(EvaluationError) {
    guard alertsPerDay > 0 else {
      throw .invalidParameter(name: "alerts per day", reason: "at least 1 is needed")
    }
    guard (0.5...0.999).contains(confidence) else {
      throw .invalidParameter(name: "confidence", reason: "it must lie in 0.5 ... 0.999")
    }
    guard (2...100_000).contains(replicateCount) else {
      throw .invalidParameter(name: "replicates", reason: "2 to 100,000 are possible")
    }
    guard contamination > 0, contamination <= 0.5 else {
      throw .invalidParameter(name: "contamination", reason: "it must lie in 0 ... 0.5")
    }
    guard targetPrecision > 0, targetPrecision <= 1 else {
      throw .invalidParameter(name: "target precision", reason: "it must lie in 0 ... 1")
    }
    self.alertsPerDay = alertsPerDay
    self.confidence = confidence
    self.replicateCount = replicateCount
    self.intervals = intervals
    self.resamplingUnit = resamplingUnit
    self.seed = seed
    self.contamination = contamination
    self.targetPrecision = targetPrecision
    self.costs = costs
  }

  /// The rules by which a report offers thresholds.
  public var thresholdRules: [ThresholdRule] {
    [
      .alertsPerDay(alertsPerDay), .contamination(contamination), .precision(targetPrecision),
      .cost(costs),
    ]
  }

  /// The settings as they stand in `metrics.json`.
  public var json: JSONObject {
    [
      "alerts_per_day": .integer(Int64(alertsPerDay)), "confidence": .number(confidence),
      "replicates": .integer(Int64(replicateCount)),
      "intervals": .string(intervals.rawValue), "resampling_unit": .string(resamplingUnit.rawValue),
      "seed": .string(String(seed)), "contamination": .number(contamination),
      "target_precision": .number(targetPrecision),
      "cost_per_alert": .number(costs.perAlert),
      "cost_per_missed_fraud": .number(costs.perMissedFraud),
    ]
  }
}
