internal import Models
internal import Tabular

/// Grows one tree from its sample, the rows of a node being a range of an index array that is partitioned in place.
struct TreeGrower<Scalar: BinaryFloatingPoint> {
  /// The sample, column after column.
  let columns: [Scalar]
  let sampleCount: Int
  /// The features of the columns.
  let features: [Int]
  /// Per column: does it lack values?
  let hasMissing: [Bool]
  let levelLimit: Int
  var generator: SeededGenerator

  private struct Pending {
    var rows: Range<Int>
    var depth: Int
    /// The columns `candidates[..<candidateCount]` are not known to be constant.
    var candidateCount: Int
  }

  init(
    columns: [Scalar], sampleCount: Int, features: [Int], hasMissing: [Bool], levelLimit: Int,
    generator: SeededGenerator
  ) {
    self.columns = columns
    self.sampleCount = sampleCount
    self.features = features
    self.hasMissing = hasMissing
    self.levelLimit = levelLimit
    self.generator = generator
  }

  /// The tree, in preorder.
  mutating func grow() -> ForestTrees {
    var tree = ForestTrees(termCount: 1)
    var rows = Array(0..<Int32(sampleCount))
    var candidates = Array(0..<Int32(features.count))
    var pending = [Pending(rows: 0..<sampleCount, depth: 0, candidateCount: features.count)]
    while let node = pending.popLast() {
      var candidateCount = node.candidateCount
      // Two rows need no split: c(2) = 1 is what it would add.
      guard node.rows.count > 2, node.depth < levelLimit,
        let split = chooseSplit(
          rows: rows, range: node.rows, candidates: &candidates, count: &candidateCount)
      else {
        tree.appendLeaf(count: node.rows.count)
        continue
      }
      let middle = partition(&rows, range: node.rows, split: split)
      tree.appendSplit(feature: features[split.column], threshold: split.threshold)
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
  }

  /// A column drawn among those that vary in the node and a threshold drawn between its extremes.
  ///
  /// A column found constant is so in the whole subtree and leaves the candidates there. It only changes places
  /// within `candidates[..<count]`, so the set in front of any ancestor's count stays the same.
  private mutating func chooseSplit(
    rows: [Int32], range: Range<Int>, candidates: inout [Int32], count: inout Int
  ) -> Split? {
    while count > 0 {
      let pick = generator.below(count)
      let column = Int(candidates[pick])
      let base = column * sampleCount
      var low = Scalar.infinity
      var high = -Scalar.infinity
      // Comparisons with NaN are false, so missing values count for neither.
      for index in range {
        let value = columns[base + Int(rows[index])]
        if value < low { low = value }
        if value > high { high = value }
      }
      if low < high {
        return Split(column: column, threshold: threshold(low: Double(low), high: Double(high)))
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
  private mutating func partition(
    _ rows: inout [Int32], range: Range<Int>, split: Split
  ) -> Int {
    let base = split.column * sampleCount
    var leftShare = 0.0
    if hasMissing[split.column] {
      var known = 0
      var left = 0
      for index in range {
        let value = columns[base + Int(rows[index])]
        if value.isNaN { continue }
        known += 1
        if Double(value) <= split.threshold { left += 1 }
      }
      leftShare = Double(left) / Double(known)
    }
    var middle = range.lowerBound
    for index in range {
      let row = rows[index]
      let value = columns[base + Int(row)]
      let goesLeft =
        value.isNaN ? generator.chance(leftShare) : Double(value) <= split.threshold
      if goesLeft {
        rows[index] = rows[middle]
        rows[middle] = row
        middle += 1
      }
    }
    return middle
  }
}
