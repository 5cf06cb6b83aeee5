internal import Tabular

/// Turns the scores of one detector into evidence: −log₁₀ of the share of training rows that score at least as high.
///
/// Evidence of different detectors can be compared: 3 means "one row in a thousand". Up to a high quantile it is read off
/// the training scores (piecewise linear between at most 256 of them, denser in the tail); beyond, the tail goes on
/// exponentially with the mean excess of the training scores, so evidence keeps growing with the score. It never
/// decreases, and is at most 300.
public struct TailCalibration: Equatable, Sendable {
  /// Training scores, strictly ascending.
  public let scores: [Double]
  /// The evidence of each; not decreasing.
  public let evidence: [Double]
  /// The mean excess over the last score; 0 when no score was higher.
  public let tailScale: Double

  /// The largest evidence.
  public static let largestEvidence = 300.0

  /// Joins stored parts.
  ///
  /// - Throws: `ModelError.malformed` when they are not such a curve.
  public init(scores: [Double], evidence: [Double], tailScale: Double) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "tail calibration: \(reason)") }
    guard !scores.isEmpty, scores.count == evidence.count else {
      throw fail("scores and evidence differ in length or are missing")
    }
    guard scores.allSatisfy(\.isFinite), zip(scores, scores.dropFirst()).allSatisfy(<) else {
      throw fail("the scores do not ascend")
    }
    guard evidence.allSatisfy({ (0...TailCalibration.largestEvidence).contains($0) }),
      zip(evidence, evidence.dropFirst()).allSatisfy(<=)
    else { throw fail("the evidence decreases or is out of range") }
    guard tailScale >= 0, tailScale.isFinite else { throw fail("the tail scale is negative") }
    self.scores = scores
    self.evidence = evidence
    self.tailScale = tailScale
  }

  /// Learns the curve; NaN scores do not count.
  ///
  /// The result depends on the set of scores alone. Without any score every evidence is 0.
  public init(trainingScores: [Double]) {
    let sorted = trainingScores.filter(\.isFinite).sorted()
    guard let lowest = sorted.first else {
      scores = [0]
      evidence = [0]
      tailScale = 0
      return
    }
    let count = sorted.count
    // The last hundredth, but 10 to 1,000 scores, is the tail.
    let tailCount = min(max(count / 100, min(10, max(1, count / 10))), 1_000)
    var knots: [Double] = [lowest]
    var curve: [Double] = [0]
    func append(position: Int) {
      // The first of equal scores says how many are at least as high.
      let value = sorted[position]
      guard value > knots[knots.count - 1] else { return }
      var first = position
      while first > 0 && sorted[first - 1] == value { first -= 1 }
      knots.append(value)
      curve.append(TailCalibration.evidence(share: Double(count - first) / Double(count)))
    }
    let last = count - tailCount
    let steps = 255
    let ratio = PortableMath.log(Double(tailCount) / Double(count))
    for step in 1...steps {
      let share = PortableMath.exp(ratio * Double(step) / Double(steps))
      append(position: max(0, min(last, count - Int((share * Double(count)).rounded()))))
    }
    append(position: last)
    let threshold = knots[knots.count - 1]
    let excesses = sorted.filter { $0 > threshold }.map { $0 - threshold }
    scores = knots
    evidence = curve
    let mean = excesses.isEmpty ? 0 : ExactMoments(excesses.filter(\.isFinite)).mean
    tailScale = mean
  }

  private static func evidence(share: Double) -> Double {
    max(0, -PortableMath.log(share) * 0.4342944819032518)
  }

  /// The evidence of one score; 0 for NaN.
  ///
  /// - Complexity: O(log knots).
  public func evidence(of score: Double) -> Double {
    guard score > scores[0] else { return evidence[0] }
    let top = scores.count - 1
    guard score < scores[top] else {
      if score == scores[top] { return evidence[top] }
      guard tailScale > 0 else {
        // Nothing was ever higher: one step past the last one.
        return min(evidence[top] + 1, TailCalibration.largestEvidence)
      }
      let beyond = (score - scores[top]) / tailScale * 0.4342944819032518
      return min(evidence[top] + beyond, TailCalibration.largestEvidence)
    }
    var (low, high) = (0, top)
    while high - low > 1 {
      let middle = (low + high) / 2
      if scores[middle] <= score { low = middle } else { high = middle }
    }
    // Halved, because the difference of two finite scores can overflow.
    let share = (score / 2 - scores[low] / 2) / (scores[high] / 2 - scores[low] / 2)
    return evidence[low] + min(max(share, 0), 1) * (evidence[high] - evidence[low])
  }
}
