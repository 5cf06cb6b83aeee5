/// One step of a schema's history.
public struct PostgreSQLMigration: Equatable, Sendable {
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

extension PostgreSQLConnection {
  /// Applies the steps that the database has not seen, all in one transaction, and records them in `schema_migrations`.
  ///
  /// Running it again, also from two processes at once, changes nothing. A database that has seen every step is only read, so
  /// that a user without the right to create tables passes.
  ///
  /// - Parameters:
  ///   - migrations: all steps, in their order.
  ///   - microseconds: what is recorded as the moment of application, since 1970 in UTC.
  /// - Returns: the versions that were applied now.
  /// - Precondition: versions are 1, 2, 3, …
  /// - Throws: `PostgreSQLError`, of kind `newerSchema` when the database holds a version that is not among `migrations`.
  @discardableResult
  public func migrate(
    _ migrations: [PostgreSQLMigration], appliedAt microseconds: Int64
  ) throws -> [Int] {
    precondition(
      migrations.indices.allSatisfy { migrations[$0].version == $0 + 1 }, "versions are 1, 2, 3, …")
    if try newestMigration() == migrations.count { return [] }
    return try inTransaction {
      // One number for everybody who migrates: the second one waits, and then finds the work done.
      try execute("SELECT pg_advisory_xact_lock(7305808869231453)")
      try execute(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
          version integer PRIMARY KEY, applied_at timestamptz NOT NULL)
        """)
      // Not `newestMigration()`: `to_regclass` may answer from before the lock, out of the session's cache.
      let newest = try query(PostgreSQLConnection.newestVersion).integer(0, 0).map { Int($0) } ?? 0
      guard newest <= migrations.count else {
        throw PostgreSQLError(
          .newerSchema,
          message: "schema version \(newest) is newer than \(migrations.count), the newest known",
          server: server)
      }
      var applied: [Int] = []
      for migration in migrations where migration.version > newest {
        try execute(migration.script)
        try execute(
          "INSERT INTO schema_migrations VALUES ($1::int, to_timestamp($2::bigint / 1000000.0))",
          [String(migration.version), String(microseconds)])
        applied.append(migration.version)
      }
      return applied
    }
  }

  private static let newestVersion = "SELECT max(version) FROM schema_migrations"

  /// The newest version in `schema_migrations`; 0 without that table.
  private func newestMigration() throws(PostgreSQLError) -> Int {
    guard try query("SELECT to_regclass('schema_migrations')").text(0, 0) != nil else { return 0 }
    return try query(PostgreSQLConnection.newestVersion).integer(0, 0).map { Int($0) } ?? 0
  }
}
