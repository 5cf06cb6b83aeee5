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

  /// How many alerts a day the team reads.
  public let alertsPerDay: Int
  /// Probability with which an interval holds the true figure.
  public let confidence: Double
  /// How many times the rows are drawn again.
  public let replicateCount: Int
  /// What is drawn.
  public let resamplingUnit: ResamplingUnit
  /// Start of the random stream.
  public let seed: UInt64

  /// Makes settings.
  ///
  /// - Throws: `EvaluationError.invalidParameter` for a budget below 1, fewer than 2 or more than 100,000 replicates, or a
  ///   confidence outside 0.5 ... 0.999.
  public init(
    alertsPerDay: Int = 100, confidence: Double = 0.95, replicateCount: Int = 1_000,
    resamplingUnit: ResamplingUnit = .entity, seed: UInt64 = 0
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
    self.alertsPerDay = alertsPerDay
    self.confidence = confidence
    self.replicateCount = replicateCount
    self.resamplingUnit = resamplingUnit
    self.seed = seed
  }

  /// The settings as they stand in `metrics.json`.
  public var json: JSONObject {
    [
      "alerts_per_day": .integer(Int64(alertsPerDay)), "confidence": .number(confidence),
      "replicates": .integer(Int64(replicateCount)),
      "resampling_unit": .string(resamplingUnit.rawValue),
      "seed": .string(String(seed)),
    ]
  }
}
