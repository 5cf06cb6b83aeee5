public import Tabular

/// Rows of numbers with a key of each, which does not depend on the row's place.
public struct KeyedRows: Equatable, Sendable {
  /// One key a row.
  public var keys: [UInt64]
  /// Rows × columns; NaN is a missing value.
  public var matrix: Matrix<Double>
  /// The texts that the keys are hashes of, where they are.
  public var ids: [String]?

  /// Joins rows with the identifiers whose hashes are their keys.
  ///
  /// - Precondition: there is an identifier for each row.
  public init(ids: [String], matrix: Matrix<Double>) {
    self.init(keys: ids.map { StableHash.of($0) }, matrix: matrix)
    self.ids = ids
  }

  /// What a row is called in results.
  public func name(_ row: Int) -> String { ids?[row] ?? String(Int64(bitPattern: keys[row])) }

  /// Joins rows with their keys.
  ///
  /// - Precondition: there is a key for each row.
  public init(keys: [UInt64], matrix: Matrix<Double>) {
    precondition(keys.count == matrix.rowCount, "every row has a key")
    self.keys = keys
    self.matrix = matrix
  }

  /// A key made of the values of a row alone.
  public static func key(of row: some Sequence<Double>) -> UInt64 {
    row.reduce(0x9E37_79B9_7F4A_7C15) { SeededGenerator.mix($0 ^ ($1 + 0).bitPattern) }
  }
}

/// Reads a CSV file of numbers batch by batch, in memory that does not grow with the file.
public struct CSVNumberReader: Sendable {
  private let path: String
  private let columns: [String]
  private let key: String?

  /// Describes what is read of the file at `path`.
  ///
  /// - Parameters:
  ///   - columns: Names of the columns, in the order in which they are wanted; all but the key when empty.
  ///   - key: The column whose text identifies a row; without one its values do.
  public init(path: String, columns: [String], key: String?) {
    self.path = path
    self.columns = columns
    self.key = key
  }

  /// The names of the columns that will be read.
  ///
  /// - Throws: `CSVError` when the file has no header or lacks a column.
  public func columnNames() throws(CSVError) -> [String] {
    var records = try CSVRecordReader(path: path)
    return try names(in: CSVTransactionReader.header(of: &records))
  }

  private func names(in header: [String]) throws(CSVError) -> [String] {
    for name in columns + (key.map { [$0] } ?? []) where !header.contains(name) {
      throw .unknownColumn(name, path: path, columns: header)
    }
    return columns.isEmpty ? header.filter { $0 != key } : columns
  }

  /// Lends the rows in the order of the file.
  ///
  /// - Throws: `CSVError` with line and column of the first cell that holds no number; and what `body` throws.
  public func forEachBatch(
    rowsPerBatch: Int = 16_384, _ body: (KeyedRows) throws -> Void
  ) throws {
    var records = try CSVRecordReader(path: path)
    let header = try CSVTransactionReader.header(of: &records)
    let kept = try names(in: header).compactMap { header.firstIndex(of: $0) }
    let keyColumn = key.flatMap { header.firstIndex(of: $0) }
    var ids: [String] = []
    var keys: [UInt64] = []
    var values: [Double] = []
    func flush() throws {
      let rowCount = keyColumn == nil ? keys.count : ids.count
      if rowCount == 0 { return }
      let matrix = Matrix(rowCount: rowCount, columnCount: kept.count, values: values)
      try body(
        keyColumn == nil
          ? KeyedRows(keys: keys, matrix: matrix) : KeyedRows(ids: ids, matrix: matrix))
      ids.removeAll(keepingCapacity: true)
      keys.removeAll(keepingCapacity: true)
      values.removeAll(keepingCapacity: true)
    }
    while try records.next() {
      try CSVTransactionReader.checkCellCount(of: records, header: header)
      for column in kept {
        let cell = records.bytes.span.extracting(records.cells[column])
        guard let value = CSVNumberTable.number(cell) else {
          throw CSVError.invalidValue(
            path: path, line: records.line, column: header[column], expected: "a number")
        }
        values.append(value)
      }
      if let keyColumn {
        let cell = records.bytes[records.cells[keyColumn]]
        ids.append(String(decoding: cell, as: UTF8.self))
      } else {
        keys.append(KeyedRows.key(of: values.suffix(kept.count)))
      }
      if values.count == rowsPerBatch * kept.count { try flush() }
    }
    try flush()
  }
}
