/// How the expected value and the spread of a series are found.
public enum ThreeSigmaMethod: String, Equatable, Sendable, CaseIterable {
  /// Mean and population standard deviation of all points.
  case sigma
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

  /// Checks and joins the parameters.
  ///
  /// - Throws: `ThreeSigmaError.invalidParameter` naming the first parameter out of its range.
  public init(
    threshold: Double = 3, method: ThreeSigmaMethod = .sigma, sides: AnomalySides = .both,
    rule: ThresholdRule = .plain, minimumPointCount: Int = 2
  ) throws(ThreeSigmaError) {
    guard threshold > 0, threshold <= 1_000_000 else {
      throw .invalidParameter(
        name: "threshold", reason: "must be greater than 0 and at most 1000000 sigmas")
    }
    guard minimumPointCount >= 2 else {
      throw .invalidParameter(name: "minimum_points", reason: "must be at least 2")
    }
    self.threshold = threshold
    self.method = method
    self.sides = sides
    self.rule = rule
    self.minimumPointCount = minimumPointCount
  }

  /// Three sigmas on both sides.
  public static let standard = ThreeSigmaParameters()

  private init() {
    threshold = 3
    method = .sigma
    sides = .both
    rule = .plain
    minimumPointCount = 2
  }
}
