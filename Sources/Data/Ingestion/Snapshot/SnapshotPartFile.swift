internal import Files
public import Transactions

/// One part of a snapshot whose rows are read in pieces, so that memory holds a piece and the part's dictionaries.
struct SnapshotPartFile: ~Copyable {
  private let path: String
  private let file: SafetensorsFile
  private var dictionaries: [SnapshotColumn: [String]] = [:]

  /// Opens the part in the file `path`.
  ///
  /// - Throws: `IngestionError.corruptSnapshot`.
  init(_ path: String, rowCount: Int) throws(IngestionError) {
    file = try Self.opened(path, rowCount)
    self.path = path
  }

  private static func opened(
    _ path: String, _ rowCount: Int
  ) throws(IngestionError) -> SafetensorsFile {
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(path)
    } catch {
      throw .corruptSnapshot(path: path, reason: "\(error)")
    }
    var reason: String?
    if file.metadata["format"] != SnapshotPart.format {
      reason = "not a part of format \(SnapshotPart.format)"
    }
    let names =
      SnapshotColumn.allCases.filter { $0 != .id && !SnapshotColumn.texts.contains($0) }
      .map(\.rawValue) + SnapshotColumn.texts.map { "\($0.rawValue).codes" }
    for name in names where file.count(of: name) != rowCount {
      reason = "\(name) has not \(rowCount) rows"
    }
    if file.count(of: "\(SnapshotColumn.id.rawValue).offsets") != rowCount + 1 {
      reason = "tx_id.offsets has not \(rowCount + 1) values"
    }
    if let reason { throw .corruptSnapshot(path: path, reason: reason) }
    return file
  }

  private func damaged(_ reason: String) -> IngestionError {
    .corruptSnapshot(path: path, reason: reason)
  }

  private func elements(
    _ name: String, _ range: Range<Int>
  ) throws(IngestionError) -> Tensor.Elements {
    do {
      return try file.elements(of: name, in: range)
    } catch {
      throw damaged("\(error)")
    }
  }

  /// The integers of the column in `rows`.
  func integers(_ column: SnapshotColumn, _ rows: Range<Int>) throws(IngestionError) -> [Int64] {
    try integers(column.rawValue, rows)
  }

  private func integers(
    _ name: String, _ range: Range<Int>
  ) throws(IngestionError) -> [Int64] {
    guard case .int64(let values) = try elements(name, range) else {
      throw damaged("no int64 array \(name)")
    }
    return values
  }

  private func doubles(
    _ column: SnapshotColumn, _ rows: Range<Int>
  ) throws(IngestionError) -> [Double] {
    guard case .float64(let values) = try elements(column.rawValue, rows) else {
      throw damaged("no float64 array \(column.rawValue)")
    }
    return values
  }

  /// The texts of number `range` of the array `name`.
  private func texts(
    _ name: String, _ range: Range<Int>
  ) throws(IngestionError) -> [String] {
    let offsets = try integers("\(name).offsets", range.lowerBound..<range.upperBound + 1)
    guard let first = offsets.first, let last = offsets.last, first >= 0, first <= last,
      case .uint8(let bytes) = try elements("\(name).bytes", Int(first)..<Int(last))
    else { throw damaged("\(name) is not a list of texts") }
    var texts: [String] = []
    texts.reserveCapacity(range.count)
    var start = 0
    for offset in offsets.dropFirst() {
      let end = Int(offset - first)
      guard end >= start, end <= bytes.count,
        let text = try? UTF8Span(validating: bytes.span.extracting(start..<end))
      else { throw damaged("\(name) is not a list of texts") }
      texts.append(String(copying: text))
      start = end
    }
    return texts
  }

  /// The texts of the column in `rows`, with the dictionary of the whole part.
  mutating func texts(
    of column: SnapshotColumn, _ rows: Range<Int>
  ) throws(IngestionError) -> TextColumn {
    let name = column.rawValue
    if dictionaries[column] == nil {
      let count = (file.count(of: "\(name).offsets") ?? 1) - 1
      dictionaries[column] = try texts(name, 0..<max(0, count))
    }
    let dictionary = dictionaries[column] ?? []
    guard case .int32(let codes) = try elements("\(name).codes", rows),
      codes.allSatisfy({ $0 >= -1 && Int($0) < dictionary.count })
    else { throw damaged("\(name).codes does not fit its dictionary") }
    return TextColumn(codes: codes, dictionary: dictionary)
  }

  /// The rows `rows` of the part.
  mutating func batch(_ rows: Range<Int>) throws(IngestionError) -> TransactionBatch {
    var batch = TransactionBatch()
    batch.times = try integers(.occurredAt, rows)
    batch.amounts = try integers(.amount, rows)
    batch.latitudes = try doubles(.latitude, rows)
    batch.longitudes = try doubles(.longitude, rows)
    batch.labelTimes = try integers(.labelledAt, rows)
    guard case .int8(let labels) = try elements(SnapshotColumn.isFraud.rawValue, rows) else {
      throw damaged("no int8 array \(SnapshotColumn.isFraud.rawValue)")
    }
    batch.labels = labels
    batch.ids = try texts(SnapshotColumn.id.rawValue, rows)
    for column in SnapshotColumn.texts {
      batch[keyPath: column.texts] = try texts(of: column, rows)
    }
    guard !batch.users.codes.contains(-1) else { throw damaged("a user is missing") }
    return batch
  }
}

extension Snapshot {
  /// Lends the rows `range` piece by piece, in their order, with the number of each piece's first row.
  ///
  /// Memory holds one piece and the dictionaries of one part, however many rows a part has.
  ///
  /// - Throws: `IngestionError.corruptSnapshot`, or what `body` throws.
  public func forEachPiece(
    in range: Range<Int>, pieceRowCount: Int = 32_768,
    _ body: (_ firstRow: Int, TransactionBatch) throws -> Void
  ) throws {
    try forEachPartPiece(in: range, pieceRowCount: pieceRowCount) {
      (part: inout SnapshotPartFile, first, rows) throws in
      let batch = try part.batch(rows)
      try body(first + rows.lowerBound, asOf.map { batch.seen(asOf: $0) } ?? batch)
    }
  }

  /// Lends the pieces of the rows `range` as a part with the number of its first row and a range of its rows.
  func forEachPartPiece(
    in range: Range<Int>, pieceRowCount: Int = 32_768,
    _ body: (inout SnapshotPartFile, _ first: Int, Range<Int>) throws -> Void
  ) throws {
    var first = 0
    for part in manifest.parts where first < range.upperBound {
      let own = range.clamped(to: first..<first + part.rowCount)
      if !own.isEmpty {
        var file = try SnapshotPartFile(path + "/" + part.file, rowCount: part.rowCount)
        for start in stride(from: own.lowerBound, to: own.upperBound, by: pieceRowCount) {
          let end = min(start + pieceRowCount, own.upperBound)
          try body(&file, first, start - first..<end - first)
        }
      }
      first += part.rowCount
    }
  }
}
