internal import Files
internal import JSON
internal import Transactions

/// Pulls a PostgreSQL database into a snapshot, fetching only what changed since the pull before when that is possible.
///
/// The watermark of the last pull lies beside the snapshots. It moves only after the snapshot is complete, so that a pull that is
/// cut off at any moment is made up for by the next one.
public struct PostgreSQLPull: Sendable {
  /// What a pull did.
  public struct Outcome: Sendable {
    /// The snapshot of all rows.
    public let snapshot: Snapshot
    /// How many rows the server sent.
    public let fetchedRowCount: Int
    /// False when everything was fetched.
    public let isIncremental: Bool
  }

  private let url: String
  private let snapshotsFolder: String
  private let selection: PostgreSQLSource

  /// Describes a pull from the database at `url` into a folder below `snapshotsFolder`.
  public init(
    url: String, snapshotsFolder: String, selection: PostgreSQLSource = PostgreSQLSource()
  ) {
    self.url = url
    self.snapshotsFolder = snapshotsFolder
    self.selection = selection
  }

  private var source: String { SourceLocation.postgresql(url: url).description }

  private var watermarkPath: String {
    let digest = SHA256.digest(of: Array(source.utf8)).hexadecimal
    return "\(snapshotsFolder)/watermark-\(digest.prefix(16)).json"
  }

  /// Pulls.
  ///
  /// Rows that were deleted in the database show only in its count; when the counts differ, everything is fetched again.
  ///
  /// - Parameters:
  ///   - isFull: Fetches everything, whatever is known from earlier pulls.
  ///   - acceptsNewSchema: Whether columns may have come, gone or changed their types since the last pull.
  ///   - progress: Told how many rows have come.
  /// - Throws: `IngestionError`; the earlier snapshots and the watermark are as before then.
  public func run(
    isFull: Bool = false, acceptsNewSchema: Bool = false,
    progress: (_ rowCount: Int) -> Void = { _ in }
  ) throws -> Outcome {
    let store = try PostgreSQLTransactionStore(url: url, source: selection)
    let last = lastPull()
    var writer = SnapshotWriter(root: snapshotsFolder, source: source, query: selection.text)
    var changes: [TransactionBatch] = []
    var fetchedRowCount = 0
    let (watermark, rows) = try store.forEachChangedBatch(
      since: last?.watermark, isFull: isFull || last?.snapshot == nil,
      acceptsNewSchema: acceptsNewSchema
    ) { rows, batch in
      fetchedRowCount += batch.count
      if rows == .changed { changes.append(batch) } else { try writer.append(batch) }
      progress(fetchedRowCount)
    }
    if rows == .none, let snapshot = last?.snapshot {
      try remember(watermark, snapshot)
      try? FileSystem.touch(snapshot.path)
      return Outcome(snapshot: snapshot, fetchedRowCount: 0, isIncremental: true)
    }
    if rows == .changed, let last, let snapshot = last.snapshot {
      // Where rows came twice, a number of rows does not tell which are still there.
      let wasDistinct = snapshot.manifest.rowCount == last.watermark.transactionCount
      guard wasDistinct, try merge(changes, into: snapshot, &writer, watermark) else {
        return try run(isFull: true, acceptsNewSchema: acceptsNewSchema, progress: progress)
      }
    }
    let snapshot = try writer.finish()
    try remember(watermark, snapshot)
    return Outcome(
      snapshot: snapshot, fetchedRowCount: fetchedRowCount, isIncremental: rows == .changed)
  }

  /// Writes the rows of the last snapshot that have not changed, then those that have; false when the counts show that rows, or
  /// labels, were deleted.
  private func merge(
    _ changes: [TransactionBatch], into last: Snapshot, _ writer: inout SnapshotWriter,
    _ watermark: PostgreSQLWatermark
  ) throws -> Bool {
    var changedIDs: Set<String> = []
    for batch in changes { changedIDs.formUnion(batch.ids) }
    var labelCount = 0
    func add(_ batch: TransactionBatch) throws {
      labelCount += batch.labels.count { $0 >= 0 }
      try writer.append(batch)
    }
    try last.forEachBatch { batch in
      let kept = batch.ids.indices.filter { !changedIDs.contains(batch.ids[$0]) }
      try add(kept.count == batch.count ? batch : batch.selecting(kept.map { Int32($0) }))
    }
    for batch in changes { try add(batch) }
    return writer.rowCount == watermark.transactionCount && labelCount == watermark.labelCount
  }

  // MARK: What is known from the last pull

  /// The last pull's watermark, with its snapshot when that is still there with all its parts.
  private func lastPull() -> (watermark: PostgreSQLWatermark, snapshot: Snapshot?)? {
    guard let bytes = try? FileSystem.read(watermarkPath),
      let json = try? JSONValue(parsing: bytes), let watermark = PostgreSQLWatermark(json),
      let name = json["snapshot"]?.stringValue, !name.contains("/")
    else { return nil }
    let snapshot = try? Snapshot(opening: "\(snapshotsFolder)/\(name)")
    return (watermark, snapshot?.isComplete == true ? snapshot : nil)
  }

  private func remember(_ watermark: PostgreSQLWatermark, _ snapshot: Snapshot) throws {
    guard var object = watermark.json.objectValue else { return }
    object["snapshot"] = .string(String(snapshot.path.split(separator: "/").last ?? ""))
    do {
      try FileSystem.writeAtomically(
        Array(JSONValue.object(object).text().utf8), to: watermarkPath)
    } catch {
      throw IngestionError.storageFailed(what: watermarkPath, reason: "\(error)")
    }
  }
}
