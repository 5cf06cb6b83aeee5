internal import CPostgreSQL

extension PostgreSQLConnection {
  /// Runs one or more statements without parameters and drops their rows.
  public func execute(_ script: String) throws(PostgreSQLError) {
    let result = unsafe PostgreSQLResult(owning: PQexec(handle, script))
    try check(result, statement: script)
  }

  /// Runs one statement with a text for each of `$1`, `$2`, …; returns how many rows it inserted, changed or deleted.
  @discardableResult
  public func execute(_ statement: String, _ values: [String?]) throws(PostgreSQLError) -> Int {
    let result = try query(statement, values)
    return result.affectedRowCount
  }

  /// Runs one query with a text for each of `$1`, `$2`, … and holds its whole result; for small results.
  public func query(
    _ statement: String, _ values: [String?] = []
  ) throws(PostgreSQLError) -> PostgreSQLResult {
    guard values.allSatisfy({ $0?.utf8.contains(0) != true }) else {
      throw PostgreSQLError(
        .malformedValue, message: "PostgreSQL stores no NUL characters", server: server,
        statement: statement)
    }
    let result = unsafe PostgreSQLResult(
      owning: withCStrings(values) { pointers in
        unsafe PQexecParams(handle, statement, Int32(values.count), nil, pointers, nil, nil, 0)
      })
    try check(result, statement: statement)
    return result
  }

  /// Runs `body` as one transaction: committed when it returns, rolled back when it throws.
  ///
  /// - Parameters:
  ///   - mode: what follows `BEGIN`, such as `ISOLATION LEVEL REPEATABLE READ, READ ONLY`.
  ///   - body: what the transaction does.
  public func inTransaction<Result: ~Copyable>(
    _ mode: String = "", _ body: () throws -> Result
  ) throws -> Result {
    try execute("BEGIN \(mode)")
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // On a broken connection there is nothing to roll back, and the reason that counts is `error`.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// The columns that a query would give, without running it.
  public func describe(_ query: String) throws(PostgreSQLError) -> [PostgreSQLField] {
    try check(
      unsafe PostgreSQLResult(owning: PQprepare(handle, "", query, 0, nil)), statement: query)
    let description = unsafe PostgreSQLResult(owning: PQdescribePrepared(handle, ""))
    try check(description, statement: query)
    return description.fields
  }

  func check(
    _ result: borrowing PostgreSQLResult, statement: String
  ) throws(PostgreSQLError) {
    if !result.isFailure { return }
    throw error(from: result, statement: statement)
  }

  func error(
    from result: borrowing PostgreSQLResult, statement: String
  ) -> PostgreSQLError {
    let sqlState = result.diagnostic(.sqlState)
    var kind = sqlState.map { PostgreSQLError.Kind(sqlState: $0) } ?? .statementFailed
    var message = result.diagnostic(.primaryMessage)?.trimmed
    if !isAlive { kind = .connectionLost }
    // Data exceptions quote the value.
    if sqlState?.hasPrefix("22") == true { message = message?.withoutQuotedParts }
    if message == nil {
      message = unsafe String(cString: PQerrorMessage(handle)).trimmed
    }
    return PostgreSQLError(
      kind, sqlState: sqlState, message: message ?? "no reason given", server: server,
      statement: statement)
  }
}
