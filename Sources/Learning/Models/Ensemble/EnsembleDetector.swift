package import Tabular

/// Several detectors judged by how rare their scores were in training.
///
/// Each member's score becomes evidence, −log₁₀ of the share of training rows that score at least as high
/// (`TailCalibration`). Without labels the score of the ensemble is the weighted mean of the evidence, or the largest
/// weighted one; with weights fitted on labels it is the rise of the log-odds of an anomaly, and a probability comes with
/// it. The score never falls when the score of a member rises.
///
/// A member is a detector over some of the features, or a feature that is a score by itself, such as the amount in
/// standard deviations of the customer, a delayed risk, or a quantity that a rule looks at; a missing one says nothing.
public struct EnsembleDetector: AnomalyDetector {
  public static let kind = "ensemble"

  /// How evidence becomes one score.
  public enum Combination: String, Equatable, Sendable, CaseIterable {
    /// Σ weight · evidence / Σ weight: rewards agreement.
    case mean
    /// The largest weight · evidence: one sure member is enough.
    case maximum
    /// Σ weight · rise of the log-odds by the member's curve; weights and curves come from labels.
    case fitted
  }

  /// One voice of the ensemble.
  public struct Member: Sendable {
    /// What gives the score.
    public let source: Source
    /// What a score means.
    public let calibration: TailCalibration
    /// What the evidence means for the log-odds of an anomaly; `nil` unless the ensemble was fitted on labels.
    public let curve: LogOddsCurve?
    /// How much the evidence counts; positive, or in a fitted ensemble not negative.
    public let weight: Double

    /// Joins the parts.
    public init(
      source: Source, calibration: TailCalibration, curve: LogOddsCurve? = nil, weight: Double
    ) {
      self.source = source
      self.calibration = calibration
      self.curve = curve
      self.weight = weight
    }
  }

  /// Where the score of a member comes from.
  public enum Source: Sendable {
    /// A fitted detector over some of the ensemble's features.
    case detector(any AnomalyDetector)
    /// The value of a feature; the higher, the more anomalous.
    case feature(String)

    /// The kind of detector, or the name of the feature.
    public var name: String {
      switch self {
      case .detector(let detector): type(of: detector).kind
      case .feature(let name): name
      }
    }
  }

  public let featureNames: [String]
  /// The voices.
  public let members: [Member]
  /// How their evidence becomes one score.
  public let combination: Combination
  /// The log-odds of an anomaly at score 0; 0 unless the ensemble was fitted on labels.
  public let intercept: Double

  /// For each member the columns of its features.
  let columns: [[Int]]

  /// Joins fitted members.
  ///
  /// - Throws: `ModelError.malformed` when there is no member, a weight is out of range, a feature is not among
  ///   `featureNames`, two have one name, or the parts do not fit the combination.
  public init(
    featureNames: [String], members: [Member], combination: Combination, intercept: Double = 0
  ) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "ensemble: \(reason)") }
    guard !members.isEmpty else { throw fail("it has no members") }
    let isFitted = combination == .fitted
    guard intercept.isFinite, isFitted || intercept == 0 else {
      throw fail("the intercept does not fit the combination")
    }
    var positions: [String: Int] = [:]
    for (index, name) in featureNames.enumerated() {
      guard positions.updateValue(index, forKey: name) == nil else {
        throw fail("two features have one name")
      }
    }
    var columns: [[Int]] = []
    for member in members {
      guard member.weight > 0 || (isFitted && member.weight == 0), member.weight <= 1e6 else {
        throw fail("a weight is out of range")
      }
      guard isFitted == (member.curve != nil) else {
        throw fail("a member's curve does not fit the combination")
      }
      let names: [String]
      switch member.source {
      case .detector(let detector): names = detector.featureNames
      case .feature(let name): names = [name]
      }
      let found = names.compactMap { positions[$0] }
      guard found.count == names.count else { throw fail("a member's feature is unknown") }
      columns.append(found)
    }
    self.featureNames = featureNames
    self.members = members
    self.combination = combination
    self.intercept = intercept
    self.columns = columns
  }

  /// The probability of an anomaly, 1 / (1 + exp(−intercept − score)), when the ensemble was fitted on labels.
  ///
  /// It is calibrated to the rate of anomalies among the rows that it was fitted on.
  public func probability(ofScore score: Double) -> Double? {
    guard combination == .fitted else { return nil }
    return 1 / (1 + PortableMath.exp(-intercept - score))
  }
}

extension Matrix<Double> {
  /// A copy of some columns, in that order.
  package func selecting(columns: [Int]) -> Matrix {
    if columns == Array(0..<columnCount) { return self }
    var selected: [Double] = []
    selected.reserveCapacity(rowCount * columns.count)
    for row in 0..<rowCount {
      for column in columns { selected.append(values[row * columnCount + column]) }
    }
    return Matrix(rowCount: rowCount, columnCount: columns.count, values: selected)
  }
}
