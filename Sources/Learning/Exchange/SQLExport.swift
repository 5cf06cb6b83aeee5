public import Models

/// A forest as a query that scores the rows of a table inside PostgreSQL or SQLite.
public enum SQLExport {
  /// A SELECT of every column of `table` with `anomaly_score` and `is_anomaly` beside; the columns are named as the features.
  ///
  /// A row with a NULL feature has the score NULL.
  ///
  /// - Throws: `ExchangeError.notExpressible` for a forest over categories.
  public static func query(
    of forest: IsolationForest, threshold: Double, table: String
  ) throws(ExchangeError) -> String {
    try forest.requirePlainSplits(for: "SQL")
    return """
      -- Isolation Forest of \(forest.treeCount) trees; rows with a score above \(threshold) are anomalies.
      SELECT scored.*, anomaly_score > \(threshold) AS is_anomaly
      FROM (SELECT source.*,
      \(forest.sqlScore()) AS anomaly_score
      FROM \(quotedName(table)) AS source) AS scored;

      """
  }

  private static func quotedName(_ name: String) -> String {
    "\""
      + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
