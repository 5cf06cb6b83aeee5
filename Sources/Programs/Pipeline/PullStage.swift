internal import Files
public import Ingestion
internal import Terminal
public import Transactions

/// Copies the rows of a source into a snapshot.
public struct PullStage: Sendable {
  /// What a pull did.
  public struct Outcome: Sendable {
    /// The snapshot of all rows.
    public let snapshot: Snapshot
    /// How many rows the source sent.
    public let fetchedRowCount: Int
    /// Whether only what changed since the last pull was fetched.
    public let isIncremental: Bool
    /// How long it took.
    public let seconds: Double
  }

  let snapshotsFolder: String
  let selection: PostgreSQLSource

  /// Makes the stage; snapshots go to folders below `snapshotsFolder`, and `selection` says what of a PostgreSQL database is
  /// wanted.
  public init(snapshotsFolder: String, selection: PostgreSQLSource = PostgreSQLSource()) {
    self.snapshotsFolder = snapshotsFolder
    self.selection = selection
  }

  /// Makes the stage that the configuration describes.
  public init(_ configuration: LabConfiguration) {
    self.init(snapshotsFolder: configuration.snapshotsFolder, selection: configuration.pull)
  }

  /// Pulls a store or a CSV file; of a PostgreSQL database only what changed since the last pull travels.
  ///
  /// - Parameters:
  ///   - location: Where the transactions are.
  ///   - mapping: Which columns of a CSV file hold which fields.
  ///   - labelDelay: For labels of a CSV file that do not say when they became known.
  ///   - isFull: Fetches everything, whatever earlier pulls have fetched.
  ///   - acceptsNewSchema: Whether the columns of a PostgreSQL source may have changed since the last pull.
  public func run(
    _ location: SourceLocation, mapping: CSVColumnMapping = CSVColumnMapping(),
    labelDelay: TimeSpan = .days(7), isFull: Bool = false, acceptsNewSchema: Bool = false
  ) throws -> Outcome {
    switch location {
    case .csv(let path):
      return try run(
        CSVTransactionReader(path: path, mapping: mapping, labelDelay: labelDelay))
    case .postgresql(let url):
      return try locked { progress in
        let pull = PostgreSQLPull(url: url, snapshotsFolder: snapshotsFolder, selection: selection)
        let outcome = try pull.run(isFull: isFull, acceptsNewSchema: acceptsNewSchema) {
          progress.update($0)
        }
        return (outcome.snapshot, outcome.fetchedRowCount, outcome.isIncremental)
      }
    case .sqlite:
      let store = try DatabaseStore(opening: location, access: .readOnly)
      return try collect(source: location.description) { body in
        // The writer sorts, so the database need not.
        try store.forEachBatch(of: TransactionSelection(order: .any), body)
      }
    }
  }

  /// Pulls everything from a CSV file.
  public func run(_ reader: CSVTransactionReader) throws -> Outcome {
    try collect(source: SourceLocation.csv(path: reader.path).description) { body in
      try reader.forEachBatch(body)
    }
  }

  private func collect(
    source: String, _ forEachBatch: ((TransactionBatch) throws -> Void) throws -> Void
  ) throws -> Outcome {
    try locked { progress in
      var writer = SnapshotWriter(root: snapshotsFolder, source: source)
      try forEachBatch { batch in
        try writer.append(batch)
        progress.update(writer.rowCount)
      }
      let fetchedRowCount = writer.rowCount
      return (try writer.finish(), fetchedRowCount, false)
    }
  }

  /// Two pulls at once would do the same work twice; the second says so instead.
  private func locked(
    _ body: (inout ProgressLine) throws -> (Snapshot, fetched: Int, isIncremental: Bool)
  ) throws -> Outcome {
    let started = Terminal.monotonicSeconds
    let lock = try LockFile("\(snapshotsFolder)/.lock")
    return try withExtendedLifetime(lock) {
      var progress = ProgressLine("pulled")
      let (snapshot, fetched, isIncremental) = try body(&progress)
      progress.finish()
      return Outcome(
        snapshot: snapshot, fetchedRowCount: fetched, isIncremental: isIncremental,
        seconds: Terminal.monotonicSeconds - started)
    }
  }
}
