public import Transactions

/// The 3-sigma rule fitted to one series: an expected value, a spread, and a band outside which a value is an anomaly.
///
/// Mean and population standard deviation are rounded once from exact sums, so the model depends only on the set of
/// points it was fitted on. The band is mean ± threshold · standard deviation; a value is an anomaly when it lies
/// strictly outside, on a side that counts. A constant series (largest value = smallest value) is accepted: any other
/// value is an anomaly.
public struct ThreeSigmaModel: Equatable, Sendable {
  /// What the model was fitted with.
  public let parameters: ThreeSigmaParameters
  /// The exact state behind mean and deviation; models of parts of a series merge through it.
  public let moments: ExactMoments
  /// The time of the first point.
  public let firstTime: Timestamp
  /// The time of the last point.
  public let lastTime: Timestamp
  /// The mean of the points.
  public let mean: Double
  /// The population standard deviation of the points; 0 only for a constant series.
  public let standardDeviation: Double
  /// The lower end of the band; values below are anomalies unless only the upper side counts.
  public let lowerBound: Double
  /// The upper end of the band; values above are anomalies unless only the lower side counts.
  public let upperBound: Double

  /// How many points the model was fitted on.
  public var pointCount: Int { moments.count }
  /// The smallest value.
  public var minimum: Double { moments.minimum }
  /// The largest value.
  public var maximum: Double { moments.maximum }
  /// Whether all points had the same value.
  public var isConstant: Bool { moments.isConstant }

  /// Half the width of the band in standard deviations: the threshold, or its finite-sample equivalent when that rule holds.
  public var effectiveThreshold: Double {
    ThreeSigmaModel.effectiveThreshold(parameters, pointCount: pointCount)
  }

  /// Derives the model from the state of its points.
  ///
  /// - Precondition: the moments are of at least two points.
  init(
    parameters: ThreeSigmaParameters, moments: ExactMoments, firstTime: Timestamp,
    lastTime: Timestamp
  ) {
    precondition(moments.count >= 2, "a spread needs two points")
    self.parameters = parameters
    self.moments = moments
    self.firstTime = firstTime
    self.lastTime = lastTime
    mean = moments.mean
    standardDeviation = moments.standardDeviation
    let width =
      ThreeSigmaModel.effectiveThreshold(parameters, pointCount: moments.count) * standardDeviation
    // No finite value lies beyond the largest one, so cutting an overflow there changes no decision.
    let limit = Double.greatestFiniteMagnitude
    lowerBound = max(mean - width, -limit)
    upperBound = min(mean + width, limit)
  }

  private static func effectiveThreshold(
    _ parameters: ThreeSigmaParameters, pointCount: Int
  ) -> Double {
    switch parameters.rule {
    case .plain: parameters.threshold
    case .finiteSample:
      finiteSampleThreshold(parameters.threshold, pointCount: pointCount) ?? parameters.threshold
    }
  }

  /// The band half-width, in standard deviations of these points, that a new normal point leaves as rarely as
  /// `parameters.threshold` promises for infinitely many; `nil` above 37 sigmas, where the promise is below 1e-299.
  public var finiteSampleThreshold: Double? {
    ThreeSigmaModel.finiteSampleThreshold(parameters.threshold, pointCount: pointCount)
  }

  /// t(n − 1) at the tail of `threshold` normal sigmas, times √(1 + 1/n) for the error of the mean and √(n / (n − 1))
  /// because the standard deviation is the population's.
  ///
  /// - Returns: `nil` above 37 sigmas or below two points.
  public static func finiteSampleThreshold(_ threshold: Double, pointCount: Int) -> Double? {
    guard threshold <= 37, pointCount >= 2 else { return nil }
    let tail = NormalDistribution.upperTail(threshold)
    let quantile = StudentDistribution(degreesOfFreedom: Double(pointCount - 1)).upperQuantile(tail)
    return quantile * spreadOfNewPoint(pointCount: pointCount)
  }

  /// √(1 + 1/n) · √(n / (n − 1)): the deviation of a new point in population standard deviations of the old ones.
  static func spreadOfNewPoint(pointCount: Int) -> Double {
    let count = Double(pointCount)
    return ((count + 1) / (count - 1)).squareRoot()
  }

  /// What a reader of the model should know before trusting it.
  public var warnings: [Warning] {
    var warnings: [Warning] = []
    if pointCount < Warning.comfortablePointCount {
      warnings.append(
        Warning(
          code: "FEW_POINTS",
          message: "fitted on \(pointCount) points; with fewer than "
            + "\(Warning.comfortablePointCount) the plain threshold alarms too often: see "
            + "finite_sample_threshold"))
    }
    if isConstant {
      warnings.append(
        Warning(
          code: "CONSTANT_SERIES",
          message: "all points have one value; any other value is an anomaly"))
    }
    return warnings
  }

  /// A remark on a fitted model.
  public struct Warning: Equatable, Sendable {
    /// An upper-snake-case code.
    public let code: String
    /// A sentence.
    public let message: String

    /// Below so many points a model carries a warning.
    public static let comfortablePointCount = 30
  }
}
