/// The share of anomalies that a score stands for: the best fit to labelled rows that never falls when the score rises
/// (isotonic regression by pooling adjacent violators; Zadrozny & Elkan 2002).
public struct IsotonicCalibration: Equatable, Sendable {
  /// Least scores of the levels, ascending.
  public let thresholds: [Double]
  /// Share of anomalies of each level, ascending.
  public let probabilities: [Double]

  /// Fits the shares; `nil` without both anomalies and other rows, which leaves nothing to learn.
  ///
  /// - Complexity: O(steps).
  public init?(_ ranking: Ranking) {
    guard ranking.positiveWeight > 0, ranking.negativeWeight > 0 else { return nil }
    var levels: [(threshold: Double, positives: Double, total: Double)] = []
    // From the highest score down a level must not exceed the one before it.
    var previous = (positives: 0.0, flagged: 0.0)
    for step in ranking.steps {
      var level = (
        threshold: step.threshold, positives: step.truePositives - previous.positives,
        total: step.flagged - previous.flagged
      )
      previous = (step.truePositives, step.flagged)
      guard level.total > 0 else { continue }
      while let last = levels.last, level.positives * last.total >= last.positives * level.total {
        level.positives += last.positives
        level.total += last.total
        levels.removeLast()
      }
      levels.append(level)
    }
    thresholds = levels.reversed().map(\.threshold)
    probabilities = levels.reversed().map { $0.positives / $0.total }
  }

  /// The share that a score stands for; scores below all levels get the lowest.
  public func probability(of score: Double) -> Double {
    var (low, high) = (0, thresholds.count)
    while low < high {
      let middle = (low + high) / 2
      if thresholds[middle] <= score { low = middle + 1 } else { high = middle }
    }
    return probabilities[max(0, low - 1)]
  }
}
