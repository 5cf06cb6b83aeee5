/// Areas under range-aware ROC and precision-recall curves, averaged over how far around a range an alarm still counts.
///
/// Paparrizos et al., "Volume under the surface" (VLDB 2022), in the form of the TSB-AD benchmark's code (2024): for every
/// buffer of 0 ... `longestBuffer` rows, labels fall off beside each range as √(1 − distance / buffer) to half the buffer on
/// either side, thresholds are taken at `thresholdCount` ranks, and recall is multiplied by the share of ranges that were
/// touched. Equal to the authors' code to 1e-12 on the stored examples.
public struct VolumeUnderSurface: Equatable, Sendable {
  /// VUS-PR: the mean area under the precision-recall curves.
  public let precisionRecall: Double
  /// VUS-ROC: the mean area under the ROC curves.
  public let receiverOperating: Double

  /// Computes both volumes for one series.
  ///
  /// - Parameters:
  ///   - scores: One finite number a row; higher is more anomalous.
  ///   - labels: Which rows are anomalous.
  ///   - longestBuffer: The longest buffer, the benchmark's sliding window; 0 leaves the labels as they are.
  ///   - thresholdCount: How many ranks are taken as thresholds.
  /// - Throws: `EvaluationError.rowCountMismatch`, `.invalidScore`, `.invalidParameter`, or `.noRows` without both labels.
  /// - Complexity: O(rows · longestBuffer).
  public init(
    scores: [Double], labels: [Bool], longestBuffer: Int = 100, thresholdCount: Int = 250
  ) throws(EvaluationError) {
    guard scores.count == labels.count else {
      throw .rowCountMismatch(column: "scores", expected: labels.count, actual: scores.count)
    }
    guard longestBuffer >= 0, thresholdCount >= 2 else {
      throw .invalidParameter(name: "buffer", reason: "not negative, with two thresholds or more")
    }
    if let row = scores.firstIndex(where: { !$0.isFinite }) {
      throw .invalidScore(detector: "of the series", row: String(row))
    }
    let ranges = LabelledRanges.runs(in: labels)
    guard !ranges.isEmpty, labels.contains(false) else {
      throw .noRows(reason: "a series needs anomalous and normal rows")
    }
    let ladder = RankLadder(scores: scores, thresholdCount: thresholdCount)
    var (precisionRecall, receiverOperating) = (0.0, 0.0)
    for buffer in 0...longestBuffer {
      let areas = ladder.areas(ranges: ranges, labels: labels, buffer: buffer)
      precisionRecall += areas.precisionRecall
      receiverOperating += areas.receiverOperating
    }
    self.precisionRecall = precisionRecall / Double(longestBuffer + 1)
    self.receiverOperating = receiverOperating / Double(longestBuffer + 1)
  }
}

/// Rows by falling score and the thresholds among them: what all buffers share.
private struct RankLadder {
  /// Rows by falling score.
  let order: [Int]
  /// The position of each row in `order`.
  let ranks: [Int]
  /// How many rows each threshold predicts, ties included.
  let predictedCounts: [Int]

  init(scores: [Double], thresholdCount: Int) {
    order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    var ranks = Array(repeating: 0, count: scores.count)
    for (rank, row) in order.enumerated() { ranks[row] = rank }
    self.ranks = ranks
    var tieEnds = Array(repeating: 0, count: scores.count)
    for rank in scores.indices.reversed() {
      let isTied = rank + 1 < order.count && scores[order[rank]] == scores[order[rank + 1]]
      tieEnds[rank] = isTied ? tieEnds[rank + 1] : rank + 1
    }
    let last = Double(scores.count - 1)
    let step = last / Double(thresholdCount - 1)
    predictedCounts = (0..<thresholdCount).map { index in
      tieEnds[index == thresholdCount - 1 ? scores.count - 1 : Int(Double(index) * step)]
    }
  }

  /// The areas with one buffer.
  func areas(
    ranges: [ClosedRange<Int>], labels: [Bool], buffer: Int
  ) -> (precisionRecall: Double, receiverOperating: Double) {
    let weights = extended(labels: labels, ranges: ranges, buffer: buffer)
    let labelCount = Double(labels.count { $0 })
    // Sums over the rows of the highest ranks: of all weights, and of those that only the buffer gives.
    var weightSums = [0.0]
    var bufferSums = [0.0]
    for row in order {
      weightSums.append(weightSums[weightSums.count - 1] + weights[row])
      bufferSums.append(bufferSums[bufferSums.count - 1] + (labels[row] ? 0 : weights[row]))
    }
    let firstRanks = merged(ranges, buffer: buffer, rowCount: labels.count)
      .map { range in range.reduce(Int.max) { min($0, ranks[$1]) } }.sorted()
    var touched = 0
    var (recall, falseRate) = (0.0, 0.0)
    var (precisionRecall, receiverOperating) = (0.0, 0.0)
    for predicted in predictedCounts {
      while touched < firstRanks.count && firstRanks[touched] < predicted { touched += 1 }
      let truePositives = weightSums[predicted]
      let positives = (labelCount + labelCount + bufferSums[predicted]) / 2
      let existence = Double(touched) / Double(firstRanks.count)
      let nextRecall = min(truePositives / positives, 1) * existence
      let nextFalseRate =
        (Double(predicted) - truePositives) / (Double(labels.count) - positives)
      precisionRecall += (nextRecall - recall) * (truePositives / Double(predicted))
      receiverOperating += (nextFalseRate - falseRate) * (nextRecall + recall) / 2
      (recall, falseRate) = (nextRecall, nextFalseRate)
    }
    receiverOperating += (1 - falseRate) * (1 + recall) / 2
    return (precisionRecall, receiverOperating)
  }

  /// The labels as weights, with √(1 − distance / buffer) to half the buffer beside each range, 1 at most.
  private func extended(
    labels: [Bool], ranges: [ClosedRange<Int>], buffer: Int
  ) -> [Double] {
    var weights = labels.map { $0 ? 1.0 : 0 }
    let reach = buffer / 2
    guard reach > 0 else { return weights }
    let fall = (1...reach).map { (1 - Double($0) / Double(buffer)).squareRoot() }
    for range in ranges {
      for distance in 1...reach {
        if range.upperBound + distance < weights.count {
          weights[range.upperBound + distance] += fall[distance - 1]
        }
        if range.lowerBound >= distance {
          weights[range.lowerBound - distance] += fall[distance - 1]
        }
      }
    }
    return weights.map { min($0, 1) }
  }

  /// The ranges with half the buffer on either side; those that meet are one.
  private func merged(
    _ ranges: [ClosedRange<Int>], buffer: Int, rowCount: Int
  ) -> [ClosedRange<Int>] {
    let reach = buffer / 2
    var result: [ClosedRange<Int>] = []
    for range in ranges {
      let lower = max(range.lowerBound - reach, 0)
      let upper = min(range.upperBound + reach, rowCount - 1)
      if let last = result.last, last.upperBound >= lower {
        result[result.count - 1] = last.lowerBound...upper
      } else {
        result.append(lower...upper)
      }
    }
    return result
  }
}
