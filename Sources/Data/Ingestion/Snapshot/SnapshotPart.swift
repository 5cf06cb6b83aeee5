internal import Files
internal import Transactions

/// How the rows of one part lie in a safetensors archive, format `anomalyze-snapshot-part/1`.
///
/// Numbers: `occurred_at` and `labelled_at` (int64, microseconds since 1970 UTC; `labelled_at` is the largest int64 where
/// nothing is known), `amount` (int64, millionths), `latitude`, `longitude` (float64, NaN unknown), `is_fraud` (int8: 1
/// fraud, 0 genuine, −1 unknown). Identifiers: `tx_id.bytes` (UTF-8 end to end) and `tx_id.offsets` (int64, rows + 1).
/// Texts: `<column>.codes` (int32, −1 missing) into a dictionary of `<column>.bytes` and `<column>.offsets`, in order of first
/// appearance. Rows are in canonical order. Equal rows have equal bytes.
enum SnapshotPart {
  static let format = "anomalyze-snapshot-part/1"

  static func archive(of batch: TransactionBatch) -> SafetensorsArchive {
    var wide: [Tensor] = [
      Tensor("occurred_at", .int64(batch.times)), Tensor("amount", .int64(batch.amounts)),
      Tensor("latitude", .float64(batch.latitudes)),
      Tensor("longitude", .float64(batch.longitudes)),
      Tensor("labelled_at", .int64(batch.labelTimes)),
    ]
    var codes: [Tensor] = []
    var narrow: [Tensor] = [Tensor("is_fraud", .int8(batch.labels))]
    func add(_ texts: [String], _ name: String) {
      var bytes: [UInt8] = []
      var offsets: [Int64] = [0]
      offsets.reserveCapacity(texts.count + 1)
      for text in texts {
        bytes += text.utf8
        offsets.append(Int64(bytes.count))
      }
      wide.append(Tensor("\(name).offsets", .int64(offsets)))
      narrow.append(Tensor("\(name).bytes", .uint8(bytes)))
    }
    add(batch.ids, SnapshotColumn.id.rawValue)
    for column in SnapshotColumn.texts {
      let texts = batch.texts(of: column)
      codes.append(Tensor("\(column.rawValue).codes", .int32(texts.codes)))
      add(texts.dictionary, column.rawValue)
    }
    // From the widest elements to the narrowest, so that every array is aligned in a mapped file.
    return SafetensorsArchive(metadata: ["format": format], tensors: wide + codes + narrow)
  }

  /// Reads the part in `file`; everything is checked before it is used.
  static func read(_ file: String, rowCount: Int) throws(IngestionError) -> TransactionBatch {
    var whole = TransactionBatch()
    do {
      try forEachBatch(in: file, rowCount: rowCount, rowsPerBatch: max(rowCount, 1)) { whole = $0 }
    } catch let error as IngestionError {
      throw error
    } catch {
      throw .corruptSnapshot(path: file, reason: "\(error)")
    }
    return whole
  }

  /// Lends the rows of the part in `file`, at most `rowsPerBatch` at once; memory follows these and the texts of the part.
  ///
  /// The batches have the dictionaries of the part. Everything is checked before it is used.
  ///
  /// - Throws: `IngestionError.corruptSnapshot`, or what `body` throws.
  static func forEachBatch(
    in file: String, rowCount: Int, rowsPerBatch: Int, _ body: (TransactionBatch) throws -> Void
  ) throws {
    var reader: PartReader
    do {
      reader = try PartReader(MappedArchive(file))
    } catch {
      throw IngestionError.corruptSnapshot(path: file, reason: "\(error)")
    }
    guard reader.archive.metadata["format"] == format else {
      throw IngestionError.corruptSnapshot(path: file, reason: "not a part of format \(format)")
    }
    reader.check(rowCount: rowCount)
    for column in SnapshotColumn.texts { reader.readDictionary(column) }
    for start in stride(from: 0, to: rowCount, by: rowsPerBatch) {
      let batch = reader.batch(start..<min(start + rowsPerBatch, rowCount))
      if let failure = reader.failures.first {
        throw IngestionError.corruptSnapshot(path: file, reason: failure)
      }
      reader.archive.forget()
      try body(batch)
    }
    if let failure = reader.failures.first {
      throw IngestionError.corruptSnapshot(path: file, reason: failure)
    }
  }
}

/// Takes arrays out of an archive and notes what does not fit.
private struct PartReader: ~Copyable {
  let archive: MappedArchive
  var failures: [String] = []
  private var dictionaries: [SnapshotColumn: (texts: [String], lineage: TextLineage)] = [:]

  init(_ archive: consuming MappedArchive) { self.archive = archive }

  /// Notes every array that has not one element a row.
  mutating func check(rowCount: Int) {
    let numbers: [SnapshotColumn] = [
      .occurredAt, .amount, .latitude, .longitude, .labelledAt, .isFraud,
    ]
    let names =
      numbers.map(\.rawValue) + SnapshotColumn.texts.map { "\($0.rawValue).codes" }
    for name in names where archive.count(of: name) != rowCount {
      failures.append("\(name) has not one element a row")
    }
    if archive.count(of: "\(SnapshotColumn.id.rawValue).offsets") != rowCount + 1 {
      failures.append("there is not one identifier a row")
    }
  }

  mutating func readDictionary(_ column: SnapshotColumn) {
    let count = archive.count(of: "\(column.rawValue).offsets") ?? 0
    let texts = texts(column.rawValue, 0..<max(count - 1, 0), isWhole: true)
    dictionaries[column] = (texts, TextLineage())
  }

  mutating func batch(_ rows: Range<Int>) -> TransactionBatch {
    var batch = TransactionBatch()
    batch.times = int64s("occurred_at", rows)
    batch.amounts = int64s("amount", rows)
    batch.latitudes = float64s("latitude", rows)
    batch.longitudes = float64s("longitude", rows)
    batch.labelTimes = int64s("labelled_at", rows)
    batch.labels = int8s("is_fraud", rows)
    let isWhole = rows.count + 1 == archive.count(of: "\(SnapshotColumn.id.rawValue).offsets")
    batch.ids = texts(SnapshotColumn.id.rawValue, rows, isWhole: isWhole)
    for column in SnapshotColumn.texts { batch[keyPath: column.texts] = self.column(column, rows) }
    if batch.users.codes.contains(-1) { failures.append("a user is missing") }
    return batch
  }

  private mutating func int64s(_ name: String, _ range: Range<Int>) -> [Int64] {
    if case .int64(let values)? = archive.elements(of: name, range) { return values }
    failures.append("no int64 array \(name)")
    return []
  }

  private mutating func float64s(_ name: String, _ range: Range<Int>) -> [Double] {
    if case .float64(let values)? = archive.elements(of: name, range) { return values }
    failures.append("no float64 array \(name)")
    return []
  }

  private mutating func int8s(_ name: String, _ range: Range<Int>) -> [Int8] {
    if case .int8(let values)? = archive.elements(of: name, range) { return values }
    failures.append("no int8 array \(name)")
    return []
  }

  /// The texts with the given indices; when these are all, they must span their bytes.
  private mutating func texts(_ name: String, _ range: Range<Int>, isWhole: Bool) -> [String] {
    let offsets = int64s("\(name).offsets", range.lowerBound..<range.upperBound + 1)
    guard let first = offsets.first, let last = offsets.last, first >= 0, first <= last,
      case .uint8(let bytes)? = archive.elements(of: "\(name).bytes", Int(first)..<Int(last))
    else {
      failures.append("\(name).offsets does not fit its bytes")
      return []
    }
    if isWhole && (first != 0 || archive.count(of: "\(name).bytes") != Int(last)) {
      failures.append("\(name).offsets does not span its bytes")
      return []
    }
    var texts: [String] = []
    texts.reserveCapacity(range.count)
    var start = 0
    for offset in offsets.dropFirst() {
      // No difference may overflow, whatever the file holds.
      let end = offset < first ? -1 : Int(offset - first)
      guard end >= start, end <= bytes.count,
        let text = try? UTF8Span(validating: bytes.span.extracting(start..<end))
      else {
        failures.append("\(name) is not a list of texts")
        return []
      }
      texts.append(String(copying: text))
      start = end
    }
    return texts
  }

  private mutating func column(_ column: SnapshotColumn, _ rows: Range<Int>) -> TextColumn {
    guard let (texts, lineage) = dictionaries[column],
      case .int32(let codes)? = archive.elements(of: "\(column.rawValue).codes", rows),
      codes.allSatisfy({ $0 >= -1 && Int($0) < texts.count })
    else {
      failures.append("\(column.rawValue).codes does not fit its dictionary")
      return TextColumn()
    }
    return TextColumn(codes: codes, dictionary: texts, lineage: lineage)
  }
}
