internal import CPostgreSQL

extension PostgreSQLConnection {
  /// Streams the rows of a query as typed columns, by `COPY (query) TO STDOUT` in binary form.
  ///
  /// The query's columns are matched by name, so their order does not matter and others may not be there. Memory holds one
  /// batch. When `body` throws, the server is told to stop and the connection stays usable.
  ///
  /// - Parameters:
  ///   - query: One `SELECT` without parameters.
  ///   - requests: The wanted columns; a row's first one, when it is of kind `text`, names the row in errors.
  ///   - specialValues: What NaN and infinity become.
  ///   - rowsPerBatch: How many rows `body` gets at once; the last batch may have fewer.
  ///   - body: Takes the columns, in the order of `requests`, and their number of rows.
  /// - Throws: `PostgreSQLError`: `missingObject` or `unexpectedType` before the first row when the columns are not as wanted,
  ///   `malformedValue` with column and row, `connectionLost` when the stream ends early; and what `body` throws.
  public func copyOut(
    _ query: String, _ requests: [PostgreSQLColumn.Request],
    specialValues: PostgreSQLSpecialValues = .refuse, rowsPerBatch: Int,
    _ body: ([PostgreSQLColumn], _ rowCount: Int) throws -> Void
  ) throws {
    var dictionaries = PostgreSQLDictionaries()
    try copyOut(
      query, requests, specialValues: specialValues, rowsPerBatch: rowsPerBatch,
      keeping: &dictionaries, body)
  }

  /// The same, with texts that are kept for the next query of the same columns.
  public func copyOut(
    _ query: String, _ requests: [PostgreSQLColumn.Request],
    specialValues: PostgreSQLSpecialValues = .refuse, rowsPerBatch: Int,
    keeping dictionaries: inout PostgreSQLDictionaries,
    _ body: ([PostgreSQLColumn], _ rowCount: Int) throws -> Void
  ) throws {
    precondition(rowsPerBatch > 0, "a batch has at least one row")
    let types = try decodableTypes(of: query, requests)
    let selection = requests.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    let statement = "COPY (SELECT \(selection) FROM (\(query)) AS q) TO STDOUT (FORMAT binary)"
    try begin(statement, expecting: PGRES_COPY_OUT)
    var decoder = CopyDecoder(
      requests, types: types, specialValues: specialValues, capacity: rowsPerBatch,
      dictionaries: dictionaries)
    dictionaries = PostgreSQLDictionaries()
    do {
      // A message is decoded when the next one is there, whose texts are asked for first; of two long ones memory holds one.
      var message = try nextCopyMessage(statement)
      while let current = message.take() {
        let looksAhead = current.count <= PostgreSQLColumn.maximumTextByteCount
        if looksAhead {
          message = try nextCopyMessage(statement)
          unsafe message?.withBytes { unsafe decoder.prepare($0) }
        }
        do throws(CopyDecoder.Refusal) {
          try unsafe current.withBytes { (bytes) throws(CopyDecoder.Refusal) in
            try unsafe decoder.decode(bytes)
          }
        } catch {
          throw malformedValue(error, query)
        }
        if decoder.rowCount >= rowsPerBatch {
          let rowCount = decoder.rowCount
          try body(decoder.take(), rowCount)
        }
        if !looksAhead { message = try nextCopyMessage(statement) }
      }
      guard decoder.isComplete else {
        throw PostgreSQLError(
          .connectionLost, message: "the stream of rows ended early", server: server,
          statement: query)
      }
    } catch {
      cancelRunningStatement()
      throw error
    }
    if decoder.rowCount > 0 {
      let rowCount = decoder.rowCount
      try body(decoder.take(), rowCount)
    }
    dictionaries = decoder.dictionaries
  }

  /// Checks the query's columns against what is wanted.
  private func decodableTypes(
    of query: String, _ requests: [PostgreSQLColumn.Request]
  ) throws(PostgreSQLError) -> [WireType] {
    let fields = try describe(query)
    var types: [WireType] = []
    for request in requests {
      guard let field = fields.first(where: { $0.name == request.name }) else {
        throw PostgreSQLError(
          .missingObject, message: "the query has no column \"\(request.name)\"", server: server,
          statement: query)
      }
      var type = WireType(rawValue: field.typeID)
      if type == nil {
        // Labels of enumerations travel as text; their identifiers differ from database to database.
        if try isEnumeration(field.typeID) { type = .text }
      }
      guard let type, type.canBecome(request.kind) else {
        let name =
          try self.query("SELECT format_type($1::oid, NULL)", [String(field.typeID)]).text(0, 0)
        throw PostgreSQLError(
          .unexpectedType,
          message:
            "column \"\(request.name)\" of type \(name ?? "?") cannot be read as \(request.kind)",
          server: server, statement: query)
      }
      types.append(type)
    }
    return types
  }

  private func isEnumeration(_ typeID: UInt32) throws(PostgreSQLError) -> Bool {
    let found = try query(
      "SELECT 1 FROM pg_type WHERE oid = $1::oid AND typtype = 'e'", [String(typeID)])
    return found.rowCount == 1
  }

  private func malformedValue(_ refusal: CopyDecoder.Refusal, _ query: String) -> PostgreSQLError {
    var place = "row \(refusal.row)"
    if let key = refusal.key { place += " (key \(key))" }
    if let column = refusal.column { place += ", column \"\(column)\"" }
    return PostgreSQLError(
      .malformedValue, message: "\(place): the value \(refusal.reason)", server: server,
      statement: query)
  }

  func begin(_ statement: String, expecting status: ExecStatusType) throws(PostgreSQLError) {
    let result = unsafe PostgreSQLResult(owning: PQexec(handle, statement))
    try check(result, statement: statement)
    guard result.status == status else {
      throw PostgreSQLError(
        .statementFailed, message: "the statement is no COPY in this direction", server: server,
        statement: statement)
    }
  }

  /// The next message of a running `COPY … TO STDOUT`; `nil` after its proper end.
  private func nextCopyMessage(_ statement: String) throws(PostgreSQLError) -> CopyMessage? {
    var bytes: UnsafeMutablePointer<CChar>?
    let count = unsafe PQgetCopyData(handle, &bytes, 0)
    if count > 0, let start = unsafe bytes { return unsafe CopyMessage(start, count: Int(count)) }
    let end = try drainResults(statement)
    if count == -2 && end == nil {
      throw PostgreSQLError(
        .connectionLost, message: unsafe String(cString: PQerrorMessage(handle)).trimmed,
        server: server, statement: statement)
    }
    if let end { throw end }
    return nil
  }

  /// Takes what is left of a statement's results; returns the first error among them.
  func drainResults(_ statement: String) throws(PostgreSQLError) -> PostgreSQLError? {
    var failure: PostgreSQLError?
    while let next = unsafe PQgetResult(handle) {
      let result = unsafe PostgreSQLResult(owning: next)
      if result.isFailure && failure == nil { failure = error(from: result, statement: statement) }
      // Still copying: the caller gave up, and nobody will read the rest.
      if result.status == PGRES_COPY_OUT || result.status == PGRES_COPY_IN { break }
    }
    return failure
  }

  /// Asks the server to stop the running `COPY … TO STDOUT` and reads what it has sent already.
  private func cancelRunningStatement() {
    guard isAlive, unsafe PQtransactionStatus(handle) == PQTRANS_ACTIVE else { return }
    if let request = unsafe PQgetCancel(handle) {
      var reason = [CChar](repeating: 0, count: 256)
      unsafe PQcancel(request, &reason, Int32(reason.count))
      unsafe PQfreeCancel(request)
    }
    var bytes: UnsafeMutablePointer<CChar>?
    while unsafe PQgetCopyData(handle, &bytes, 0) > 0 { unsafe PQfreemem(bytes) }
    while let rest = unsafe PQgetResult(handle) { unsafe PQclear(rest) }
  }
}

/// The owner of one message that libpq allocated.
@safe private struct CopyMessage: ~Copyable {
  private let start: UnsafeMutablePointer<CChar>
  let count: Int

  init(_ start: UnsafeMutablePointer<CChar>, count: Int) {
    unsafe self.start = unsafe start
    self.count = count
  }

  deinit { unsafe PQfreemem(start) }

  func withBytes<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
  }
}

/// An identifier in double quotes, safe to stand in a statement.
public func quotedIdentifier(_ name: String) -> String {
  "\"\(name.replacing("\"", with: "\"\""))\""
}

/// A text in single quotes, safe to stand in a statement whatever `standard_conforming_strings` is.
public func quotedLiteral(_ text: String) -> String {
  let quoted = text.replacing("'", with: "''")
  return quoted.contains("\\") ? " E'\(quoted.replacing("\\", with: "\\\\"))'" : "'\(quoted)'"
}
