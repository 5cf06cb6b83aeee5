internal import Files
public import Ingestion
internal import Terminal
public import Transactions

/// Copies the rows of a source into a snapshot.
public struct PullStage: Sendable {
  let snapshotsFolder: String

  /// Makes the stage; snapshots go to folders below `snapshotsFolder`.
  public init(snapshotsFolder: String) { self.snapshotsFolder = snapshotsFolder }

  /// Pulls everything from a store or a CSV file.
  ///
  /// - Parameters:
  ///   - mapping: Which columns of a CSV file hold which fields.
  ///   - labelDelay: For labels of a CSV file that do not say when they became known.
  public func run(
    _ location: SourceLocation, mapping: CSVColumnMapping = CSVColumnMapping(),
    labelDelay: TimeSpan = .days(7)
  ) throws -> Snapshot {
    if case .csv(let path) = location {
      return try run(
        CSVTransactionReader(path: path, mapping: mapping, labelDelay: labelDelay))
    }
    let store = try DatabaseStore(opening: location, access: .readOnly)
    return try collect(source: location.description) { body in
      // The writer sorts, so the database need not.
      try store.forEachBatch(of: TransactionSelection(order: .any), body)
    }
  }

  /// Pulls everything from a CSV file.
  public func run(_ reader: CSVTransactionReader) throws -> Snapshot {
    try collect(source: SourceLocation.csv(path: reader.path).description) { body in
      try reader.forEachBatch(body)
    }
  }

  private func collect(
    source: String, _ forEachBatch: ((TransactionBatch) throws -> Void) throws -> Void
  ) throws -> Snapshot {
    // Two pulls at once would do the same work twice; the second says so instead.
    let lock = try LockFile("\(snapshotsFolder)/.lock")
    return try withExtendedLifetime(lock) {
      var writer = SnapshotWriter(root: snapshotsFolder, source: source)
      var progress = ProgressLine("pulled")
      try forEachBatch { batch in
        try writer.append(batch)
        progress.update(writer.rowCount)
      }
      progress.finish()
      return try writer.finish()
    }
  }
}
