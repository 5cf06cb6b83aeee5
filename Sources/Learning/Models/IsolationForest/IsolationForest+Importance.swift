public import Tabular

extension IsolationForest {
  /// How much each feature does to tell anomalies apart: DIFFI (Carletti, Terzi & Susto 2023), the global importance.
  ///
  /// A feature matters when splits on it isolate anomalies early and unevenly and normal rows late and evenly: its
  /// importance is the mean of λ / h over the splits on the paths of the anomalies of `matrix` (λ the imbalance that
  /// the split induces among them, h the depth of the path), divided by the same mean for the other rows. A split
  /// over several features charges them in proportion to |weight · (value − center)|.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`, usually training rows; rows with a missing value are left out.
  ///   - isAnomaly: Which rows count as anomalies.
  /// - Returns: One value per feature, 0 for a feature on no path of an anomaly; `nil` when there is no anomaly or
  ///   nothing else.
  /// - Throws: `ModelError.featureCountMismatch` or `.invalidValue`.
  /// - Complexity: O(rows × trees × depth).
  public func globalImportance(
    of matrix: Matrix<Double>, isAnomaly: [Bool]
  ) throws(ModelError) -> [Double]? {
    try checkFeatureCount(matrix.columnCount)
    precondition(isAnomaly.count == matrix.rowCount, "every row has one label")
    var groups: [[[Double]]] = [[], []]
    for row in 0..<matrix.rowCount {
      let values = matrix.row(row)
      if try hasMissing(values.span, row: row) { continue }
      groups[isAnomaly[row] ? 1 : 0].append(expansion?.expanded(values.span) ?? values)
    }
    guard !groups[0].isEmpty, !groups[1].isEmpty else { return nil }
    let (normal, anomalous) = (meanImportance(groups[0]), meanImportance(groups[1]))
    return normal.indices.map { normal[$0] > 0 ? anomalous[$0] / normal[$0] : 0 }
  }

  /// For each feature the mean over its uses on the rows' paths of λ / h.
  private func meanImportance(_ rows: [[Double]]) -> [Double] {
    var totals = [Double](repeating: 0, count: featureNames.count)
    var uses = totals
    for tree in 0..<treeCount {
      let nodes = structure.starts[tree]..<structure.starts[tree + 1]
      var counts = [Int](repeating: 0, count: nodes.count)
      for row in rows {
        path(of: row.span, tree: tree) { node, _ in counts[node - nodes.lowerBound] += 1 }
      }
      for row in rows {
        var steps: [Int] = []
        path(of: row.span, tree: tree) { node, isSplit in if isSplit { steps.append(node) } }
        for node in steps {
          let left = counts[node + 1 - nodes.lowerBound]
          let whole = counts[node - nodes.lowerBound]
          let imbalance = Self.imbalance(larger: max(left, whole - left), of: whole)
          let split = Int(structure.splitIndex[node])
          charge(imbalance / Double(steps.count), split: split, values: row.span, to: &totals)
          charge(1, split: split, values: row.span, to: &uses)
        }
      }
    }
    return totals.indices.map { uses[$0] > 0 ? totals[$0] / uses[$0] : 0 }
  }

  private func path(of row: Span<Double>, tree: Int, _ visit: (Int, _ isSplit: Bool) -> Void) {
    var node = structure.starts[tree]
    while true {
      let split = Int(structure.splitIndex[node])
      visit(node, split >= 0)
      guard split >= 0 else { return }
      let value = structure.projection(of: row, split: split)
      node = value > trees.thresholds[split] ? Int(structure.right[node]) : node + 1
    }
  }

  /// λ of the paper: 0 when a side is empty, else from 0.5 for halves to 1 for one row against the rest.
  private static func imbalance(larger: Int, of count: Int) -> Double {
    guard larger < count else { return 0 }
    let least = Double((count + 1) / 2) / Double(count)
    let most = Double(count - 1) / Double(count)
    guard most > least else { return 1 }
    return 0.5 + 0.5 * (Double(larger) / Double(count) - least) / (most - least)
  }
}
