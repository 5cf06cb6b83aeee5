internal import Files
internal import JSON
public import Transactions

/// What happens to rows that share an identifier and differ in more than their label.
public enum ConflictPolicy: Sendable {
  /// Nothing is written; the source has to be made consistent.
  case refuse
  /// The row that arrived last replaces the earlier ones, as an upsert does.
  case lastWins
}

/// Collects transactions in any order and writes them once, sorted, as an immutable snapshot.
///
/// Rows that repeat another one exactly are dropped and counted. Of rows that differ in their label alone, the label that
/// became known last is kept, whatever the order of arrival. Empty texts count as missing, and a scenario is kept for
/// fraud only, so that sources which tell these apart and sources which do not give the same digest.
///
/// Memory: about 90 bytes a row, the texts once, and one part of up to 1,048,576 rows while it is written.
public struct SnapshotWriter: ~Copyable {
  private let root: String
  private let source: String
  private let query: String?
  private let conflicts: ConflictPolicy
  private let rowsPerPart: Int
  private var rows = TransactionBatch()
  private var quality = DataQuality()
  private var latestTime = Int64.min

  /// Starts a snapshot in the folder `root`, which holds one folder a snapshot.
  ///
  /// - Parameters:
  ///   - root: The folder of all snapshots.
  ///   - source: Where the rows come from, without passwords.
  ///   - query: What was asked for, or `nil` for everything.
  ///   - conflicts: What happens to different rows of one identifier.
  public init(
    root: String, source: String, query: String? = nil, conflicts: ConflictPolicy = .refuse
  ) {
    self.init(
      root: root, source: source, query: query, conflicts: conflicts, rowsPerPart: 1 << 20)
  }

  init(
    root: String, source: String, query: String?, conflicts: ConflictPolicy, rowsPerPart: Int
  ) {
    precondition(rowsPerPart > 0, "a part has rows")
    self.root = root
    self.source = source
    self.query = query
    self.conflicts = conflicts
    self.rowsPerPart = rowsPerPart
  }

  /// How many rows have arrived.
  public var rowCount: Int { rows.count }

  /// Adds rows; their order does not matter.
  ///
  /// - Throws: `IngestionError.malformedInput` when there are more than 2³¹ − 1 rows.
  public mutating func append(_ batch: TransactionBatch) throws(IngestionError) {
    guard batch.count <= Int(Int32.max) - rows.count else {
      throw IngestionError.malformedInput(
        source: source, row: "row \(Int32.max)", reason: "a snapshot holds 2,147,483,647 rows")
    }
    for time in batch.times {
      if time < latestTime { quality.outOfOrderCount += 1 } else { latestTime = time }
    }
    rows.append(contentsOf: batch)
  }

  /// Sorts what has arrived and writes it; a snapshot of the same rows that exists is returned instead.
  ///
  /// - Throws: `IngestionError.noRows`, `.conflictingDuplicates`, or `.storageFailed`; nothing is left behind then.
  public consuming func finish() throws(IngestionError) -> Snapshot {
    guard rows.count > 0 else { throw IngestionError.noRows(source: source) }
    rows.normalise()
    var duplicates = DuplicateFinder(rows)
    let kept = duplicates.resolve(&rows)
    guard conflicts == .lastWins || duplicates.replacedCount == 0 else {
      throw IngestionError.conflictingDuplicates(source: source, count: duplicates.replacedCount)
    }
    quality.duplicateCount = duplicates.identicalCount
    quality.relabelledCount = duplicates.relabelledCount
    quality.replacedCount = duplicates.replacedCount
    let order =
      kept.map { kept in rows.canonicalOrder().filter { kept[Int($0)] } }
      ?? rows.canonicalOrder()
    do {
      return try write(order)
    } catch let error as IngestionError {
      throw error
    } catch {
      throw IngestionError.storageFailed(
        what: "the snapshot was not written", reason: "\(error)")
    }
  }

  private mutating func write(_ order: [Int32]) throws -> Snapshot {
    let staged = try StagedDirectory(destination: root + "/snapshot")
    var parts: [SnapshotManifest.Part] = []
    var labelCount = 0
    var fraudCount = 0
    for start in stride(from: 0, to: order.count, by: rowsPerPart) {
      let batch = rows.selecting(Array(order[start..<min(start + rowsPerPart, order.count)]))
      quality.examine(batch)
      labelCount += batch.labels.count { $0 >= 0 }
      fraudCount += batch.labels.count { $0 == 1 }
      let digits = String(parts.count)
      let name = "part-\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits)"
      let file = try staged.write(
        SnapshotPart.archive(of: batch), to: name + ".safetensors")
      parts.append(
        SnapshotManifest.Part(
          file: name + ".safetensors", rowCount: batch.count, byteCount: file.byteCount,
          digest: file.digest.hexadecimal))
    }
    let manifest = SnapshotManifest(
      digest: SnapshotManifest.digest(of: parts), rowCount: order.count, labelCount: labelCount,
      fraudCount: fraudCount, firstTime: Timestamp(microseconds: rows.times[Int(order[0])]),
      lastTime: Timestamp(microseconds: rows.times[Int(order[order.count - 1])]), source: source,
      query: query, parts: parts, quality: quality)
    let path = root + "/" + manifest.digest
    if FileSystem.exists(path) {
      if let known = try? Snapshot(opening: path), (try? known.verify()) != nil { return known }
      // The same rows are at hand, so a damaged copy of them is replaced rather than reported.
      try FileSystem.removeTree(path)
    }
    try staged.write(manifest.json.bytes(.indented), to: Snapshot.manifestName)
    do throws(FileError) {
      try staged.commit(readOnly: true, named: manifest.digest)
    } catch {
      // Another run that wrote the same rows was faster.
      guard case .alreadyExists = error else { throw error }
    }
    return try Snapshot(opening: path)
  }
}

extension TransactionBatch {
  /// Makes rows that mean the same the same: empty texts are missing, only fraud has a scenario, unknown labels no time.
  fileprivate mutating func normalise() {
    for column in SnapshotColumn.texts where column != .user {
      let path = column.texts
      guard let empty = self[keyPath: path].dictionary.firstIndex(of: "") else { continue }
      let codes = self[keyPath: path].codes.map { $0 == Int32(empty) ? -1 : $0 }
      self[keyPath: path] = TextColumn(codes: codes, dictionary: self[keyPath: path].dictionary)
    }
    for row in labels.indices {
      if labels[row] != 1 && scenarios.codes[row] >= 0 { scenarios.replace(row, with: nil) }
      if labels[row] < 0 { labelTimes[row] = .max }
      if latitudes[row].isNaN { latitudes[row] = .nan }
      if longitudes[row].isNaN { longitudes[row] = .nan }
    }
  }
}
