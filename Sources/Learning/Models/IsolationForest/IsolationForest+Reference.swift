extension IsolationForest {
  /// The path length of `row` in one tree, in units of 2⁻³², by the definition: the plain code that fast code is
  /// compared with.
  ///
  /// - Precondition: `row` has a value or NaN for every feature.
  func referencePathLength(of row: Span<Double>, tree: Int) -> Int64 {
    var total = 0.0
    var pending: [(node: Int, weight: Double)] = [(structure.starts[tree], 1)]
    while let (node, weight) = pending.popLast() {
      let split = Int(structure.splitIndex[node])
      guard split >= 0 else {
        // A row without missing values meets one leaf, and its value must not be rounded twice.
        if weight == 1 { return structure.leafValues[node] + Int64(total.rounded()) }
        total += weight * Double(structure.leafValues[node])
        continue
      }
      let (left, right) = (node + 1, Int(structure.right[node]))
      let value = structure.projection(of: row, split: split)
      if structure.isOutside(value, split: split) { total -= weight * ForestStructure.unit }
      if !value.isNaN || !structure.isMissing(row, split: split) {
        pending.append((value > trees.thresholds[split] ? right : left, weight))
        continue
      }
      switch trees.missing[split] {
      case .left: pending.append((left, weight))
      case .right: pending.append((right, weight))
      case .both:
        let share = Double(structure.counts[left]) / Double(structure.counts[node])
        pending.append((right, weight * (1 - share)))
        pending.append((left, weight * share))
      }
    }
    return Int64(total.rounded())
  }

  /// The sum of `row`'s path lengths over all trees, in units of 2⁻³².
  func referenceSum(of row: Span<Double>) -> Int64 {
    var sum: Int64 = 0
    for tree in 0..<treeCount { sum += referencePathLength(of: row, tree: tree) }
    return sum
  }
}

extension ForestStructure {
  /// The value that split number `split` compares with its threshold.
  func projection(of row: Span<Double>, split: Int) -> Double {
    if trees.termCount == 1 { return row[Int(trees.features[split])] }
    var projection = 0.0
    for term in split * trees.termCount..<(split + 1) * trees.termCount {
      projection += trees.weights[term] * row[Int(trees.features[term])]
    }
    return projection
  }

  /// Whether a feature of split number `split` is missing, as opposed to a projection that overflowed into NaN.
  func isMissing(_ row: Span<Double>, split: Int) -> Bool {
    for term in split * trees.termCount..<(split + 1) * trees.termCount
    where row[Int(trees.features[term])].isNaN {
      return true
    }
    return false
  }
}
