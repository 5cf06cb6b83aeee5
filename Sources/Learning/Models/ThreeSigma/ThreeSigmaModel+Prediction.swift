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
    // Every prediction says its sentence, so it grows in one piece of memory.
    var text = ""
    text.reserveCapacity(120)
    text += ReadableNumber.text(value)
    let side = verdict.deviation > 0 ? "above " : "below "
    if isConstant {
      guard value != verdict.expected else {
        return text + " is the value that the series always had"
      }
      text += " is "
      text += side
      text += ReadableNumber.text(verdict.expected)
      return text + ", the value that the series always had"
    }
    if verdict.deviation == 0 {
      text += " equals "
    } else {
      text += " is "
      text += ReadableNumber.oneDecimal(verdict.deviation.magnitude)
      text += " σ "
      text += side
    }
    appendExpectation(verdict.expected, at: time, to: &text)
    if verdict.deviation == 0 || verdict.isAnomaly { return text }
    let isOutside = value > verdict.upper || value < verdict.lower
    text += isOutside ? ", outside ±" : ", within ±"
    text += ReadableNumber.text(effectiveThreshold)
    text += " σ"
    if isOutside { text += " on the side that does not count" }
    return text
  }

  private func appendExpectation(_ expected: Double, at time: Timestamp, to text: inout String) {
    if case .seasonal(let profile) = profile,
      let name = profile.slots.name(of: profile.slots.index(of: time, in: profile.zone))
    {
      text += "the usual "
      text += ReadableNumber.text(expected)
      text += " for "
      text += name
    } else {
      text += "the expected "
      text += ReadableNumber.text(expected)
    }
  }
}
