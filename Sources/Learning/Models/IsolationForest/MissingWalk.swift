/// Path lengths of rows that lack values, with the bits of `referencePathLength(of:tree:)`.
///
/// A split on a missing value sends the row both ways, so there is no straight walk; what waits lies on a stack that is
/// kept from tree to tree and row to row.
struct MissingWalk {
  private let structure: ForestStructure
  private var pending: [(node: Int, weight: Double)] = []

  init(_ structure: ForestStructure) {
    self.structure = structure
  }

  /// The sum of the row's path lengths over all trees, in units of 2⁻³².
  mutating func sum(_ row: Span<Double>) -> Int64 {
    var sum: Int64 = 0
    for tree in 0..<structure.treeCount {
      sum &+= pathLength(of: row, from: structure.starts[tree])
    }
    return sum
  }

  private mutating func pathLength(of row: Span<Double>, from root: Int) -> Int64 {
    let trees = structure.trees
    var total = 0.0
    pending.append((root, 1))
    while let (start, reach) = pending.popLast() {
      var node = start
      var weight = reach
      while true {
        let split = Int(structure.splitIndex[node])
        guard split >= 0 else { break }
        let value = structure.projection(of: row, split: split)
        let (left, right) = (node + 1, Int(structure.right[node]))
        if !value.isNaN || !structure.isMissing(row, split: split) {
          node = value > trees.thresholds[split] ? right : left
          continue
        }
        switch trees.missing[split] {
        case .left: node = left
        case .right: node = right
        case .both:
          let share = Double(structure.counts[left]) / Double(structure.counts[node])
          pending.append((right, weight * (1 - share)))
          node = left
          weight *= share
        }
      }
      // A row that was never parted meets one leaf, and its value must not be rounded twice.
      if weight == 1 { return structure.leafValues[node] }
      total += weight * Double(structure.leafValues[node])
    }
    return Int64(total.rounded())
  }
}
