public import Features

/// A detector ready for use: with the features it reads, the threshold that makes a label of a score and the
/// calibration that makes a probability of it.
public struct ScoringModel: Sendable {
  /// What computes the scores.
  public let detector: any AnomalyDetector
  /// How the detector's columns are computed from transactions.
  public let features: FeatureSpecification
  /// What is judged besides the score, on the same histories.
  public let rules: RuleSet
  /// Rows that score higher are anomalies.
  public let threshold: Double
  /// Distribution of the training scores.
  public let calibration: ScoreCalibration

  /// Joins the parts.
  ///
  /// - Throws: `ModelError.featureMismatch` when the detector reads other columns than the features give.
  public init(
    detector: any AnomalyDetector, features: FeatureSpecification, rules: RuleSet = RuleSet(),
    threshold: Double, calibration: ScoreCalibration
  ) throws(ModelError) {
    guard detector.featureNames == features.names else {
      throw .featureMismatch(expected: detector.featureNames, actual: features.names)
    }
    self.detector = detector
    self.features = features
    self.rules = rules
    self.threshold = threshold
    self.calibration = calibration
  }

  /// The judgement on one row.
  public struct Assessment: Equatable, Sendable {
    /// The anomaly score.
    public let score: Double
    /// Share of training rows that scored lower, in 0…1.
    public let probability: Double
    /// The probability of an anomaly, in 0…1, when the detector learned it from labels.
    public let anomalyProbability: Double?
    /// Whether the score is above the threshold.
    public let isAnomaly: Bool
  }

  /// Judges one row of features, in the order of `features.names`.
  ///
  /// - Throws: `ModelError.featureCountMismatch` or `.invalidValue`.
  public func assess(_ row: [Double]) throws(ModelError) -> Assessment {
    try assessment(
      ofScore: TrainedDetector(detector: detector, threshold: threshold).score(of: row))
  }

  /// The judgement that a score means.
  public func assessment(ofScore score: Double) -> Assessment {
    Assessment(
      score: score, probability: calibration.probability(of: score),
      anomalyProbability: detector.probability(ofScore: score), isAnomaly: score > threshold)
  }
}
