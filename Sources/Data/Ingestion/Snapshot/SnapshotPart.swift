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
    func damaged(_ reason: String) -> IngestionError {
      .corruptSnapshot(path: file, reason: reason)
    }
    let archive: SafetensorsArchive
    do {
      archive = try SafetensorsArchive(contentsOf: file)
    } catch {
      throw damaged("\(error)")
    }
    guard archive.metadata["format"] == format else {
      throw damaged("not a part of format \(format)")
    }
    var reader = PartReader(archive: archive)
    var batch = TransactionBatch()
    batch.times = reader.int64s("occurred_at")
    batch.amounts = reader.int64s("amount")
    batch.latitudes = reader.float64s("latitude")
    batch.longitudes = reader.float64s("longitude")
    batch.labelTimes = reader.int64s("labelled_at")
    batch.labels = reader.int8s("is_fraud")
    batch.ids = reader.texts(SnapshotColumn.id.rawValue)
    for column in SnapshotColumn.texts {
      batch[keyPath: column.texts] = reader.column(column.rawValue)
    }
    let counts =
      [
        batch.ids.count, batch.times.count, batch.amounts.count, batch.latitudes.count,
        batch.longitudes.count, batch.labels.count, batch.labelTimes.count,
      ] + SnapshotColumn.texts.map { batch.texts(of: $0).count }
    guard reader.failures.isEmpty, counts.allSatisfy({ $0 == rowCount }),
      !batch.users.codes.contains(-1)
    else {
      throw damaged(reader.failures.first ?? "columns differ in length or a user is missing")
    }
    return batch
  }
}

/// Takes arrays out of an archive and notes what does not fit.
private struct PartReader {
  let archive: SafetensorsArchive
  var failures: [String] = []

  mutating func int64s(_ name: String) -> [Int64] {
    if case .int64(let values)? = archive[name]?.elements { return values }
    failures.append("no int64 array \(name)")
    return []
  }

  mutating func float64s(_ name: String) -> [Double] {
    if case .float64(let values)? = archive[name]?.elements { return values }
    failures.append("no float64 array \(name)")
    return []
  }

  mutating func int8s(_ name: String) -> [Int8] {
    if case .int8(let values)? = archive[name]?.elements { return values }
    failures.append("no int8 array \(name)")
    return []
  }

  mutating func texts(_ name: String) -> [String] {
    guard case .uint8(let bytes)? = archive["\(name).bytes"]?.elements else {
      failures.append("no uint8 array \(name).bytes")
      return []
    }
    let offsets = int64s("\(name).offsets")
    guard offsets.first == 0, offsets.last == Int64(bytes.count) else {
      failures.append("\(name).offsets does not span its bytes")
      return []
    }
    var texts: [String] = []
    texts.reserveCapacity(offsets.count - 1)
    var start = 0
    for offset in offsets.dropFirst() {
      guard offset >= start, offset <= bytes.count,
        let text = try? UTF8Span(validating: bytes.span.extracting(start..<Int(offset)))
      else {
        failures.append("\(name) is not a list of texts")
        return []
      }
      texts.append(String(copying: text))
      start = Int(offset)
    }
    return texts
  }

  mutating func column(_ name: String) -> TextColumn {
    let dictionary = texts(name)
    guard case .int32(let codes)? = archive["\(name).codes"]?.elements,
      codes.allSatisfy({ $0 >= -1 && Int($0) < dictionary.count })
    else {
      failures.append("\(name).codes does not fit its dictionary")
      return TextColumn()
    }
    return TextColumn(codes: codes, dictionary: dictionary)
  }
}
