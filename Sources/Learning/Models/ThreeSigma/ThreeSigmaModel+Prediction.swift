internal import JSON
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

  /// Writes the sentence about a value; it holds nothing that JSON would escape.
  func writeExplanation(
    of value: Double, at time: Timestamp, _ verdict: Verdict, to text: inout JSONBuffer
  ) {
    ReadableNumber.write(value, to: &text)
    if isConstant {
      guard value != verdict.expected else {
        return text.raw(" is the value that the series always had")
      }
      text.raw(verdict.deviation > 0 ? " is above " : " is below ")
      ReadableNumber.write(verdict.expected, to: &text)
      return text.raw(", the value that the series always had")
    }
    if verdict.deviation == 0 {
      text.raw(" equals ")
    } else {
      text.raw(" is ")
      ReadableNumber.writeOneDecimal(verdict.deviation.magnitude, to: &text)
      text.raw(verdict.deviation > 0 ? " σ above " : " σ below ")
    }
    writeExpectation(verdict.expected, at: time, to: &text)
    if verdict.deviation == 0 || verdict.isAnomaly { return }
    let isOutside = value > verdict.upper || value < verdict.lower
    text.raw(isOutside ? ", outside ±" : ", within ±")
    ReadableNumber.write(effectiveThreshold, to: &text)
    text.raw(" σ")
    if isOutside { text.raw(" on the side that does not count") }
  }

  private func writeExpectation(_ expected: Double, at time: Timestamp, to text: inout JSONBuffer) {
    if case .seasonal(let profile) = profile,
      let name = profile.slots.name(of: profile.slots.index(of: time, in: profile.zone))
    {
      text.raw("the usual ")
      ReadableNumber.write(expected, to: &text)
      text.raw(" for ")
      text.plain(name)
    } else {
      text.raw("the expected ")
      ReadableNumber.write(expected, to: &text)
    }
  }
}
