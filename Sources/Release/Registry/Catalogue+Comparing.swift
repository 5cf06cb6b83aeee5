import SQLite

extension Catalogue {
  /// The tables that follow from the audit, with the order of their keys.
  static let projections = ["versions", "aliases", "gates", "approvals", "runs"]

  /// An empty catalogue that lives as long as the value.
  static func inMemory() throws -> Catalogue {
    let catalogue = Catalogue(connection: try SQLiteConnection(":memory:"))
    try catalogue.connection.migrate(migrations, appliedAt: 0)
    return catalogue
  }

  /// All rows of a table in the order of its key.
  func dump(_ table: String) throws -> [[SQLiteValue]] {
    try connection.rows("SELECT * FROM \(table) ORDER BY 1, 2") { row in
      (0..<row.columnCount).map { row.value(at: $0) }
    }
  }

  /// The hash of a row; the origin for row 0, `nil` when there is no such row.
  func hash(at sequence: Int) throws -> String? {
    if sequence == 0 { return AuditRow.origin }
    return try connection.firstRow(
      "SELECT hash FROM audit WHERE sequence = ?", [.integer(Int64(sequence))]
    ) { $0.text(at: 0) }
  }
}
