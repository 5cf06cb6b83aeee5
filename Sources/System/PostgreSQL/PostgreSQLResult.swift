internal import CPostgreSQL

/// A column of a query's result.
public struct PostgreSQLField: Equatable, Sendable {
  /// Its name.
  public let name: String
  /// The object identifier of its type, as in `pg_type.oid`.
  public let typeID: UInt32

  /// Whether a value read as text is what the server's cast to text gives: spaces that pad it, for one, are not in both.
  public var isTextAsCast: Bool { WireType(rawValue: typeID)?.isTextAsCast ?? false }
}

/// The owner of one result: rows of texts, all in memory.
@safe public struct PostgreSQLResult: ~Copyable {
  private let handle: OpaquePointer?

  init(owning handle: OpaquePointer?) { unsafe self.handle = unsafe handle }

  deinit { unsafe PQclear(handle) }

  var status: ExecStatusType { unsafe PQresultStatus(handle) }

  var isFailure: Bool {
    [PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR, PGRES_PIPELINE_ABORTED].contains(
      status)
  }

  /// The fields of an error, by libpq's codes.
  enum Diagnostic: Character {
    case sqlState = "C"
    case primaryMessage = "M"
  }

  func diagnostic(_ field: Diagnostic) -> String? {
    unsafe PQresultErrorField(handle, Int32(field.rawValue.asciiValue ?? 0)).map {
      unsafe String(cString: $0)
    }
  }

  var fields: [PostgreSQLField] {
    (0..<columnCount).map { column in
      PostgreSQLField(
        name: unsafe PQfname(handle, Int32(column)).map { unsafe String(cString: $0) } ?? "",
        typeID: unsafe PQftype(handle, Int32(column)))
    }
  }

  /// How many rows there are.
  public var rowCount: Int { Int(unsafe PQntuples(handle)) }

  /// How many columns a row has.
  public var columnCount: Int { Int(unsafe PQnfields(handle)) }

  /// How many rows an `INSERT`, `UPDATE`, `DELETE` or `COPY` touched.
  public var affectedRowCount: Int {
    unsafe PQcmdTuples(handle).flatMap { unsafe Int(String(cString: $0)) } ?? 0
  }

  /// The text of a value, or `nil` for null.
  ///
  /// - Precondition: the result has that row and column.
  public func text(_ row: Int, _ column: Int) -> String? {
    precondition(
      row >= 0 && row < rowCount && column >= 0 && column < columnCount, "no such value")
    if unsafe PQgetisnull(handle, Int32(row), Int32(column)) != 0 { return nil }
    return unsafe PQgetvalue(handle, Int32(row), Int32(column)).map { unsafe String(cString: $0) }
  }

  /// A value as a whole number; `nil` for null and for anything else.
  public func integer(_ row: Int, _ column: Int) -> Int64? {
    text(row, column).flatMap { Int64($0) }
  }
}
