extension IsolationForest {
  /// An SQL expression that computes the score where the features are columns, for PostgreSQL and SQLite.
  ///
  /// Every number is written so that it reads back to the same bits and path lengths are added as integers, so the
  /// database takes the same branches; the score differs by the rounding of its `power` alone. A row with a NULL feature
  /// has a NULL score. Columns are double precision and hold no NaN.
  ///
  /// - Parameter columns: The name of each feature's column; the features' own names when left out.
  /// - Precondition: `columns` has one name per feature, no feature is categorical and no range penalized.
  public func sqlScore(columns: [String]? = nil) -> String {
    let columns = (columns ?? featureNames).map(Self.quoted)
    precondition(columns.count == featureNames.count, "every feature has one column")
    precondition(trees.categories.isEmpty, "categories are no numbers")
    let isNull = columns.map { "\($0) IS NULL" }.joined(separator: " OR ")
    precondition(trees.ranges.isEmpty, "a penalty of ranges is not written")
    guard structure.exponentDivisor != 0 else {
      return "CASE WHEN \(isNull) THEN NULL ELSE 0.5 END"
    }
    let sum = (0..<treeCount).map { sqlPathLength(tree: $0, columns: columns) }
      .joined(separator: "\n  + ")
    let (before, after) = structure.measuresDensity ? ("1 / (1 + ", ")") : ("", "")
    return """
      CASE WHEN \(isNull) THEN NULL ELSE
      \(before)power(CAST(2 AS double precision), CAST(
        \(sum)
      AS double precision) / CAST(\(structure.exponentDivisor) AS double precision))\(after) END
      """
  }

  /// Nested CASE expressions in preorder, written without recursion.
  private func sqlPathLength(tree: Int, columns: [String]) -> String {
    var text = ""
    // For every open split: is its right branch being written?
    var open: [Bool] = []
    for node in structure.starts[tree]..<structure.starts[tree + 1] {
      let split = Int(structure.splitIndex[node])
      if split >= 0 {
        let projection = sqlProjection(split: split, columns: columns)
        text += "CASE WHEN \(projection) <= \(trees.thresholds[split]) THEN "
        open.append(false)
        continue
      }
      text += String(structure.leafValues[node])
      while let isRight = open.popLast() {
        guard isRight else {
          text += " ELSE "
          open.append(true)
          break
        }
        text += " END"
      }
    }
    return text
  }

  private func sqlProjection(split: Int, columns: [String]) -> String {
    let terms = split * trees.termCount..<(split + 1) * trees.termCount
    if trees.termCount == 1 { return columns[Int(trees.features[terms.lowerBound])] }
    return terms.map { "\(trees.weights[$0]) * \(columns[Int(trees.features[$0])])" }
      .joined(separator: " + ")
  }

  private static func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
