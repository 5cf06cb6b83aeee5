/// Labelled rows by falling score: what every ranking metric is computed from.
///
/// Equal scores form one group, as in scikit-learn: a threshold takes all rows of a group or none. Weights are optional;
/// without them all counts are exact integers.
public struct Ranking: Sendable {
  /// One threshold with what lies at or above it.
  public struct Step: Equatable, Sendable {
    /// The score of the group.
    public let threshold: Double
    /// Weight of the anomalies with this score or a higher one.
    public let truePositives: Double
    /// Weight of the other rows with this score or a higher one.
    public let falsePositives: Double
  }

  /// The groups of equal score, highest score first.
  public let steps: [Step]

  /// Weight of all anomalies.
  public var positiveWeight: Double { steps.last?.truePositives ?? 0 }
  /// Weight of all other rows.
  public var negativeWeight: Double { steps.last?.falsePositives ?? 0 }

  /// Ranks rows.
  ///
  /// - Parameters:
  ///   - scores: Anomaly scores, higher is more anomalous.
  ///   - labels: True for an anomaly.
  ///   - weights: One weight a row, none negative; `nil` counts every row once.
  ///   - threadCount: How many threads sort; the result does not depend on it.
  /// - Throws: `EvaluationError` for columns of different length, a score that is not finite, or a bad weight.
  /// - Complexity: O(rows).
  public init(
    scores: [Double], labels: [Bool], weights: [Double]? = nil, threadCount: Int = 1
  ) throws(EvaluationError) {
    guard labels.count == scores.count else {
      throw .rowCountMismatch(column: "label", expected: scores.count, actual: labels.count)
    }
    if let row = scores.firstIndex(where: { !$0.isFinite }) {
      throw .invalidScore(detector: "of the ranking", row: "number \(row)")
    }
    if let weights {
      guard weights.count == scores.count else {
        throw .rowCountMismatch(column: "weight", expected: scores.count, actual: weights.count)
      }
      if let row = weights.firstIndex(where: { !$0.isFinite || $0 < 0 }) {
        throw .invalidWeight(row: row)
      }
    }
    let order = ScoreOrder.descending(scores, threadCount: threadCount)
    self.init(order: order, scores: scores, labels: labels, weights: weights)
  }

  init(order: [UInt32], scores: [Double], labels: [Bool], weights: [Double]? = nil) {
    var steps: [Step] = []
    var (truePositives, falsePositives) = (0.0, 0.0)
    for (position, row) in order.enumerated() {
      let row = Int(row)
      let weight = weights.map { $0[row] } ?? 1
      if labels[row] { truePositives += weight } else { falsePositives += weight }
      let isLast = position + 1 == order.count
      if isLast || scores[Int(order[position + 1])] != scores[row] {
        steps.append(
          Step(
            threshold: scores[row], truePositives: truePositives, falsePositives: falsePositives))
      }
    }
    self.steps = steps
  }

  static let noPositives = "no row is an anomaly"
  static let noNegatives = "every row is an anomaly"

  /// The area under the ROC curve: how often an anomaly scores above another row, ties counting half.
  public var areaUnderROC: MetricValue {
    guard positiveWeight > 0 else { return .undefined(Ranking.noPositives) }
    guard negativeWeight > 0 else { return .undefined(Ranking.noNegatives) }
    var area = 0.0
    var previous = (truePositives: 0.0, falsePositives: 0.0)
    for step in steps {
      area +=
        (step.falsePositives - previous.falsePositives)
        * (step.truePositives + previous.truePositives)
      previous = (step.truePositives, step.falsePositives)
    }
    return .value(area / 2 / positiveWeight / negativeWeight)
  }

  /// The average precision: the mean of the precision over the recall it adds, without interpolation.
  public var averagePrecision: MetricValue {
    guard positiveWeight > 0 else { return .undefined(Ranking.noPositives) }
    var sum = 0.0
    var previous = 0.0
    for step in steps where step.truePositives > previous {
      sum +=
        (step.truePositives - previous) * step.truePositives
        / (step.truePositives + step.falsePositives)
      previous = step.truePositives
    }
    return .value(sum / positiveWeight)
  }

  /// Both areas of unweighted rows, without keeping the steps: for very many rows.
  static func areas(
    order: [UInt32], scores: [Double], labels: [Bool]
  ) -> (underROC: MetricValue, averagePrecision: MetricValue) {
    var (positives, negatives) = (0.0, 0.0)
    var (area, precision) = (0.0, 0.0)
    var groupPositives = 0.0
    var groupNegatives = 0.0
    var current = Double.infinity
    func close() {
      area += groupNegatives * (2 * positives + groupPositives)
      positives += groupPositives
      negatives += groupNegatives
      if groupPositives > 0 { precision += groupPositives * positives / (positives + negatives) }
      groupPositives = 0
      groupNegatives = 0
    }
    for row in order {
      let row = Int(row)
      if scores[row] != current {
        close()
        current = scores[row]
      }
      if labels[row] { groupPositives += 1 } else { groupNegatives += 1 }
    }
    close()
    let underROC: MetricValue =
      positives == 0
      ? .undefined(noPositives)
      : .ratio(area / 2 / positives, negatives, otherwise: noNegatives)
    return (underROC, .ratio(precision, positives, otherwise: noPositives))
  }

  /// The best F score over all thresholds with the threshold that reaches it; `nil` without anomalies.
  public func bestF(beta: Double = 1) -> (value: Double, threshold: Double)? {
    guard positiveWeight > 0 else { return nil }
    let square = beta * beta
    var best = (value: -1.0, threshold: 0.0)
    for step in steps {
      let value =
        (1 + square) * step.truePositives
        / (square * positiveWeight + step.truePositives + step.falsePositives)
      if value > best.value { best = (value, step.threshold) }
    }
    return best
  }
}
