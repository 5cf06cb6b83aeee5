internal import PostgreSQL

/// Transactions that show one state of the database to several connections.
extension PostgreSQLConnection {
  /// Runs `body` in a transaction that shows one state of `tables`, for other connections to join.
  func showingOneState<Result>(of tables: [String], _ body: () throws -> Result) throws -> Result {
    let names = try lockableNames(of: tables)
    return try inTransaction(PostgreSQLTransactionStore.readingMode) {
      try lock(names)
      return try body()
    }
  }

  /// Begins such a transaction, which ends with the connection.
  func beginShowingOneState(of tables: [String]) throws(PostgreSQLError) {
    let names = try lockableNames(of: tables)
    try execute("BEGIN \(PostgreSQLTransactionStore.readingMode)")
    try lock(names)
  }

  /// The names of those of `tables` that can be locked, asked for while no state is settled.
  private func lockableNames(of tables: [String]) throws(PostgreSQLError) -> [String] {
    var names: [String] = []
    for table in tables {
      let found = try query(
        """
        SELECT oid::regclass::text FROM pg_class WHERE oid = to_regclass($1)
          AND relkind IN ('r', 'p', 'v') AND has_table_privilege(oid, 'SELECT')
        """, [table])
      if found.rowCount == 1, let name = found.text(0, 0) { names.append(name) }
    }
    return names
  }

  /// Keeps others from emptying or rewriting tables, before the first query settles what the transaction sees: after a `TRUNCATE`,
  /// and some of `ALTER TABLE`, there is nothing to see for whoever settled it before they ended.
  private func lock(_ names: [String]) throws(PostgreSQLError) {
    if names.isEmpty { return }
    try execute("LOCK TABLE \(names.joined(separator: ", ")) IN ACCESS SHARE MODE")
  }

  /// Joins the state `snapshot` of another connection, which holds the tables.
  ///
  /// Nobody can have locked them for himself; but who waits to do so lets nobody pass, and would wait for the other
  /// connection, which waits for this one.
  func join(_ snapshot: String) throws(PostgreSQLError) {
    try execute("SET TRANSACTION SNAPSHOT '\(snapshot)'; SET LOCAL lock_timeout = '5s'")
  }
}
