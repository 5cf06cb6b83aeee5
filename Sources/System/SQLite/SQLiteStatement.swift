internal import CSQLite

/// The owner of one compiled statement; dropping it releases it.
///
/// Bind, then `step()` until it answers false; `reset()` makes it ready for the next values. Columns are read between two
/// steps. Placeholders count from 1, columns from 0.
@safe public struct SQLiteStatement: ~Copyable {
  /// The statement as written.
  public let text: String
  private let database: String
  private let handle: OpaquePointer

  init(owning handle: OpaquePointer, text: String, database: String) {
    unsafe self.handle = unsafe handle
    self.text = text
    self.database = database
  }

  deinit { unsafe sqlite3_finalize(handle) }

  /// Runs the statement with these values, drops its rows, and resets it; returns how many rows changed.
  @discardableResult
  public mutating func run(_ values: [SQLiteValue]) throws(SQLiteError) -> Int {
    try bind(values)
    return try run()
  }

  /// Runs the statement with the values bound so far, drops its rows, and resets it; returns how many rows changed.
  @discardableResult
  public mutating func run() throws(SQLiteError) -> Int {
    while try step() {}
    let changed =
      unsafe sqlite3_stmt_readonly(handle) != 0
      ? 0 : Int(sqlite3_changes64(sqlite3_db_handle(handle)))
    reset()
    return changed
  }

  /// Advances to the next row; false after the last one.
  ///
  /// - Throws: `SQLiteError`; the statement is reset then.
  public mutating func step() throws(SQLiteError) -> Bool {
    let code = unsafe sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE { return false }
    let error = lastError()
    unsafe sqlite3_reset(handle)
    throw error
  }

  /// Makes the statement ready to run again; the bound values stay.
  public mutating func reset() { unsafe sqlite3_reset(handle) }

  // MARK: Placeholders

  /// Binds one value to each placeholder, in order.
  ///
  /// - Precondition: there are as many values as placeholders.
  public mutating func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
    precondition(
      values.count == Int(unsafe sqlite3_bind_parameter_count(handle)),
      "as many values as placeholders, please: \(text)")
    for (index, value) in values.enumerated() { try bind(value, at: index + 1) }
  }

  /// Binds a value to the placeholder `index`.
  public mutating func bind(_ value: SQLiteValue, at index: Int) throws(SQLiteError) {
    switch value {
    case .null: try bindNull(at: index)
    case .integer(let number): try bind(number, at: index)
    case .real(let number): try bind(number, at: index)
    case .text(let text): try bind(text, at: index)
    case .blob(let bytes): try bind(bytes, at: index)
    }
  }

  /// Binds a whole number.
  public mutating func bind(_ number: Int64, at index: Int) throws(SQLiteError) {
    try check(unsafe sqlite3_bind_int64(handle, Int32(index), number))
  }

  /// Binds a floating-point number; SQLite stores NaN as null.
  public mutating func bind(_ number: Double, at index: Int) throws(SQLiteError) {
    try check(unsafe sqlite3_bind_double(handle, Int32(index), number))
  }

  /// Binds a text.
  public mutating func bind(_ text: String, at index: Int) throws(SQLiteError) {
    var text = text
    try check(
      text.withUTF8 { bytes in
        unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
          unsafe sqlite3_bind_text64(
            handle, Int32(index), characters.baseAddress, UInt64(characters.count),
            anomalyze_sqlite_transient(), UInt8(SQLITE_UTF8))
        }
      })
  }

  /// Binds bytes.
  public mutating func bind(_ bytes: [UInt8], at index: Int) throws(SQLiteError) {
    try check(
      unsafe bytes.isEmpty
        ? sqlite3_bind_zeroblob(handle, Int32(index), 0)
        : bytes.withUnsafeBytes { buffer in
          unsafe sqlite3_bind_blob64(
            handle, Int32(index), buffer.baseAddress, UInt64(buffer.count),
            anomalyze_sqlite_transient())
        })
  }

  /// Binds null.
  public mutating func bindNull(at index: Int) throws(SQLiteError) {
    try check(unsafe sqlite3_bind_null(handle, Int32(index)))
  }

  // MARK: Columns of the current row

  /// How many columns a row has.
  public var columnCount: Int { Int(unsafe sqlite3_column_count(handle)) }

  /// Name of a column.
  public func columnName(at index: Int) -> String {
    unsafe sqlite3_column_name(handle, Int32(index)).map { unsafe String(cString: $0) } ?? ""
  }

  /// True when the value is null.
  public func isNull(at index: Int) -> Bool {
    unsafe sqlite3_column_type(handle, Int32(index)) == SQLITE_NULL
  }

  /// The whole number; SQLite converts other kinds, null gives 0.
  public func integer(at index: Int) -> Int64 { unsafe sqlite3_column_int64(handle, Int32(index)) }

  /// The number; SQLite converts other kinds, null gives 0.
  public func double(at index: Int) -> Double { unsafe sqlite3_column_double(handle, Int32(index)) }

  /// The text, with replacement characters for bytes that are not UTF-8; null gives the empty text.
  public func text(at index: Int) -> String {
    withText(at: index) {
      unsafe $0.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
  }

  /// The bytes of a text or blob; null gives none.
  public func blob(at index: Int) -> [UInt8] {
    let count = Int(unsafe sqlite3_column_bytes(handle, Int32(index)))
    guard count > 0, let start = unsafe sqlite3_column_blob(handle, Int32(index)) else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Lends the UTF-8 bytes of a text without copying them; null gives an empty span.
  public func withText<Result, Failure: Error>(
    at index: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = unsafe sqlite3_column_text(handle, Int32(index))
    let count = Int(unsafe sqlite3_column_bytes(handle, Int32(index)))
    let bytes = unsafe UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)
    return try body(unsafe Span(_unsafeElements: bytes))
  }

  /// The value with its kind.
  public func value(at index: Int) -> SQLiteValue {
    switch unsafe sqlite3_column_type(handle, Int32(index)) {
    case SQLITE_INTEGER: .integer(integer(at: index))
    case SQLITE_FLOAT: .real(double(at: index))
    case SQLITE_TEXT: .text(text(at: index))
    case SQLITE_BLOB: .blob(blob(at: index))
    default: .null
    }
  }

  private func check(_ code: Int32) throws(SQLiteError) {
    if code != SQLITE_OK { throw lastError() }
  }

  private func lastError() -> SQLiteError {
    let connection = unsafe sqlite3_db_handle(handle)
    return SQLiteError(
      code: unsafe sqlite3_extended_errcode(connection),
      message: unsafe String(cString: sqlite3_errmsg(connection)), database: database,
      statement: text)
  }
}

extension SQLiteStatement {
  /// The text, or `nil` for null.
  public func optionalText(at index: Int) -> String? { isNull(at: index) ? nil : text(at: index) }

  /// The whole number, or `nil` for null.
  public func optionalInteger(at index: Int) -> Int64? {
    isNull(at: index) ? nil : integer(at: index)
  }

  /// The number, or `nil` for null.
  public func optionalDouble(at index: Int) -> Double? {
    isNull(at: index) ? nil : double(at: index)
  }
}
