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

  static func header(of records: inout CSVRecordReader) throws(CSVError) -> [String] {
    guard try records.next() else { throw .noHeader(path: records.path) }
    return records.cells.map { String(decoding: records.bytes[$0], as: UTF8.self) }
  }

  /// - Throws: `CSVError.malformed` when the current record has more or fewer cells than the header.
  static func checkCellCount(
    of records: borrowing CSVRecordReader, header: [String]
  ) throws(CSVError) {
    guard records.cells.count == header.count else {
      throw .malformed(
        path: records.path, line: records.line,
        reason: "\(records.cells.count) cells where the header has \(header.count)")
    }
  }

  /// Hands over all rows in the order of the file, in batches of at most `batchSize`.
  ///
  /// - Throws: `CSVError` with line and column at the first row that cannot be read; batches handed over before it stand.
  public func forEachBatch(
    batchSize: Int = 65_536, _ body: (TransactionBatch) throws -> Void
  ) throws {
    var records = try CSVRecordReader(path: path)
    let header = try Self.header(of: &records)
    let columns = CSVColumns(
      path: path, header: header, indices: try mapping.indices(in: header, path: path),
      labelDelay: labelDelay)
    var batch = TransactionBatch()
    var isEmpty = true
    while try records.next() {
      try Self.checkCellCount(of: records, header: header)
      if isEmpty || batch.count == batchSize {
        if !isEmpty { try body(batch) }
        batch = TransactionBatch()
        batch.reserveCapacity(batchSize)
        isEmpty = false
      }
      try columns.append(records, to: &batch)
    }
    guard !isEmpty else { throw CSVError.noRows(path: path) }
    try body(batch)
  }
}

/// Which cell holds what, and how a record becomes a row.
private struct CSVColumns {
  private let path: String
  private let header: [String]
  private let labelDelay: TimeSpan
  private let id, time, user, amount, currency, merchant, category, terminal, device: Int
  private let channel, location, latitude, longitude, isFraud, scenario, labelledAt: Int

  init(
    path: String, header: [String], indices: [CSVColumnMapping.Field: Int], labelDelay: TimeSpan
  ) {
    func index(_ field: CSVColumnMapping.Field) -> Int { indices[field] ?? -1 }
    self.path = path
    self.header = header
    self.labelDelay = labelDelay
    id = index(.id)
    time = index(.time)
    user = index(.userID)
    amount = index(.amount)
    currency = index(.currency)
    merchant = index(.merchantID)
    category = index(.merchantCategory)
    terminal = index(.terminalID)
    device = index(.deviceID)
    channel = index(.channel)
    location = index(.location)
    latitude = index(.latitude)
    longitude = index(.longitude)
    isFraud = index(.isFraud)
    scenario = index(.scenario)
    labelledAt = index(.labelledAt)
  }

  func append(
    _ record: borrowing CSVRecordReader, to batch: inout TransactionBatch
  ) throws(CSVError) {
    let row = Row(columns: self, line: record.line, cells: record.cells)
    let bytes = record.bytes.span
    let moment = try row.required(
      time, bytes, "a moment such as 2025-12-20T12:00:00Z or Unix seconds", CSVCell.time)
    batch.ids.append(try row.required(id, bytes, "an identifier", CSVCell.text))
    batch.times.append(moment.microseconds)
    let money = try row.required(amount, bytes, "a decimal number", CSVCell.amount)
    batch.amounts.append(money.millionths)
    _ = try row.required(user, bytes, "an identifier") { _ in true }
    try row.append(user, bytes, to: &batch.users)
    try row.append(currency, bytes, to: &batch.currencies)
    try row.append(merchant, bytes, to: &batch.merchants)
    try row.append(category, bytes, to: &batch.merchantCategories)
    try row.append(terminal, bytes, to: &batch.terminals)
    try row.append(device, bytes, to: &batch.devices)
    try row.append(channel, bytes, to: &batch.channels)
    try row.append(location, bytes, to: &batch.locations)
    let degrees = "a number of degrees"
    batch.latitudes.append(
      try row.optional(latitude, bytes, degrees, CSVCell.number) ?? .nan)
    batch.longitudes.append(
      try row.optional(longitude, bytes, degrees, CSVCell.number) ?? .nan)
    let fraud = try row.optional(isFraud, bytes, "0 or 1", CSVCell.flag)
    batch.labels.append(fraud.map { $0 ? 1 : 0 } ?? -1)
    if let fraud {
      let known = try row.optional(labelledAt, bytes, "a moment", CSVCell.time)
      batch.labelTimes.append((known ?? moment + labelDelay).microseconds)
      // Files that number their scenarios give genuine rows a number too.
      try row.append(fraud ? scenario : -1, bytes, to: &batch.scenarios)
    } else {
      batch.labelTimes.append(.max)
      batch.scenarios.append(nil)
    }
  }

  /// The cells of one record; columns that the file does not have are −1.
  private struct Row {
    let columns: CSVColumns
    let line: Int
    let cells: [Range<Int>]

    func append(
      _ column: Int, _ bytes: borrowing Span<UInt8>, to texts: inout TextColumn
    ) throws(CSVError) {
      guard column >= 0, !cells[column].isEmpty else {
        texts.append(nil)
        return
      }
      guard texts.append(utf8: bytes.extracting(cells[column])) else {
        throw failure(column, "UTF-8 text")
      }
    }

    func optional<Value>(
      _ column: Int, _ bytes: borrowing Span<UInt8>, _ expected: String,
      _ parse: (borrowing Span<UInt8>) -> Value?
    ) throws(CSVError) -> Value? {
      guard column >= 0, !cells[column].isEmpty else { return nil }
      guard let value = parse(bytes.extracting(cells[column])) else {
        throw failure(column, expected)
      }
      return value
    }

    func required<Value>(
      _ column: Int, _ bytes: borrowing Span<UInt8>, _ expected: String,
      _ parse: (borrowing Span<UInt8>) -> Value?
    ) throws(CSVError) -> Value {
      guard let value = try optional(column, bytes, expected, parse) else {
        throw failure(column, expected + ", found nothing")
      }
      return value
    }

    private func failure(_ column: Int, _ expected: String) -> CSVError {
      .invalidValue(
        path: columns.path, line: line, column: columns.header[column], expected: expected)
    }
  }
}
