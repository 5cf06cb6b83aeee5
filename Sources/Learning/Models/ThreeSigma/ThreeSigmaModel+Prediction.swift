public import Transactions

extension ThreeSigmaModel {
  /// Judges one value.
  ///
  /// - Precondition: `value` is finite.
  /// - Complexity: O(1).
  public func predict(_ value: Double, at time: Timestamp) -> SeriesPrediction {
    predict(value, at: time, tail: scoreTail)
  }

  /// Judges one value by the model's own `scoreTail`, which who judges many values makes but once.
  ///
  /// - Precondition: `value` is finite.
  /// - Complexity: O(1).
  public func predict(
    _ value: Double, at time: Timestamp, tail: ScoreTail
  ) -> SeriesPrediction {
    var slotName: String?
    if case .seasonal(let profile) = profile {
      slotName = profile.slots.name(of: profile.slots.index(of: time, in: profile.zone))
    }
    return SeriesPrediction(
      value: value, verdict: judge(value, at: time), tail: tail,
      threshold: effectiveThreshold, isConstant: isConstant, slotName: slotName)
  }

  /// The band of normal values, or `nil` when it depends on the time.
  public var constantBand: (expected: Double, lower: Double, upper: Double)? {
    if case .level = profile { band(at: lastTime) } else { nil }
  }

  func judge(_ value: Double, at time: Timestamp) -> SeriesBand.Verdict {
    seriesBand(at: time).judge(value)
  }

  private func seriesBand(at time: Timestamp) -> SeriesBand {
    let (expected, lower, upper) = band(at: time)
    return SeriesBand(
      expected: expected, lower: lower, upper: upper, scale: profile.scale,
      sides: parameters.sides)
  }

  /// The share of normal points with a lower score, by Student's t distribution.
  public func probability(ofScore score: Double) -> Double {
    scoreTail.probability(ofScore: score)
  }

  /// How rare scores are among normal points.
  public var scoreTail: ScoreTail {
    ScoreTail(pointCount: effectivePointCount, sides: parameters.sides)
  }
}

/// The band of normal values at one time, and the rule that decides by it.
struct SeriesBand: Equatable, Sendable {
  let expected: Double
  let lower: Double
  let upper: Double
  let scale: Double
  let sides: AnomalySides

  /// A decision and the numbers behind it, without text.
  struct Verdict: Equatable, Sendable {
    let isAnomaly: Bool
    let score: Double
    /// Standard deviations above the expected value, or below when negative.
    let deviation: Double
    let expected: Double
    let lower: Double
    let upper: Double
  }

  func judge(_ value: Double) -> Verdict {
    precondition(value.isFinite, "a prediction is made for a finite value")
    let deviation = signedDeviation(of: value)
    let isAnomaly: Bool
    let score: Double
    switch sides {
    case .upper: (isAnomaly, score) = (value > upper, deviation)
    case .lower: (isAnomaly, score) = (value < lower, -deviation)
    case .both: (isAnomaly, score) = (value > upper || value < lower, deviation.magnitude)
    }
    return Verdict(
      isAnomaly: isAnomaly, score: score, deviation: deviation, expected: expected, lower: lower,
      upper: upper)
  }

  /// Standard deviations above (or, negative, below) the expected value, within ± `SeriesPrediction.maximumScore`.
  private func signedDeviation(of value: Double) -> Double {
    if value == expected { return 0 }
    let limit = SeriesPrediction.maximumScore
    guard scale > 0 else { return value > expected ? limit : -limit }
    // Halved first, because the difference of two finite numbers can overflow.
    let deviation = (value / 2 - expected / 2) / scale * 2
    return min(max(deviation, -limit), limit)
  }
}

/// How rare scores are among normal points, by Student's t distribution.
public struct ScoreTail: Equatable, Sendable {
  // A hundred thousand series keep one each: only what takes long to find out is stored.
  private let pointCount: Double
  private let gammaRatio: Double
  private let sides: AnomalySides

  init(pointCount: Double, sides: AnomalySides) {
    self.pointCount = pointCount
    self.sides = sides
    gammaRatio = StudentDistribution.gammaRatio((pointCount - 1) / 2)
  }

  /// The share of normal points with a lower score.
  func probability(ofScore score: Double) -> Double {
    let distribution = StudentDistribution(
      degreesOfFreedom: pointCount - 1, gammaRatio: gammaRatio)
    let spread = ThreeSigmaModel.spreadOfNewPoint(pointCount: pointCount)
    return max(0, 1 - (sides == .both ? 2 : 1) * distribution.upperTail(score / spread))
  }
}
