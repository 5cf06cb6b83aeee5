/// Reads transactions, and their labels when there are any, from a CSV file, plain or gzip.
public struct CSVTransactionReader: Sendable {
  /// The file.
  public let path: String
  private let mapping: CSVColumnMapping
  private let labelDelay: TimeSpan

  /// Describes what to read; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - path: A CSV file with a header line; gzip is recognised by its content.
  ///   - mapping: Which columns hold which fields.
  ///   - labelDelay: How long after its transaction a label became known, for files that do not say when.
  public init(
    path: String, mapping: CSVColumnMapping = CSVColumnMapping(), labelDelay: TimeSpan = .days(7)
  ) {
    self.path = path
    self.mapping = mapping
    self.labelDelay = labelDelay
  }

  /// Hands over all rows in the order of the file, in batches of at most `batchSize`.
  ///
  /// - Throws: `CSVError` with line and column at the first row that cannot be read; batches handed over before it stand.
  public func forEachBatch(
    batchSize: Int = 65_536, _ body: (TransactionBatch) throws -> Void
  ) throws {
    var records = try CSVRecordReader(path: path)
    guard try records.next() else { throw CSVError.noHeader(path: path) }
    let header = (0..<records.cellCount).map { String(decoding: records.cell($0), as: UTF8.self) }
    let indices = try mapping.indices(in: header, path: path)
    var batch = TransactionBatch()
    var isEmpty = true
    while try records.next() {
      guard records.cellCount == header.count else {
        throw CSVError.malformed(
          path: path, line: records.line,
          reason: "\(records.cellCount) cells where the header has \(header.count)")
      }
      let row = CSVRow(
        header: header, indices: indices, labelDelay: labelDelay)
      batch.append(try row.value(of: records))
      isEmpty = false
      if batch.count == batchSize {
        try body(batch)
        batch = TransactionBatch()
      }
    }
    guard !isEmpty else { throw CSVError.noRows(path: path) }
    if batch.count > 0 { try body(batch) }
  }
}

/// Makes a transaction of the cells of a record.
private struct CSVRow {
  let header: [String]
  let indices: [CSVColumnMapping.Field: Int]
  let labelDelay: TimeSpan

  func value(of record: borrowing CSVRecordReader) throws(CSVError) -> LabelledTransaction {
    let time = try required(.time, record, "a moment such as 2025-12-20T12:00:00Z or Unix seconds")
    {
      Timestamp(parsing: $0)
    }
    let transaction = Transaction(
      id: try required(.id, record, "an identifier") { $0 }, time: time,
      userID: try required(.userID, record, "an identifier") { $0 },
      amount: try required(.amount, record, "a decimal number with at most six decimals") {
        Money(parsing: $0)
      },
      currency: text(.currency, record), merchantID: text(.merchantID, record),
      merchantCategory: text(.merchantCategory, record), terminalID: text(.terminalID, record),
      deviceID: text(.deviceID, record), channel: text(.channel, record),
      location: text(.location, record), latitude: try degrees(.latitude, 90, record),
      longitude: try degrees(.longitude, 180, record))
    return LabelledTransaction(transaction, label: try label(of: record, at: time))
  }

  private func label(
    of record: borrowing CSVRecordReader, at time: Timestamp
  ) throws(CSVError) -> TransactionLabel? {
    let isFraud = try optional(.isFraud, record, "0 or 1") { text -> Bool? in
      switch text {
      case "1", "true", "True", "TRUE": true
      case "0", "false", "False", "FALSE": false
      default: nil
      }
    }
    guard let isFraud else { return nil }
    let knownAt = try optional(.labelledAt, record, "a moment") { Timestamp(parsing: $0) }
    return TransactionLabel(
      isFraud: isFraud, scenario: isFraud ? text(.scenario, record) : nil,
      knownAt: knownAt ?? time + labelDelay)
  }

  private func text(
    _ field: CSVColumnMapping.Field, _ record: borrowing CSVRecordReader
  ) -> String? {
    guard let index = indices[field] else { return nil }
    let cell = record.cell(index)
    return cell.isEmpty ? nil : String(decoding: cell, as: UTF8.self)
  }

  private func optional<Value>(
    _ field: CSVColumnMapping.Field, _ record: borrowing CSVRecordReader, _ expected: String,
    _ parse: (String) -> Value?
  ) throws(CSVError) -> Value? {
    guard let text = text(field, record) else { return nil }
    guard let value = parse(text) else { throw failure(field, record, expected) }
    return value
  }

  private func required<Value>(
    _ field: CSVColumnMapping.Field, _ record: borrowing CSVRecordReader, _ expected: String,
    _ parse: (String) -> Value?
  ) throws(CSVError) -> Value {
    guard let value = try optional(field, record, expected, parse) else {
      throw failure(field, record, expected + ", found nothing")
    }
    return value
  }

  private func degrees(
    _ field: CSVColumnMapping.Field, _ limit: Double, _ record: borrowing CSVRecordReader
  ) throws(CSVError) -> Double? {
    try optional(field, record, "degrees from -\(Int(limit)) to \(Int(limit))") { text in
      Double(text).flatMap { abs($0) <= limit ? $0 : nil }
    }
  }

  private func failure(
    _ field: CSVColumnMapping.Field, _ record: borrowing CSVRecordReader, _ expected: String
  ) -> CSVError {
    .invalidValue(
      path: record.path, line: record.line, column: header[indices[field] ?? 0],
      expected: expected)
  }
}
