extension TimeSeries {
  /// Reads one series from a CSV file, plain or gzip, in the order of the file.
  ///
  /// - Parameters:
  ///   - path: A file with a header line.
  ///   - timeColumn: The column with the times, in any form that `Timestamp` reads.
  ///   - valueColumn: The column with the values.
  /// - Throws: `CSVError` with line and column of the first cell that is no time or no finite number.
  public init(
    contentsOfCSV path: String, timeColumn: String = "timestamp", valueColumn: String = "value"
  ) throws(CSVError) {
    var records = try CSVRecordReader(path: path)
    guard try records.next() else { throw .noHeader(path: path) }
    let header = records.cells.map { String(decoding: records.bytes[$0], as: UTF8.self) }
    func index(of column: String) throws(CSVError) -> Int {
      guard let index = header.firstIndex(of: column) else {
        throw .unknownColumn(column, path: path, columns: header)
      }
      return index
    }
    let (timeIndex, valueIndex) = try (index(of: timeColumn), index(of: valueColumn))
    self.init()
    while try records.next() {
      guard records.cells.count == header.count else {
        throw .malformed(
          path: path, line: records.line,
          reason: "\(records.cells.count) cells where the header has \(header.count)")
      }
      let cell = records.bytes[records.cells[timeIndex]]
      guard let time = CSVCell.time(cell.span) else {
        throw .invalidValue(
          path: path, line: records.line, column: timeColumn, expected: "a date and time")
      }
      let text = String(decoding: records.bytes[records.cells[valueIndex]], as: UTF8.self)
      guard let value = Double(text), value.isFinite else {
        throw .invalidValue(
          path: path, line: records.line, column: valueColumn, expected: "a finite number")
      }
      timestamps.append(time)
      values.append(value)
    }
    guard !values.isEmpty else { throw .noRows(path: path) }
  }
}
