public import Transactions

/// How the expected value and the spread of a series are found.
public enum ThreeSigmaMethod: String, Equatable, Sendable, CaseIterable {
  /// Mean and population standard deviation of all points.
  case sigma
  /// Median and scaled median absolute deviation, with a floor from the step of the data.
  case robust
  /// A level that follows the series, with irregular sampling taken into account.
  case ewma
  /// A value for each hour of the day or week, as far as the data carry it, and a trend.
  case seasonal
  /// Whichever of the others predicts the last third of the series best from the first two.
  case auto
}

/// Which deviations count as anomalies.
public enum AnomalySides: String, Equatable, Sendable, CaseIterable {
  /// Values above the band.
  case upper
  /// Values below the band.
  case lower
  /// Values on either side.
  case both
}

/// How wide the band is, given the threshold in sigmas.
public enum ThresholdRule: String, Equatable, Sendable, CaseIterable {
  /// Exactly `threshold` standard deviations, however few points they come from.
  case plain
  /// Wider for few points, so that a normal point is outside as rarely as `threshold` promises for many (Student's t).
  case finiteSample = "finite_sample"
}

/// What a per-series model is fitted with; only valid values exist.
public struct ThreeSigmaParameters: Equatable, Sendable {
  /// Half the width of the band in standard deviations: greater than 0, at most 1,000,000.
  public let threshold: Double
  /// How expected value and spread are found.
  public let method: ThreeSigmaMethod
  /// Which deviations count. The default is both; `upper` with `sigma` is the classical mean + 3·std rule.
  public let sides: AnomalySides
  /// How the threshold becomes a band.
  public let rule: ThresholdRule
  /// How many points a fit needs at least; 2 or more.
  public let minimumPointCount: Int
  /// The half-life of `ewma`; without one it is found from one-step errors.
  public let halfLife: TimeSpan?
  /// Whose clocks tell the hours of `seasonal`.
  public let zone: CalendarZone
  /// Which points `sigma` goes by.
  public let memory: SeriesMemory

  /// Checks and joins the parameters.
  ///
  /// - Throws: `ThreeSigmaError.invalidParameter` naming the first parameter out of its range.
  public init(
    threshold: Double = 3, method: ThreeSigmaMethod = .sigma, sides: AnomalySides = .both,
    rule: ThresholdRule = .plain, minimumPointCount: Int = 2, halfLife: TimeSpan? = nil,
    zone: CalendarZone = .utc, memory: SeriesMemory = .everything
  ) throws(ThreeSigmaError) {
    guard threshold > 0, threshold <= 1_000_000 else {
      throw .invalidParameter(
        name: "threshold", reason: "must be greater than 0 and at most 1000000 sigmas")
    }
    guard minimumPointCount >= 2 else {
      throw .invalidParameter(name: "minimum_points", reason: "must be at least 2")
    }
    if let halfLife, halfLife.microseconds <= 0 {
      throw .invalidParameter(name: "half_life", reason: "must be longer than nothing")
    }
    guard abs(zone.fixedOffset?.seconds ?? 0) <= 86_400 else {
      throw .invalidParameter(name: "time_zone", reason: "must be within a day of UTC")
    }
    try memory.check(method: method, minimumPointCount: minimumPointCount)
    self.threshold = threshold
    self.method = method
    self.sides = sides
    self.rule = rule
    self.minimumPointCount = minimumPointCount
    self.halfLife = halfLife
    self.zone = zone
    self.memory = memory
  }

  /// Three sigmas on both sides.
  public static let standard = ThreeSigmaParameters()

  private init() {
    threshold = 3
    method = .sigma
    sides = .both
    rule = .plain
    minimumPointCount = 2
    halfLife = nil
    zone = .utc
    memory = .everything
  }
}
