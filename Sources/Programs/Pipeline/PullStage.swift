internal import Files
public import Ingestion
internal import Terminal
public import Transactions

/// Copies the rows of a source into a snapshot.
public struct PullStage: Sendable {
  let snapshotsFolder: String

  /// Makes the stage; snapshots go to folders below `snapshotsFolder`.
  public init(snapshotsFolder: String) { self.snapshotsFolder = snapshotsFolder }

  /// Pulls a store or a CSV file; of a PostgreSQL database only what changed since the last pull travels.
  ///
  /// - Parameters:
  ///   - mapping: Which columns of a CSV file hold which fields.
  ///   - labelDelay: For labels of a CSV file that do not say when they became known.
  ///   - isFull: Fetches everything, whatever earlier pulls have fetched.
  public func run(
    _ location: SourceLocation, mapping: CSVColumnMapping = CSVColumnMapping(),
    labelDelay: TimeSpan = .days(7), isFull: Bool = false
  ) throws -> Snapshot {
    if case .csv(let path) = location {
      return try run(
        CSVTransactionReader(path: path, mapping: mapping, labelDelay: labelDelay))
    }
    if case .postgresql(let url) = location {
      return try locked {
        let pull = PostgreSQLPull(url: url, snapshotsFolder: snapshotsFolder, connectionCount: 2)
        var progress = ProgressLine("pulled")
        let outcome = try pull.run(isFull: isFull) { progress.update($0) }
        progress.finish()
        return outcome.snapshot
      }
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
    try locked {
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

  /// Two pulls at once would do the same work twice; the second says so instead.
  private func locked(_ body: () throws -> Snapshot) throws -> Snapshot {
    let lock = try LockFile("\(snapshotsFolder)/.lock")
    return try withExtendedLifetime(lock) { try body() }
  }
}
