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
/// Memory does not grow with the rows: about 200 bytes for each of the 800,000 that are sorted at once. Rows that arrive
/// almost in the order of time become parts directly; others go to sorted runs on disk, in the folder of the snapshots, which
/// are merged in the end. Only rows that share an identifier with another are held together.
public struct SnapshotWriter: ~Copyable {
  private let root: String
  private let source: String
  private let query: String?
  private var sorter: RowSorter
  private var arrivedCount = 0
  private var outOfOrderCount = 0
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
      root: root, source: source, query: query, conflicts: conflicts, rowsPerPart: 1 << 19)
  }

  init(
    root: String, source: String, query: String?, conflicts: ConflictPolicy, rowsPerPart: Int
  ) {
    precondition(rowsPerPart > 0, "a part has rows")
    self.root = root
    self.source = source
    self.query = query
    sorter = RowSorter(root: root, rowsPerPart: rowsPerPart, conflicts: conflicts)
  }

  /// How many rows have arrived.
  public var rowCount: Int { arrivedCount }

  /// Adds rows; their order does not matter.
  ///
  /// - Throws: `IngestionError.storageFailed`.
  public mutating func append(_ batch: TransactionBatch) throws(IngestionError) {
    for time in batch.times {
      if time < latestTime { outOfOrderCount += 1 } else { latestTime = time }
    }
    arrivedCount += batch.count
    var batch = batch
    batch.normalise()
    do {
      try sorter.append(batch)
    } catch {
      throw Self.failure(error, source)
    }
  }

  /// Sorts what has arrived and writes it; a snapshot of the same rows that exists is returned instead.
  ///
  /// - Throws: `IngestionError.noRows`, `.conflictingDuplicates`, or `.storageFailed`; nothing is left behind then.
  public consuming func finish() throws(IngestionError) -> Snapshot {
    guard arrivedCount > 0 else { throw IngestionError.noRows(source: source) }
    let (root, source, query, outOfOrderCount) = (root, source, query, outOfOrderCount)
    do {
      let rows = try sorter.finish()
      return try Self.publish(
        rows, root: root, source: source, query: query, outOfOrderCount: outOfOrderCount)
    } catch {
      throw Self.failure(error, source)
    }
  }

  private static func failure(_ error: any Error, _ source: String) -> IngestionError {
    switch error {
    case let error as IngestionError: error
    case let error as RepeatedIdentifiers:
      .conflictingDuplicates(source: source, count: error.count)
    default: .storageFailed(what: "the snapshot was not written", reason: "\(error)")
    }
  }

  private static func publish(
    _ rows: consuming SortedRows, root: String, source: String, query: String?,
    outOfOrderCount: Int
  ) throws -> Snapshot {
    var quality = rows.sink.quality
    quality.outOfOrderCount = outOfOrderCount
    quality.duplicateCount = rows.duplicates.identicalCount
    quality.relabelledCount = rows.duplicates.relabelledCount
    quality.replacedCount = rows.duplicates.replacedCount
    let sink = rows.sink
    let manifest = SnapshotManifest(
      digest: SnapshotManifest.digest(of: sink.parts), rowCount: sink.rowCount,
      labelCount: sink.labelCount, fraudCount: sink.fraudCount,
      firstTime: Timestamp(microseconds: sink.firstTime),
      lastTime: Timestamp(microseconds: sink.lastTime), source: source, query: query,
      parts: sink.parts, quality: quality)
    let path = root + "/" + manifest.digest
    if FileSystem.exists(path) {
      if let known = try? Snapshot(opening: path), (try? known.verify()) != nil {
        // Others may have been written since, but this is again what the source holds. Another user's folder stays as it is.
        try? FileSystem.touch(path)
        return known
      }
      // The same rows are at hand, so a damaged copy of them is replaced rather than reported.
      try FileSystem.removeTree(path)
    }
    do throws(FileError) {
      try sink.commit(named: manifest.digest, manifest: manifest.json.bytes(.indented))
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
      self[keyPath: path] = TextColumn(
        codes: codes, dictionary: self[keyPath: path].dictionary,
        lineage: self[keyPath: path].lineage)
    }
    for row in labels.indices {
      if labels[row] != 1 && scenarios.codes[row] >= 0 { scenarios.replace(row, with: nil) }
      if labels[row] < 0 { labelTimes[row] = .max }
      if latitudes[row].isNaN { latitudes[row] = .nan }
      if longitudes[row].isNaN { longitudes[row] = .nan }
    }
  }
}
