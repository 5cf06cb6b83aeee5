public import Transactions

extension ThreeSigmaModel {
  /// Judges one value.
  ///
  /// - Precondition: `value` is finite.
  /// - Complexity: O(1).
  public func predict(_ value: Double, at time: Timestamp) -> SeriesPrediction {
    precondition(value.isFinite, "a prediction is made for a finite value")
    let isAnomaly: Bool
    switch parameters.sides {
    case .upper: isAnomaly = value > upperBound
    case .lower: isAnomaly = value < lowerBound
    case .both: isAnomaly = value > upperBound || value < lowerBound
    }
    let deviation = signedDeviation(of: value)
    let score: Double
    let tails: Double
    switch parameters.sides {
    case .upper: (score, tails) = (deviation, 1)
    case .lower: (score, tails) = (-deviation, 1)
    case .both: (score, tails) = (deviation.magnitude, 2)
    }
    let student = StudentDistribution(degreesOfFreedom: Double(pointCount - 1))
    let tail = student.upperTail(
      score / ThreeSigmaModel.spreadOfNewPoint(pointCount: pointCount))
    return SeriesPrediction(
      isAnomaly: isAnomaly, score: score, probability: max(0, 1 - tails * tail),
      expectedValue: mean, lower: lowerBound, upper: upperBound,
      explanation: explanation(of: value, deviation: deviation, isAnomaly: isAnomaly))
  }

  /// Standard deviations above (or, negative, below) the mean, within ± `SeriesPrediction.maximumScore`.
  private func signedDeviation(of value: Double) -> Double {
    if value == mean { return 0 }
    let limit = SeriesPrediction.maximumScore
    guard standardDeviation > 0 else { return value > mean ? limit : -limit }
    // Halved first, because the difference of two finite numbers can overflow.
    let deviation = (value / 2 - mean / 2) / standardDeviation * 2
    return min(max(deviation, -limit), limit)
  }

  private func explanation(of value: Double, deviation: Double, isAnomaly: Bool) -> String {
    let side = deviation > 0 ? "above" : "below"
    let shown = ReadableNumber.text(value)
    if isConstant {
      return value == mean
        ? "\(shown) is the value that the series always had"
        : "\(shown) is \(side) \(ReadableNumber.text(mean)), the value that the series always had"
    }
    let expected = "the expected \(ReadableNumber.text(mean))"
    if deviation == 0 { return "\(shown) equals \(expected)" }
    let distance = ReadableNumber.oneDecimal(deviation.magnitude)
    let sentence = "\(shown) is \(distance) σ \(side) \(expected)"
    if isAnomaly { return sentence }
    let isOutside = value > upperBound || value < lowerBound
    let band =
      "±\(ReadableNumber.text(effectiveThreshold)) σ"
    return isOutside
      ? "\(sentence), outside \(band) on the side that does not count"
      : "\(sentence), within \(band)"
  }
}
