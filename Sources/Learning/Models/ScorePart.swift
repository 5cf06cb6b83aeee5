internal import Tabular

/// A part of an anomaly score: which detector sees how much of it in which feature.
public struct ScorePart: Equatable, Sendable {
  /// The kind of the detector, or `feature` for a feature that is a score by itself.
  public let detector: String
  /// The name of the feature.
  public let feature: String
  /// What it adds to the score.
  public let value: Double

  /// Joins the facts.
  public init(detector: String, feature: String, value: Double) {
    self.detector = detector
    self.feature = feature
    self.value = value
  }
}

extension AnomalyDetector {
  /// The anomaly score of one row, as a matrix of one row.
  public func score(of row: [Double]) throws(ModelError) -> Double {
    try scores(
      of: Matrix(rowCount: 1, columnCount: row.count, values: row), threadCount: 1)[0]
  }

  /// The score of one row and how much each feature adds to it, one after the other.
  public func explained(
    _ row: [Double]
  ) throws(ModelError) -> (score: Double, contributions: [Double]) {
    (try score(of: row), try contributions(of: row))
  }

  /// The parts of the score of one row, one for each feature: what `contributions(of:)` says, by this detector.
  public func parts(of row: [Double]) throws(ModelError) -> [ScorePart] {
    zip(featureNames, try contributions(of: row)).map {
      ScorePart(detector: Self.kind, feature: $0, value: $1)
    }
  }

  /// The probability that a row of this score is an anomaly, when the detector learned that from labels.
  public func probability(ofScore score: Double) -> Double? { nil }
}
