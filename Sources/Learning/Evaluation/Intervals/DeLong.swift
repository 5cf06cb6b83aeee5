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
    let orders = [first, second].map { ScoreOrder.descending($0, threadCount: 1) }
    guard let own = Placements(order: orders[0], scores: first, labels: labels),
      let other = Placements(order: orders[1], scores: second, labels: labels)
    else { return nil }
    areas = (own.area, other.area)
    variances = (own.variance, other.variance)
    covariance = own.covariance(with: other)
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
  struct Placements: Sendable {
    private let positives: [Double]
    private let negatives: [Double]
    let area: Double

    /// Places the rows of an order by falling score; `nil` without two anomalies and two other rows.
    init?(order: [UInt32], scores: [Double], labels: [Bool]) {
      let positiveCount = labels.count { $0 }
      let negativeCount = labels.count - positiveCount
      guard positiveCount > 1, negativeCount > 1 else { return nil }
      var shares = [Double](repeating: 0, count: scores.count)
      var above = (positives: 0, negatives: 0)
      var start = 0
      while start < order.count {
        var end = start
        var equal = (positives: 0, negatives: 0)
        let score = scores[Int(order[start])]
        while end < order.count, scores[Int(order[end])] == score {
          if labels[Int(order[end])] { equal.positives += 1 } else { equal.negatives += 1 }
          end += 1
        }
        let ofPositives =
          1 - (Double(above.negatives) + Double(equal.negatives) / 2) / Double(negativeCount)
        let ofNegatives =
          (Double(above.positives) + Double(equal.positives) / 2) / Double(positiveCount)
        for position in start..<end {
          let row = Int(order[position])
          shares[row] = labels[row] ? ofPositives : ofNegatives
        }
        above.positives += equal.positives
        above.negatives += equal.negatives
        start = end
      }
      var (positives, negatives): ([Double], [Double]) = ([], [])
      positives.reserveCapacity(positiveCount)
      negatives.reserveCapacity(negativeCount)
      for (share, isAnomaly) in zip(shares, labels) {
        if isAnomaly { positives.append(share) } else { negatives.append(share) }
      }
      self.positives = positives
      self.negatives = negatives
      area = positives.reduce(0, +) / Double(positiveCount)
    }

    /// The variance of the area.
    var variance: Double { covariance(with: self) }

    /// The covariance of the areas of two detectors on the same rows.
    func covariance(with other: Placements) -> Double {
      Placements.covariance(positives, other.positives)
        + Placements.covariance(negatives, other.negatives)
    }

    private static func covariance(_ left: [Double], _ right: [Double]) -> Double {
      let count = Double(left.count)
      let (leftMean, rightMean) = (left.reduce(0, +) / count, right.reduce(0, +) / count)
      var sum = 0.0
      for index in left.indices { sum += (left[index] - leftMean) * (right[index] - rightMean) }
      return sum / (count - 1) / count
    }
  }
}
