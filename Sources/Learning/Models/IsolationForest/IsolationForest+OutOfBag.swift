package import Tabular

extension IsolationForest {
  /// `scores` of the rows of `matrix`, those of sampled rows replaced by what the trees that they did not grow give: what
  /// a new row like them would get.
  ///
  /// - Parameters:
  ///   - scores: The scores of all rows.
  ///   - matrix: The training rows.
  ///   - samples: ψ positions of rows for each tree, in the order of trees.
  /// - Returns: NaN for a row that every tree was grown from.
  /// - Throws: As `scores(of:threadCount:)`.
  package func outOfBagScores<Scalar: RankedScalar>(
    _ scores: [Double], of matrix: Matrix<Scalar>, samples: [Int]
  ) throws(ModelError) -> [Double] {
    precondition(samples.count == treeCount * sampleCount, "every tree has its sample")
    var ownTrees: [Int: Set<Int>] = [:]
    for (index, row) in samples.enumerated() {
      ownTrees[row, default: []].insert(index / sampleCount)
    }
    var corrected = scores
    for (row, own) in ownTrees {
      guard own.count < treeCount else {
        corrected[row] = .nan
        continue
      }
      let values = matrix.row(row).map { Double($0) }
      let cells = expansion?.expanded(values.span) ?? values
      var sum = try sums(rows: 0..<1, of: values.span)[0]
      for tree in own { sum &-= referencePathLength(of: cells.span, tree: tree) }
      // A mean over fewer trees: their sum grows to that of all.
      let scale = Double(treeCount) / Double(treeCount - own.count)
      corrected[row] = score(sum: Int64((Double(sum) * scale).rounded()))
    }
    return corrected
  }
}
