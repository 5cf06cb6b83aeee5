public import JSON

/// How anomaly scores were distributed in training: turns a score into the share of training rows below it.
///
/// The quantiles are densest in the upper tail, where decisions are made: every percent up to 99 %, then every tenth of
/// a percent, then every hundredth, and the largest score.
public struct ScoreCalibration: Equatable, Sendable {
  /// Probabilities of the quantiles, ascending from 0 to 1.
  public static let probabilities: [Double] =
    (0..<99).map { Double($0) / 100 } + (990..<999).map { Double($0) / 1_000 }
    + (9_990...10_000).map { Double($0) / 10_000 }

  /// The score at each probability, ascending.
  public let quantiles: [Double]

  /// Summarises the training scores.
  ///
  /// - Precondition: there is at least one score and none is NaN.
  /// - Complexity: O(n log n).
  public init(trainingScores: [Double]) {
    precondition(!trainingScores.isEmpty, "a calibration needs scores")
    let sorted = trainingScores.sorted()
    quantiles = Self.probabilities.map { Self.quantile(ofSorted: sorted, at: $0) }
  }

  /// The value below which a share of `probability` lies, by linear interpolation (NumPy's default).
  public static func quantile(ofSorted sorted: [Double], at probability: Double) -> Double {
    let position = probability * Double(sorted.count - 1)
    let lower = Int(position)
    guard lower + 1 < sorted.count else { return sorted[sorted.count - 1] }
    let fraction = position - Double(lower)
    return sorted[lower] + (sorted[lower + 1] - sorted[lower]) * fraction
  }

  /// The share of training rows that scored lower, in 0…1: 0 below all of them, 1 at or above the largest.
  ///
  /// The function never falls when the score rises.
  public func probability(of score: Double) -> Double {
    guard score > quantiles[0] else { return 0 }
    guard score < quantiles[quantiles.count - 1] else { return 1 }
    var low = 0
    var high = quantiles.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if quantiles[middle] <= score { low = middle } else { high = middle }
    }
    let width = quantiles[high] - quantiles[low]
    let fraction = width > 0 ? (score - quantiles[low]) / width : 0
    return Self.probabilities[low]
      + (Self.probabilities[high] - Self.probabilities[low]) * fraction
  }

  /// The quantiles as a JSON array.
  public var json: JSONValue { .array(quantiles.map { .number($0) }) }

  /// Restores a calibration.
  ///
  /// - Throws: `ModelError.malformed` unless the value is what `json` writes.
  public init(_ json: JSONValue) throws(ModelError) {
    let values = json.arrayValue?.compactMap(\.doubleValue) ?? []
    guard values.count == Self.probabilities.count,
      zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 })
    else {
      throw .malformed(
        reason: "the calibration is not \(Self.probabilities.count) ascending numbers")
    }
    quantiles = values
  }
}
