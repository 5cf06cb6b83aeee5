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
      var messages = CopyMessages()
      func decode() throws {
        do throws(CopyDecoder.Refusal) {
          try decoder.decodeAdded()
        } catch {
          throw malformedValue(error, query)
        }
        messages.removeAll()
        guard decoder.rowCount >= rowsPerBatch else { return }
        let rowCount = decoder.rowCount
        try body(decoder.take(), rowCount)
      }
      while let message = unsafe try nextCopyMessage(statement) {
        unsafe messages.own(message)
        do throws(CopyDecoder.Refusal) {
          try unsafe decoder.add(message)
        } catch {
          throw malformedValue(error, query)
        }
        if decoder.isBlockFull || messages.areMany { try decode() }
      }
      try decode()
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

  /// The next message of a running `COPY … TO STDOUT`, which libpq allocated; `nil` after its proper end.
  private func nextCopyMessage(
    _ statement: String
  ) throws(PostgreSQLError) -> UnsafeRawBufferPointer? {
    var bytes: UnsafeMutablePointer<CChar>?
    let count = unsafe PQgetCopyData(handle, &bytes, 0)
    if count > 0 { return unsafe UnsafeRawBufferPointer(start: bytes, count: Int(count)) }
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

/// The owner of the messages whose rows are not decoded yet.
@safe private struct CopyMessages: ~Copyable {
  private var starts: [UnsafeMutableRawPointer?] = unsafe []
  private var byteCount = 0

  /// Whether they fill so much memory that no more should come: a message may have any length.
  var areMany: Bool { byteCount > PostgreSQLColumn.maximumTextByteCount }

  /// Takes over a message that libpq allocated.
  mutating func own(_ message: UnsafeRawBufferPointer) {
    unsafe starts.append(UnsafeMutableRawPointer(mutating: message.baseAddress))
    byteCount += message.count
  }

  mutating func removeAll() {
    unsafe starts.forEach { unsafe PQfreemem($0) }
    unsafe starts.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  deinit { unsafe starts.forEach { unsafe PQfreemem($0) } }
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
