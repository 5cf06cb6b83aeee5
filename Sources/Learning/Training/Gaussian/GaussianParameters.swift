/// The settings of a `GaussianDetector`; only valid ones exist.
public struct GaussianParameters: Equatable, Sendable {
  /// How far the covariance is drawn towards uncorrelated features of equal variance.
  public enum Shrinkage: Equatable, Sendable {
    /// By the share that Ledoit & Wolf (2004) estimate from the data.
    case ledoitWolf
    /// By this share, 0 ... 1; 0 leaves the covariance as it is.
    case fixed(Double)
  }

  /// Which rows the moments are computed on.
  public enum Estimator: Equatable, Sendable {
    /// All of them.
    case moments
    /// The inliers of the minimum covariance determinant over a share of the rows, 0.5 ... 1, so that outliers among the
    /// training rows do not hide themselves; the seed chooses its random starts.
    case minimumCovarianceDeterminant(supportFraction: Double = 0.75, seed: UInt64 = 0)
  }

  /// What the score measures.
  public enum Measure: Equatable, Sendable {
    /// The Mahalanobis distance.
    case distance
    /// The distance from the space of the first principal components that explain this share of the variance, above 0 and
    /// below 1: the squared prediction error's root (Jackson & Mudholkar 1979).
    case residual(explainedShare: Double)
  }

  /// The shrinkage; Ledoit–Wolf by default, because it needs no tuning and keeps the covariance invertible.
  public let shrinkage: Shrinkage
  /// Whether features are divided by their standard deviations before shrinking, so that units do not matter.
  ///
  /// `false` gives scikit-learn's `LedoitWolf` and `ShrunkCovariance`, which shrink in the units of the data.
  public let standardizes: Bool
  /// Which rows count; all by default.
  public let estimator: Estimator
  /// What the score measures; the distance by default.
  public let measure: Measure

  /// Checks and joins the settings.
  ///
  /// - Throws: `TrainingError.invalidParameter` for a share out of its range.
  public init(
    shrinkage: Shrinkage = .ledoitWolf, standardizes: Bool = true, estimator: Estimator = .moments,
    measure: Measure = .distance
  ) throws(TrainingError) {
    if case .fixed(let share) = shrinkage, !(0...1).contains(share) {
      throw .invalidParameter(name: "shrinkage", given: "\(share)", allowed: "0 ... 1")
    }
    if case .minimumCovarianceDeterminant(let share, _) = estimator, !(0.5...1).contains(share) {
      throw .invalidParameter(name: "support_fraction", given: "\(share)", allowed: "0.5 ... 1")
    }
    if case .residual(let share) = measure, !(share > 0 && share < 1) {
      throw .invalidParameter(
        name: "explained_variance", given: "\(share)", allowed: "above 0 and below 1")
    }
    self.shrinkage = shrinkage
    self.standardizes = standardizes
    self.estimator = estimator
    self.measure = measure
  }

  /// The robust estimator over three quarters of the rows, with Ledoit–Wolf shrinkage on the inliers.
  public static func robust(seed: UInt64 = 0) throws(TrainingError) -> GaussianParameters {
    try GaussianParameters(estimator: .minimumCovarianceDeterminant(seed: seed))
  }
}
