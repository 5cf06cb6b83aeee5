extension IsolationForest {
  /// How much each feature moves the score of `row` away from 0.5.
  ///
  /// On the way to its leaf a row pays 1 + c(child) − c(parent) at each split; the sum over the path is the path length
  /// less c(ψ). Charged to the split's feature (for hyperplanes in proportion to |weight · (value − center)|), averaged over the
  /// trees and divided by −c(ψ), the contributions add up exactly: Σ = 1 + log₂ score. Positive values make the row
  /// more anomalous. At a split on a missing value both branches pay, weighted like the score.
  ///
  /// Where scores measure densities, a row pays at each split the logarithm of the density that it comes to over the one
  /// it leaves, and Σ = log₂(score / (1 − score)).
  ///
  /// A forest from elsewhere whose trees report other sample sizes than ψ leaves `contributionBaseline` to be added.
  ///
  /// - Throws: As `score(of:)`.
  /// - Complexity: O(trees × depth).
  public func contributions(of row: [Double]) throws(ModelError) -> [Double] {
    try explained(row).contributions
  }

  /// The score of a row and its contributions, from one walk where nothing is missing.
  ///
  /// - Throws: As `score(of:)`.
  public func explained(
    _ row: [Double]
  ) throws(ModelError) -> (score: Double, contributions: [Double]) {
    try checkFeatureCount(row.count)
    let cells = expansion?.expanded(row.span) ?? row
    guard try !hasMissing(row.span, row: 0), !structure.penalizesRange,
      let (sum, charges) = walk.value.explained(cells.span)
    else { return (try score(of: row), scaled(charges(of: row.span))) }
    return (score(sum: sum), scaled(expansion?.folded(charges) ?? charges))
  }

  private func scaled(_ charges: [Double]) -> [Double] {
    guard structure.exponentDivisor != 0 else { return Array(repeating: 0, count: charges.count) }
    let scale =
      -1 / (Double(treeCount) * (structure.measuresDensity ? 1 : structure.normalizer))
    return charges.map { $0 * scale }
  }

  /// What a row pays by feature, for any row and any kind of split.
  func charges(of row: Span<Double>) -> [Double] {
    var charges = [Double](repeating: 0, count: featureNames.count)
    let cells = expansion?.expanded(row) ?? []
    let values = expansion == nil ? row : cells.span
    var pending: [(node: Int, weight: Double)] = []
    for tree in 0..<treeCount {
      pending.append((structure.starts[tree], 1))
      while let (node, weight) = pending.popLast() {
        let split = Int(structure.splitIndex[node])
        guard split >= 0 else { continue }
        if structure.isOutside(structure.projection(of: values, split: split), split: split) {
          charge(-weight, split: split, values: values, to: &charges)
        }
        for branch in branches(of: values, node: node, split: split) {
          let reach = weight * branch.weight
          charge(
            structure.arrivals[branch.node] * reach, split: split, values: values, to: &charges)
          pending.append((branch.node, reach))
        }
      }
    }
    return charges
  }

  /// What has to be added to the contributions of any row: 0 unless the trees' sample sizes differ from ψ.
  public var contributionBaseline: Double {
    structure.normalizer > 0 && !structure.measuresDensity
      ? 1 - structure.rootAverage / structure.normalizer : 0
  }

  private func branches(
    of row: Span<Double>, node: Int, split: Int
  ) -> [(node: Int, weight: Double)] {
    let (left, right) = (node + 1, Int(structure.right[node]))
    guard structure.isMissing(row, split: split) else {
      return [
        (structure.projection(of: row, split: split) > trees.thresholds[split] ? right : left, 1)
      ]
    }
    switch trees.missing[split] {
    case .left: return [(left, 1)]
    case .right: return [(right, 1)]
    case .both:
      let share = Double(structure.counts[left]) / Double(structure.counts[node])
      return [(left, share), (right, 1 - share)]
    }
  }

  /// Charges `amount` to the features of a split.
  func charge(
    _ amount: Double, split: Int, values: Span<Double>, to charges: inout [Double]
  ) {
    let terms = split * trees.termCount..<(split + 1) * trees.termCount
    guard trees.termCount > 1 else {
      charges[Int(trees.features[split])] += amount
      return
    }
    var total = 0.0
    for term in terms { total += share(term, values) }
    for term in terms {
      let part = total > 0 && total.isFinite ? share(term, values) / total : 1 / Double(terms.count)
      charges[Int(trees.features[term])] += amount * part
    }
  }

  /// How far the value moves the projection away from a typical row's; a missing value does not.
  private func share(_ term: Int, _ values: Span<Double>) -> Double {
    let column = Int(structure.trees.features[term])
    let value = values[column]
    let center = structure.trees.centers[column]
    return value.isNaN ? 0 : (trees.weights[term] * (value - center)).magnitude
  }
}
