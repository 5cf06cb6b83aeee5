public import Tabular

/// A CSV file of numbers: a header with the names of the columns, then one row of numbers a line.
///
/// Empty cells and the texts `NaN`, `nan`, `NULL` and `null` are missing values, NaN in the matrix.
public struct CSVNumberTable: Sendable {
  /// Names of the columns in the order of the matrix.
  public let columnNames: [String]
  /// Rows × columns.
  public let matrix: Matrix<Double>

  /// Reads the file at `path`, plain or gzip, without the columns named in `excluded`.
  ///
  /// - Throws: `CSVError` with line and column of the first cell that holds no number.
  public init(path: String, excluding excluded: [String] = []) throws(CSVError) {
    var records = try CSVRecordReader(path: path)
    let header = try CSVTransactionReader.header(of: &records)
    if let unknown = excluded.first(where: { !header.contains($0) }) {
      throw .unknownColumn(unknown, path: path, columns: header)
    }
    let kept = header.indices.filter { !excluded.contains(header[$0]) }
    var values: [Double] = []
    var rowCount = 0
    while try records.next() {
      try CSVTransactionReader.checkCellCount(of: records, header: header)
      rowCount += 1
      for column in kept {
        let cell = records.bytes.span.extracting(records.cells[column])
        guard let value = Self.number(cell) else {
          throw .invalidValue(
            path: path, line: records.line, column: header[column], expected: "a number")
        }
        values.append(value)
      }
    }
    guard rowCount > 0 else { throw .noRows(path: path) }
    columnNames = kept.map { header[$0] }
    matrix = Matrix(rowCount: rowCount, columnCount: kept.count, values: values)
  }

  static func number(_ cell: borrowing Span<UInt8>) -> Double? {
    if let number = CSVCell.number(cell) { return number }
    return ["", "NaN", "nan", "NULL", "null"].contains(CSVCell.text(cell)) ? .nan : nil
  }
}
