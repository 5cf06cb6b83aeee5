internal import CPostgreSQL

extension PostgreSQLConnection {
  /// Inserts rows into a table by `COPY … FROM STDIN` in binary form; returns how many.
  ///
  /// All rows arrive or none: when `body` throws, the server drops what it got.
  ///
  /// - Parameters:
  ///   - table: The table's name.
  ///   - columns: The columns that each row has, in order.
  ///   - rowCount: How many rows there will be.
  ///   - body: Writes one row; called with 0, 1, 2, …
  @discardableResult
  public func copyIn(
    _ table: String, _ columns: [String], rowCount: Int,
    _ body: (_ row: Int, inout PostgreSQLCopyWriter) throws -> Void
  ) throws -> Int {
    let names = columns.map(quotedIdentifier).joined(separator: ", ")
    let statement = "COPY \(quotedIdentifier(table)) (\(names)) FROM STDIN (FORMAT binary)"
    try begin(statement, expecting: PGRES_COPY_IN)
    var writer = PostgreSQLCopyWriter(columnCount: columns.count)
    do {
      for row in 0..<rowCount {
        writer.beginRow()
        try body(row, &writer)
        if writer.buffer.count >= 65_536 { try send(&writer, statement) }
      }
      writer.finish()
      try send(&writer, statement)
    } catch {
      unsafe PQputCopyEnd(handle, "the client gave up")
      let cause = try? drainResults(statement)
      // A connection that broke says more than the failed send.
      throw isAlive ? error : (cause ?? error)
    }
    guard unsafe PQputCopyEnd(handle, nil) == 1 else { throw connectionLost(statement) }
    var copied = 0
    var failure: PostgreSQLError?
    while let next = unsafe PQgetResult(handle) {
      let result = unsafe PostgreSQLResult(owning: next)
      copied += result.affectedRowCount
      if result.isFailure && failure == nil { failure = error(from: result, statement: statement) }
    }
    if let failure { throw failure }
    guard isAlive else { throw connectionLost(statement) }
    return copied
  }

  private func send(
    _ writer: inout PostgreSQLCopyWriter, _ statement: String
  ) throws(PostgreSQLError) {
    let sent = unsafe writer.buffer.withUnsafeBytes { bytes in
      unsafe PQputCopyData(
        handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
    }
    writer.buffer.removeAll(keepingCapacity: true)
    if sent != 1 { throw connectionLost(statement) }
  }

  private func connectionLost(_ statement: String) -> PostgreSQLError {
    PostgreSQLError(
      .connectionLost, message: unsafe String(cString: PQerrorMessage(handle)).trimmed,
      server: server, statement: statement)
  }
}
