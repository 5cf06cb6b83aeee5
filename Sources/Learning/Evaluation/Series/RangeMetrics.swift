/// Precision and recall of ranges instead of points: how much of each true range was found, and in how many pieces.
///
/// Tatbul et al., "Precision and recall for time series" (NeurIPS 2018), with their symbols: α weighs that a range was
/// touched at all, γ = 1 / pieces punishes fragments, δ says which part of a range counts most.
public struct RangeMetrics: Equatable, Sendable {
  /// The mean reward of the true ranges.
  public let recall: Double
  /// The mean reward of the predicted ranges; 0 when nothing was predicted.
  public let precision: Double

  /// Which part of a range counts most (δ).
  public enum PositionalBias: String, CaseIterable, Sendable {
    /// Every row alike.
    case flat
    /// The first rows: early alarms are worth more.
    case front
    /// The last rows.
    case back
    /// The rows in the middle.
    case middle

    fileprivate func weight(_ position: Int, of length: Int) -> Double {
      switch self {
      case .flat: 1
      case .front: Double(length - position)
      case .back: Double(position + 1)
      case .middle: Double(min(position + 1, length - position))
      }
    }
  }

  /// The harmonic mean of both; 0 when one is 0.
  public var f1: Double {
    precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
  }

  /// Compares predicted rows with true ones.
  ///
  /// - Parameters:
  ///   - predictions: Which rows alarmed.
  ///   - labels: Which rows are anomalous.
  ///   - existenceWeight: α in 0 ... 1, for recall; precision has none.
  ///   - bias: δ of the true ranges; predicted ranges are flat.
  /// - Throws: `EvaluationError.rowCountMismatch`, `.invalidParameter`, or `.noRows` without an anomalous row.
  public init(
    predictions: [Bool], labels: [Bool], existenceWeight: Double = 0,
    bias: PositionalBias = .flat
  ) throws(EvaluationError) {
    guard predictions.count == labels.count else {
      throw .rowCountMismatch(
        column: "predictions", expected: labels.count, actual: predictions.count)
    }
    guard (0...1).contains(existenceWeight) else {
      throw .invalidParameter(name: "existence weight", reason: "must be within 0 and 1")
    }
    let truth = LabelledRanges.runs(in: labels)
    guard !truth.isEmpty else { throw .noRows(reason: "no row is anomalous") }
    let found = LabelledRanges.runs(in: predictions)
    recall = Self.mean(truth) { range in
      let reward = Self.reward(of: range, in: predictions, bias: bias)
      return existenceWeight * (reward > 0 ? 1 : 0) + (1 - existenceWeight) * reward
    }
    precision = Self.mean(found) { Self.reward(of: $0, in: labels, bias: .flat) }
  }

  private static func mean(
    _ ranges: [ClosedRange<Int>], _ reward: (ClosedRange<Int>) -> Double
  ) -> Double {
    ranges.isEmpty ? 0 : ranges.reduce(0) { $0 + reward($1) } / Double(ranges.count)
  }

  /// The weighted share of `range` that `marks` cover, divided by the number of pieces that cover it.
  private static func reward(
    of range: ClosedRange<Int>, in marks: [Bool], bias: PositionalBias
  ) -> Double {
    var (covered, total) = (0.0, 0.0)
    var pieceCount = 0
    for row in range {
      let weight = bias.weight(row - range.lowerBound, of: range.count)
      total += weight
      guard marks[row] else { continue }
      covered += weight
      if row == range.lowerBound || !marks[row - 1] { pieceCount += 1 }
    }
    return pieceCount == 0 ? 0 : covered / total / Double(pieceCount)
  }
}
