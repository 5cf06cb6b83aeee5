/// A point of a precision–recall curve.
public struct PrecisionRecallPoint: Equatable, Sendable {
  /// Share of anomalies among the rows at or above the threshold.
  public let precision: Double
  /// Share of all anomalies that are at or above the threshold.
  public let recall: Double
  /// The threshold; `nil` at the end where nothing is flagged, by convention with precision 1.
  public let threshold: Double?
}

/// A point of a receiver operating characteristic.
public struct ROCPoint: Equatable, Sendable {
  /// Share of the genuine rows that are flagged.
  public let falsePositiveRate: Double
  /// Share of the anomalies that are flagged.
  public let truePositiveRate: Double
  /// The threshold; infinite where nothing is flagged.
  public let threshold: Double
}

extension Ranking {
  /// The curve from the lowest threshold to the end where nothing is flagged, in scikit-learn's order and with its last
  /// point (precision 1, recall 0); empty without anomalies.
  public func precisionRecallCurve() -> [PrecisionRecallPoint] {
    guard positiveWeight > 0 else { return [] }
    var points = steps.reversed().map { step in
      let flagged = step.truePositives + step.falsePositives
      return PrecisionRecallPoint(
        precision: flagged > 0 ? step.truePositives / flagged : 0,
        recall: step.truePositives / positiveWeight, threshold: step.threshold)
    }
    points.append(PrecisionRecallPoint(precision: 1, recall: 0, threshold: nil))
    return points
  }

  /// The gain: share of the anomalies found by the share of rows read from the top; empty without anomalies.
  public func gainCurve() -> [(share: Double, recall: Double)] {
    guard positiveWeight > 0 else { return [] }
    let total = positiveWeight + negativeWeight
    return steps.map { ($0.flagged / total, $0.truePositives / positiveWeight) }
  }

  /// The curve from (0, 0) to (1, 1); points inside straight lines are left out, as scikit-learn does by default.
  /// Empty when there are no anomalies or nothing else.
  public func rocCurve(droppingIntermediate: Bool = true) -> [ROCPoint] {
    guard positiveWeight > 0, negativeWeight > 0 else { return [] }
    var points = [ROCPoint(falsePositiveRate: 0, truePositiveRate: 0, threshold: .infinity)]
    for index in steps.indices {
      let step = steps[index]
      if droppingIntermediate, index > 0, index + 1 < steps.count {
        let (before, after) = (steps[index - 1], steps[index + 1])
        let isStraight =
          after.truePositives - 2 * step.truePositives + before.truePositives == 0
          && after.falsePositives - 2 * step.falsePositives + before.falsePositives == 0
        if isStraight { continue }
      }
      points.append(
        ROCPoint(
          falsePositiveRate: step.falsePositives / negativeWeight,
          truePositiveRate: step.truePositives / positiveWeight, threshold: step.threshold))
    }
    return points
  }
}
