public import Tabular

/// A CSV file of numbers: a header with the names of the columns, then one row of numbers a line.
///
/// Empty cells and the texts `NaN`, `nan`, `NULL` and `null` are missing values, NaN in the matrix. Columns may also be
/// declared categorical: their texts are only equal or different, and the matrix has their codes (`CategoryCode`).
public struct CSVNumberTable: Sendable {
  /// Names of the columns in the order of the matrix.
  public let columnNames: [String]
  /// Rows × columns.
  public let matrix: Matrix<Double>
  /// The texts of the categories by their codes.
  public let categoryNames: [Double: String]
  private let isCategorical: [Bool]

  /// Reads the file at `path`, plain or gzip, without the columns named in `excluded`; those in `categorical` hold texts.
  ///
  /// - Throws: `CSVError` with line and column of the first cell that holds no number.
  public init(
    path: String, excluding excluded: [String] = [], categorical: [String] = []
  ) throws(CSVError) {
    var records = try CSVRecordReader(path: path)
    let header = try CSVTransactionReader.header(of: &records)
    if let unknown = (excluded + categorical).first(where: { !header.contains($0) }) {
      throw .unknownColumn(unknown, path: path, columns: header)
    }
    let kept = header.indices.filter { !excluded.contains(header[$0]) }
    let isCategorical = kept.map { categorical.contains(header[$0]) }
    var names: [Double: String] = [:]
    var values: [Double] = []
    var rowCount = 0
    while try records.next() {
      try CSVTransactionReader.checkCellCount(of: records, header: header)
      rowCount += 1
      for (place, column) in kept.enumerated() {
        let cell = records.bytes.span.extracting(records.cells[column])
        if isCategorical[place] {
          guard let text = CSVCell.text(cell) else {
            throw .invalidValue(
              path: path, line: records.line, column: header[column], expected: "text in UTF-8")
          }
          let code = Self.isMissing(text) ? .nan : CategoryCode.of(text)
          if !code.isNaN { names[code] = text }
          values.append(code)
          continue
        }
        guard let value = Self.number(cell) else {
          throw .invalidValue(
            path: path, line: records.line, column: header[column],
            expected: "a number (columns of categories are named with --categorical)")
        }
        values.append(value)
      }
    }
    guard rowCount > 0 else { throw .noRows(path: path) }
    categoryNames = names
    self.isCategorical = isCategorical
    columnNames = kept.map { header[$0] }
    matrix = Matrix(rowCount: rowCount, columnCount: kept.count, values: values)
  }

  static func number(_ cell: borrowing Span<UInt8>) -> Double? {
    if let number = CSVCell.number(cell) { return number }
    return CSVCell.text(cell).map(isMissing) == true ? .nan : nil
  }

  /// The row as a line of a CSV file, without its end; categories are written as they were.
  public func line(ofRow row: Int) -> String {
    var line: [UInt8] = []
    for (column, value) in matrix.row(row).enumerated() {
      if column > 0 { line.append(UInt8(ascii: ",")) }
      if value.isNaN { continue }
      if isCategorical[column] {
        CSVTransactionWriter.append(categoryNames[value] ?? "", to: &line)
      } else {
        line += "\(value)".utf8
      }
    }
    return String(decoding: line, as: UTF8.self)
  }

  private static func isMissing(_ text: String) -> Bool {
    ["", "NaN", "nan", "NULL", "null"].contains(text)
  }
}
