/// P-values and thresholds with finite-sample guarantees from the scores of rows that a model was not grown from.
///
/// If a new row is as the calibration rows are, the chance that its p-value is at most α is at most α, whatever the
/// distribution (Vovk, Gammerman & Shafer 2005); a batch judged by `threshold(forBatch:falseDiscoveryRate:)` has at most
/// that share of false alarms in expectation (Bates et al. 2023).
public struct ConformalCalibration: Equatable, Sendable {
  /// The scores of the calibration rows, ascending.
  public let scores: [Double]

  /// Keeps `scores`, without those that are not numbers.
  public init(scores: [Double]) {
    self.scores = scores.filter { !$0.isNaN }.sorted()
  }

  /// The share of rows that score as high or higher, the new one counted: (1 + #{calibration ≥ score}) / (n + 1).
  public func pValue(of score: Double) -> Double {
    var (low, high) = (0, scores.count)
    while low < high {
      let middle = (low + high) / 2
      if scores[middle] < score { low = middle + 1 } else { high = middle }
    }
    return Double(1 + scores.count - low) / Double(scores.count + 1)
  }

  /// The threshold that a row like the calibration rows exceeds with a chance of at most `rate`.
  ///
  /// - Returns: `nil` when there are too few rows to say: fewer than 1 / `rate` − 1.
  public func threshold(falseAlarmRate rate: Double) -> Double? {
    // A score above the k-th highest has at most k − 1 at or above it, hence a p-value of at most k / (n + 1).
    let allowed = Int(rate * Double(scores.count + 1))
    return allowed >= 1 && allowed <= scores.count ? scores[scores.count - allowed] : nil
  }

  /// The threshold that keeps the expected share of false alarms among the alarms of a batch below `rate` (Benjamini &
  /// Hochberg 1995): rows of the batch with at least this score are alarms.
  ///
  /// - Returns: `nil` when no row of the batch is an alarm.
  public func threshold(forBatch batch: [Double], falseDiscoveryRate rate: Double) -> Double? {
    let sorted = batch.filter { !$0.isNaN }.sorted(by: >)
    let last = sorted.indices.last { index in
      pValue(of: sorted[index]) <= rate * Double(index + 1) / Double(sorted.count)
    }
    return last.map { sorted[$0] }
  }
}
