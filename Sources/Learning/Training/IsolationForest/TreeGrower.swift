internal import Models
internal import Tabular

/// Grows one tree from its sample, the rows of a node being a range of an index array that is partitioned in place.
struct TreeGrower<Scalar: RankedScalar> {
  let sample: TreeSample<Scalar>
  let levelLimit: Int
  let scoring: IsolationForestParameters.Scoring
  var generator: SeededGenerator

  private struct Pending {
    var rows: Range<Int>
    var depth: Int
    /// The columns `candidates[..<candidateCount]` are not known to be constant.
    var candidateCount: Int
  }

  /// The tree, in preorder.
  mutating func grow() -> ForestTrees {
    var tree = ForestTrees(termCount: 1)
    let width = sample.features.count
    tree.reserve(trees: 1, splits: sample.rowCount, leaves: sample.rowCount)
    // Where each row's cells start.
    var rows = (0..<sample.rowCount).map { $0 * width }
    var candidates = Array(0..<width)
    var pending = [Pending(rows: 0..<sample.rowCount, depth: 0, candidateCount: width)]
    while let node = pending.popLast() {
      var candidateCount = node.candidateCount
      // Two rows need no split: c(2) = 1 is what it would add.
      guard node.rows.count > 2, node.depth < levelLimit,
        let split = chooseSplit(
          rows: rows.span.extracting(node.rows), candidates: &candidates, count: &candidateCount)
      else {
        tree.appendLeaf(count: node.rows.count)
        continue
      }
      let middle = partition(&rows, range: node.rows, split: split)
      tree.appendSplit(
        feature: sample.features[split.column], threshold: split.threshold)
      tree.noteExtent(
        threshold: split.threshold, low: split.low, high: split.high,
        measuresDensity: scoring == .density,
        penalizesRange: scoring == .depth(penalizesRange: true))
      let depth = node.depth + 1
      pending.append(
        Pending(
          rows: middle..<node.rows.upperBound, depth: depth, candidateCount: candidateCount))
      pending.append(
        Pending(
          rows: node.rows.lowerBound..<middle, depth: depth, candidateCount: candidateCount))
    }
    tree.nodeCounts = [Int32(tree.isSplit.count)]
    return tree
  }

  private struct Split {
    var column: Int
    var threshold: Double
    var low: Double
    var high: Double
  }

  /// A column drawn among those that vary in the node and a threshold drawn between its extremes.
  ///
  /// A column found constant is so in the whole subtree and leaves the candidates there. It only changes places
  /// within `candidates[..<count]`, so the set in front of any ancestor's count stays the same.
  private mutating func chooseSplit(
    rows: Span<Int>, candidates: inout [Int], count: inout Int
  ) -> Split? {
    // A reference of its own: a span of the member would overlap with drawing numbers.
    let sample = sample
    let cells = sample.cells.span
    while count > 0 {
      let pick = generator.below(count)
      let column = candidates[pick]
      var low = Scalar.infinity
      var high = -Scalar.infinity
      // Comparisons with NaN are false, so missing values count for neither.
      for index in rows.indices {
        let value = cells[rows[index] &+ column]
        low = value < low ? value : low
        high = value > high ? value : high
      }
      if low < high {
        let (low, high) = (Double(low), Double(high))
        return Split(
          column: column, threshold: threshold(low: low, high: high), low: low, high: high)
      }
      count -= 1
      candidates.swapAt(pick, count)
    }
    return nil
  }

  /// Uniform in `low ..< high`, without overflow for extremes of opposite sign.
  private mutating func threshold(low: Double, high: Double) -> Double {
    let share = generator.uniform()
    let threshold = low * (1 - share) + high * share
    return threshold >= low && threshold < high ? threshold : low
  }

  /// Moves the rows that go left to the front and returns where the right ones start.
  ///
  /// A row without the value goes to a side at random, in proportion to the rows that have it.
  private mutating func partition(_ rows: inout [Int], range: Range<Int>, split: Split) -> Int {
    // A reference of its own: a span of the member would overlap with drawing numbers.
    let sample = sample
    let cells = sample.cells.span
    // x ≤ threshold exactly when x ≤ cut, so values need not be widened.
    let cut = Scalar.cut(split.threshold)
    var leftShare = 0.0
    let hasMissing = sample.hasMissing[split.column]
    if hasMissing {
      var known = 0
      var left = 0
      for index in range {
        let value = cells[rows[index] &+ split.column]
        known += value.isNaN ? 0 : 1
        left += value <= cut ? 1 : 0
      }
      leftShare = Double(left) / Double(known)
    }
    var places = rows.mutableSpan
    var middle = range.lowerBound
    for index in range {
      let row = places[index]
      let value = cells[row &+ split.column]
      var goesLeft = value <= cut
      if hasMissing && value.isNaN { goesLeft = generator.chance(leftShare) }
      // Both are written every time, because which way a row goes cannot be predicted.
      let other = places[middle]
      places[index] = goesLeft ? other : row
      places[middle] = goesLeft ? row : other
      middle += goesLeft ? 1 : 0
    }
    return middle
  }
}
