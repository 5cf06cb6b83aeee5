public import Transactions

/// The 3-sigma rule fitted to one series: an expected value, a spread, and a band outside which a value is an anomaly.
///
/// The band is expected value ± threshold · spread; a value is an anomaly when it lies strictly outside, on a side that
/// counts. What is expected, and what the spread is, is the method's choice (`SeriesProfile`). With `sigma` they are mean
/// and population standard deviation, rounded once from exact sums, so the model depends only on the set of points. A
/// constant series (largest value = smallest value) is accepted: any other value is an anomaly.
public struct ThreeSigmaModel: Equatable, Sendable {
  /// What the model was fitted with.
  public let parameters: ThreeSigmaParameters
  /// The method in use: that of the parameters, or the one that `auto` picked.
  public let method: ThreeSigmaMethod
  /// How well each method did when `auto` picked one; else empty.
  public let trials: [MethodTrial]
  /// The exact moments of the points that the model remembers: all, or those in its window.
  public internal(set) var moments: ExactMoments
  var recollection: SeriesRecollection
  /// The time of the first point.
  public let firstTime: Timestamp
  /// The time of the last point.
  public internal(set) var lastTime: Timestamp
  /// The mean of the points, weighted where the model forgets.
  public internal(set) var mean: Double
  /// The population standard deviation of the points; 0 only for a constant series.
  public internal(set) var standardDeviation: Double
  /// What is expected when, and the spread around it.
  public internal(set) var profile: SeriesProfile

  /// Half the width of the band in standard deviations: the threshold, or its finite-sample equivalent when that rule holds.
  public private(set) var effectiveThreshold: Double

  /// How many points the model rests on.
  public var pointCount: Int { moments.count }
  /// The smallest value.
  public var minimum: Double { moments.minimum }
  /// The largest value.
  public var maximum: Double { moments.maximum }
  /// Whether all points had the same value.
  public var isConstant: Bool { moments.isConstant }
  /// The lower end of the band at the time of the last point.
  public var lowerBound: Double { band(at: lastTime).lower }
  /// The upper end of the band at the time of the last point.
  public var upperBound: Double { band(at: lastTime).upper }

  /// Joins the parts; `profile` is that of `sigma` when there is none.
  ///
  /// - Precondition: the moments are of at least two points.
  init(
    parameters: ThreeSigmaParameters, method: ThreeSigmaMethod, trials: [MethodTrial],
    moments: ExactMoments, firstTime: Timestamp, lastTime: Timestamp, profile: SeriesProfile?,
    recollection: SeriesRecollection = .everything
  ) {
    precondition(moments.count >= 2, "a spread needs two points")
    self.parameters = parameters
    self.method = method
    self.trials = trials
    self.moments = moments
    self.recollection = recollection
    self.firstTime = firstTime
    self.lastTime = lastTime
    mean = 0
    standardDeviation = 0
    effectiveThreshold = parameters.threshold
    self.profile = profile ?? .level(centre: 0, scale: 0)
    refresh()
  }

  /// The band of normal values at `time`.
  ///
  /// - Complexity: O(1).
  public func band(at time: Timestamp) -> (expected: Double, lower: Double, upper: Double) {
    let expected = profile.expectedValue(at: time)
    let width = effectiveThreshold * profile.scale
    // No finite value lies beyond the largest one, so cutting an overflow there changes no decision.
    let limit = Double.greatestFiniteMagnitude
    return (expected, max(expected - width, -limit), min(expected + width, limit))
  }

  /// Brings what follows from moments and profile up to date.
  mutating func refresh() {
    if case .forgetting(let fading) = recollection {
      (mean, standardDeviation) = (fading.mean, fading.deviation)
    } else {
      (mean, standardDeviation) = (moments.mean, moments.standardDeviation)
    }
    if method == .sigma { profile = .level(centre: mean, scale: standardDeviation) }
    if parameters.rule == .finiteSample, let threshold = finiteSampleThreshold {
      effectiveThreshold = threshold
    }
  }

  /// The band half-width, in standard deviations of these points, that a new normal point leaves as rarely as
  /// `parameters.threshold` promises for infinitely many; `nil` above 37 sigmas, where the promise is below 1e-299.
  ///
  /// Exact for `sigma`; for the other methods the number of points is replaced by the number of equal weight.
  public var finiteSampleThreshold: Double? {
    ThreeSigmaModel.finiteSampleThreshold(
      parameters.threshold, pointCount: effectivePointCount)
  }

  /// How many points of equal weight the spread rests on, at least 2.
  var effectivePointCount: Double {
    if case .forgetting(let fading) = recollection { return max(2, fading.effectivePointCount) }
    // The MAD needs 1/0.37 times the points of a standard deviation for the same certainty.
    let share = method == .robust ? 0.37 : 1
    return max(2, share * profile.effectivePointCount(pointCount))
  }

  /// t(n − 1) at the tail of `threshold` normal sigmas, times √(1 + 1/n) for the error of the mean and √(n / (n − 1))
  /// because the standard deviation is the population's.
  ///
  /// - Returns: `nil` above 37 sigmas or below two points.
  public static func finiteSampleThreshold(_ threshold: Double, pointCount: Double) -> Double? {
    guard threshold <= 37, pointCount >= 2 else { return nil }
    let tail = NormalDistribution.upperTail(threshold)
    let quantile = StudentDistribution(degreesOfFreedom: pointCount - 1).upperQuantile(tail)
    return quantile * spreadOfNewPoint(pointCount: pointCount)
  }

  /// √(1 + 1/n) · √(n / (n − 1)): the deviation of a new point in population standard deviations of the old ones.
  static func spreadOfNewPoint(pointCount: Double) -> Double {
    ((pointCount + 1) / (pointCount - 1)).squareRoot()
  }
}

/// How one method did on the held-out end of a series.
public struct MethodTrial: Equatable, Sendable {
  /// The method that was tried.
  public let method: ThreeSigmaMethod
  /// The mean absolute one-step error on the held-out points.
  public let error: Double
}

extension ThreeSigmaModel {
  /// A remark on a fitted model.
  public struct Warning: Equatable, Sendable {
    /// An upper-snake-case code.
    public let code: String
    /// A sentence.
    public let message: String

    /// Below so many points a model carries a warning.
    public static let comfortablePointCount = 30
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
    if case .seasonal(let profile) = profile {
      if profile.slots == .none && parameters.method == .seasonal {
        warnings.append(
          Warning(
            code: "NO_SEASON",
            message: "the points do not carry a season (three periods, three points an hour of "
              + "the day or week); the model is a mean with a trend at most"))
      }
      let empty = profile.counts.count { $0 == 0 }
      if empty > 0 {
        warnings.append(
          Warning(
            code: "EMPTY_SLOTS",
            message: "\(empty) of \(profile.slots.count) slots have no points; the mean stands in"))
      }
    }
    return warnings
  }
}
