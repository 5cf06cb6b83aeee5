/// How the evidence of one member raises the log-odds of an anomaly, as learned from labels; it never falls.
///
/// Flat pieces of equal rate, as isotonic regression finds them, are joined by straight lines; a small slope everywhere
/// lets rarer rows stand higher within a piece and beyond the last one. No evidence raises nothing.
public struct LogOddsCurve: Equatable, Sendable {
  /// The evidence at the ends of the pieces, strictly ascending.
  public let evidence: [Double]
  /// By how much the log-odds (natural) are above those of the first piece; 0 first, never decreasing.
  public let rises: [Double]

  /// What a unit of evidence, a tenth of the rows, is worth where the labels say nothing.
  public static let slope = 0.02

  /// Joins the parts.
  ///
  /// - Throws: `ModelError.malformed` when they are not such a curve.
  public init(evidence: [Double], rises: [Double]) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "log-odds curve: \(reason)") }
    guard !evidence.isEmpty, evidence.count == rises.count else {
      throw fail("evidence and rises differ in length or are missing")
    }
    guard evidence.allSatisfy(\.isFinite), zip(evidence, evidence.dropFirst()).allSatisfy(<) else {
      throw fail("the evidence does not ascend")
    }
    guard rises[0] == 0, rises.allSatisfy({ $0 < 1_000 }),
      zip(rises, rises.dropFirst()).allSatisfy(<=)
    else { throw fail("the rises do not start at 0, decrease, or are out of range") }
    self.evidence = evidence
    self.rises = rises
  }

  /// The rise of the log-odds; at least 0.
  ///
  /// - Complexity: O(log pieces).
  public func rise(at value: Double) -> Double {
    let tilt = LogOddsCurve.slope * value
    guard value > evidence[0] else { return tilt }
    let top = evidence.count - 1
    guard value < evidence[top] else { return rises[top] + tilt }
    var (low, high) = (0, top)
    while high - low > 1 {
      let middle = (low + high) / 2
      if evidence[middle] <= value { low = middle } else { high = middle }
    }
    let share = (value - evidence[low]) / (evidence[high] - evidence[low])
    return rises[low] + share * (rises[high] - rises[low]) + tilt
  }
}
