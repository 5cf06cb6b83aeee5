public import Transactions

extension ThreeSigmaModel {
  /// Judges one value.
  ///
  /// - Precondition: `value` is finite.
  /// - Complexity: O(1).
  public func predict(_ value: Double, at time: Timestamp) -> SeriesPrediction {
    SeriesPrediction(model: self, value: value, time: time, verdict: judge(value, at: time))
  }

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

  func judge(_ value: Double, at time: Timestamp) -> Verdict {
    precondition(value.isFinite, "a prediction is made for a finite value")
    let (expected, lower, upper) = band(at: time)
    let deviation = signedDeviation(of: value, from: expected)
    let isAnomaly: Bool
    let score: Double
    switch parameters.sides {
    case .upper: (isAnomaly, score) = (value > upper, deviation)
    case .lower: (isAnomaly, score) = (value < lower, -deviation)
    case .both: (isAnomaly, score) = (value > upper || value < lower, deviation.magnitude)
    }
    return Verdict(
      isAnomaly: isAnomaly, score: score, deviation: deviation, expected: expected, lower: lower,
      upper: upper)
  }

  /// The share of normal points with a lower score, by Student's t distribution.
  public func probability(ofScore score: Double) -> Double {
    let count = effectivePointCount
    let tail = StudentDistribution(degreesOfFreedom: count - 1).upperTail(
      score / ThreeSigmaModel.spreadOfNewPoint(pointCount: count))
    return max(0, 1 - (parameters.sides == .both ? 2 : 1) * tail)
  }

  /// Standard deviations above (or, negative, below) the expected value, within ± `SeriesPrediction.maximumScore`.
  private func signedDeviation(of value: Double, from expected: Double) -> Double {
    if value == expected { return 0 }
    let limit = SeriesPrediction.maximumScore
    guard profile.scale > 0 else { return value > expected ? limit : -limit }
    // Halved first, because the difference of two finite numbers can overflow.
    let deviation = (value / 2 - expected / 2) / profile.scale * 2
    return min(max(deviation, -limit), limit)
  }

  func explanation(of value: Double, at time: Timestamp, _ verdict: Verdict) -> String {
    let side = verdict.deviation > 0 ? "above" : "below"
    let shown = ReadableNumber.text(value)
    if isConstant {
      return value == verdict.expected
        ? "\(shown) is the value that the series always had"
        : "\(shown) is \(side) \(ReadableNumber.text(verdict.expected)), the value that the series "
          + "always had"
    }
    var expected = "the expected \(ReadableNumber.text(verdict.expected))"
    if case .seasonal(let profile) = profile {
      let slot = profile.slots.index(of: time, utcOffset: profile.utcOffset)
      if let name = profile.slots.name(of: slot) {
        expected = "the usual \(ReadableNumber.text(verdict.expected)) for \(name)"
      }
    }
    if verdict.deviation == 0 { return "\(shown) equals \(expected)" }
    let distance = ReadableNumber.oneDecimal(verdict.deviation.magnitude)
    let sentence = "\(shown) is \(distance) σ \(side) \(expected)"
    if verdict.isAnomaly { return sentence }
    let isOutside = value > verdict.upper || value < verdict.lower
    let band = "±\(ReadableNumber.text(effectiveThreshold)) σ"
    return isOutside
      ? "\(sentence), outside \(band) on the side that does not count"
      : "\(sentence), within \(band)"
  }
}
