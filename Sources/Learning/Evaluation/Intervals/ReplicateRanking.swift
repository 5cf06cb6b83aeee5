/// A ranking laid out so that the area under the ROC curve and the average precision of eight reweighted copies of the
/// rows come out of one pass.
///
/// Only steps with an anomaly matter, so the genuine rows between two of them are plain sums of weights.
struct ReplicateRanking: Sendable {
  private struct Step: Sendable {
    /// End of the genuine rows that score higher than the step, in `negatives`.
    let higherNegatives: Int
    /// End of the genuine rows with the step's score.
    let equalNegatives: Int
    /// End of the anomalies with the step's score, in `positives`.
    let positives: Int
  }

  private let negatives: [Int32]
  private let positives: [Int32]
  private let steps: [Step]
  // Sums of whole weights are exact in a Float up to 2^24; 2^20 rows of weight at most 8 stay below.
  private static let exactRun = 1 << 20

  /// - Parameter unitOfRow: The unit of resampling each row belongs to.
  init(order: [UInt32], scores: [Double], labels: [Bool], unitOfRow: [Int32]) {
    var negatives: [Int32] = []
    var positives: [Int32] = []
    var steps: [Step] = []
    negatives.reserveCapacity(order.count)
    var groupStart = (negatives: 0, positives: 0)
    for (position, row) in order.enumerated() {
      let row = Int(row)
      if labels[row] { positives.append(unitOfRow[row]) } else { negatives.append(unitOfRow[row]) }
      let isLast = position + 1 == order.count
      guard isLast || scores[Int(order[position + 1])] != scores[row] else { continue }
      if positives.count > groupStart.positives {
        steps.append(
          Step(
            higherNegatives: groupStart.negatives, equalNegatives: negatives.count,
            positives: positives.count))
      }
      groupStart = (negatives.count, positives.count)
    }
    self.negatives = negatives
    self.positives = positives
    self.steps = steps
  }

  /// Both figures of eight replicates; NaN where a replicate has no anomaly, or for the area nothing else.
  func figures(weights: [SIMD8<Float>]) -> (area: SIMD8<Double>, precision: SIMD8<Double>) {
    var falsePositives = SIMD8<Double>.zero
    var truePositives = SIMD8<Double>.zero
    var outranked = SIMD8<Double>.zero
    var precisionSum = SIMD8<Double>.zero
    var (negative, positive) = (0, 0)
    for step in steps {
      falsePositives += sum(weights, negatives, from: &negative, to: step.higherNegatives)
      let equal = sum(weights, negatives, from: &negative, to: step.equalNegatives)
      let found = sum(weights, positives, from: &positive, to: step.positives)
      outranked += found * (falsePositives + 0.5 * equal)
      falsePositives += equal
      truePositives += found
      let flagged = truePositives + falsePositives
      let precision = truePositives / flagged
      precisionSum += (found * precision).replacing(with: 0, where: found .== 0)
    }
    falsePositives += sum(weights, negatives, from: &negative, to: negatives.count)
    let area = 1 - outranked / (truePositives * falsePositives)
    return (area, precisionSum / truePositives)
  }

  private func sum(
    _ weights: [SIMD8<Float>], _ units: [Int32], from start: inout Int, to end: Int
  ) -> SIMD8<Double> {
    var total = SIMD8<Double>.zero
    while start < end {
      let runEnd = min(end, start + ReplicateRanking.exactRun)
      var run = SIMD8<Float>.zero
      for index in start..<runEnd { run += weights[Int(units[index])] }
      total += SIMD8<Double>(run)
      start = runEnd
    }
    return total
  }
}
