/// One step of a schema's history.
public struct SQLiteMigration: Equatable, Sendable {
  /// Position in the history, from 1.
  public let version: Int
  /// The statements that make it, separated by semicolons.
  public let script: String

  /// Makes a step.
  public init(version: Int, script: String) {
    self.version = version
    self.script = script
  }
}

extension SQLiteConnection {
  /// Applies the steps that the database has not seen, all in one transaction, and records them in `schema_migrations`.
  ///
  /// Running it again, also from two processes at once, changes nothing.
  ///
  /// - Parameters:
  ///   - migrations: all steps, in their order.
  ///   - microseconds: what is recorded as the moment of application, since 1970 in UTC.
  /// - Returns: the versions that were applied now.
  /// - Precondition: versions are 1, 2, 3, …
  /// - Throws: `SQLiteError`, with `newerSchemaCode` when the database holds a version that is not among `migrations`.
  @discardableResult
  public func migrate(_ migrations: [SQLiteMigration], appliedAt microseconds: Int64) throws
    -> [Int]
  {
    precondition(
      migrations.indices.allSatisfy { migrations[$0].version == $0 + 1 }, "versions are 1, 2, 3, …")
    return try inTransaction {
      try execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)"
      )
      let newest =
        try firstRow("SELECT coalesce(max(version), 0) FROM schema_migrations") {
          Int($0.integer(at: 0))
        } ?? 0
      guard newest <= migrations.count else {
        throw SQLiteError(
          code: SQLiteError.newerSchemaCode,
          message:
            "schema version \(newest) is newer than \(migrations.count), the newest this program knows: update the program",
          database: path)
      }
      var applied: [Int] = []
      for migration in migrations where migration.version > newest {
        try execute(migration.script)
        try execute(
          "INSERT INTO schema_migrations (version, applied_at) VALUES (?, ?)",
          [.integer(Int64(migration.version)), .integer(microseconds)])
        applied.append(migration.version)
      }
      return applied
    }
  }
}
