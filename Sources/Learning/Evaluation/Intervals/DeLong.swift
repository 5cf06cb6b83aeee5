/// The closed form for the area under the ROC curve and the difference of two (DeLong et al. 1988, by midranks as in Sun
/// & Xu 2014): a check of the bootstrap, which costs one sort. It takes rows as independent, which the rows of one card
/// are not, so the bootstrap by entity decides.
public struct DeLong: Equatable, Sendable {
  /// The two areas.
  public let areas: (Double, Double)
  /// Their variances.
  public let variances: (Double, Double)
  /// Their covariance.
  public let covariance: Double

  /// Compares two detectors on the same rows; `nil` without two anomalies and two other rows.
  ///
  /// - Throws: `EvaluationError` for columns of different length or scores that are not finite.
  public init?(
    _ first: [Double], _ second: [Double], labels: [Bool]
  ) throws(EvaluationError) {
    for scores in [first, second] {
      guard scores.count == labels.count else {
        throw .rowCountMismatch(column: "score", expected: labels.count, actual: scores.count)
      }
      if let row = scores.firstIndex(where: { !$0.isFinite }) {
        throw .invalidScore(detector: "of the comparison", row: "number \(row)")
      }
    }
    let positiveCount = labels.count { $0 }
    guard positiveCount > 1, labels.count - positiveCount > 1 else { return nil }
    let placements = [first, second].map { DeLong.placements($0, labels) }
    func covariance(_ left: [Double], _ right: [Double]) -> Double {
      let (leftMean, rightMean) = (
        left.reduce(0, +) / Double(left.count), right.reduce(0, +) / Double(right.count)
      )
      var sum = 0.0
      for index in left.indices { sum += (left[index] - leftMean) * (right[index] - rightMean) }
      return sum / Double(left.count - 1) / Double(left.count)
    }
    func total(_ left: Int, _ right: Int) -> Double {
      covariance(placements[left].positives, placements[right].positives)
        + covariance(placements[left].negatives, placements[right].negatives)
    }
    let means = placements.map { $0.positives.reduce(0, +) / Double(positiveCount) }
    areas = (means[0], means[1])
    variances = (total(0, 0), total(1, 1))
    self.covariance = total(0, 1)
  }

  /// The difference of the areas.
  public var difference: Double { areas.0 - areas.1 }

  /// The standard error of the difference.
  public var standardError: Double {
    max(0, variances.0 + variances.1 - 2 * covariance).squareRoot()
  }

  public static func == (left: DeLong, right: DeLong) -> Bool {
    left.areas == right.areas && left.variances == right.variances
      && left.covariance == right.covariance
  }

  /// Per anomaly the share of other rows below it, and per other row the share of anomalies above it; ties count half.
  private static func placements(
    _ scores: [Double], _ labels: [Bool]
  ) -> (positives: [Double], negatives: [Double]) {
    let order = ScoreOrder.descending(scores, threadCount: 1).map { Int($0) }
    let positiveCount = Double(labels.count { $0 })
    let negativeCount = Double(labels.count) - positiveCount
    var shares = [Double](repeating: 0, count: scores.count)
    var above = (positives: 0.0, negatives: 0.0)
    var start = 0
    while start < order.count {
      var end = start
      var equal = (positives: 0.0, negatives: 0.0)
      while end < order.count, scores[order[end]] == scores[order[start]] {
        if labels[order[end]] { equal.positives += 1 } else { equal.negatives += 1 }
        end += 1
      }
      for row in order[start..<end] {
        shares[row] =
          labels[row]
          ? 1 - (above.negatives + equal.negatives / 2) / negativeCount
          : (above.positives + equal.positives / 2) / positiveCount
      }
      above.positives += equal.positives
      above.negatives += equal.negatives
      start = end
    }
    return (
      labels.indices.filter { labels[$0] }.map { shares[$0] },
      labels.indices.filter { !labels[$0] }.map { shares[$0] }
    )
  }
}
