internal import Arguments
internal import Files
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Terminal
internal import Transactions

extension LabCommand {
  func initializeStore() throws {
    let location = try source()
    let store = try openStore(location)
    let counts = try store.counts()
    Terminal.print(
      "\(location) is ready: \(grouped(counts.transactions)) transactions, "
        + "\(grouped(counts.labels)) labels\n")
  }

  /// The store, with its tables; the folder of a SQLite file is made when it is missing.
  private func openStore(_ location: SourceLocation) throws -> DatabaseStore {
    if case .sqlite(let path) = location {
      try FileSystem.createDirectory(FileSystem.parentDirectory(of: path))
    }
    let store = try DatabaseStore(opening: location)
    try store.migrate(at: now)
    return store
  }

  func generate() throws {
    let start = try values.value("--start", "a date such as 2026-01-01") { Timestamp(parsing: $0) }
    let settings = try GeneratorSettings(
      userCount: values.integer("--users", in: 1...GeneratorSettings.largestUserCount) ?? 2_000,
      dayCount: values.integer("--days", in: 1...GeneratorSettings.largestDayCount) ?? 120,
      seed: UInt64(values.integer("--seed") ?? 7), start: start ?? GeneratorSettings.defaultStart,
      difficulty: values.number("--difficulty", in: 0...1) ?? 0.5)
    var counter = RowCounter("generated")
    let target: String
    if let path = values.text("--csv") {
      var writer = try CSVTransactionWriter(path: path)
      try TransactionGenerator(settings).forEachBatch(threadCount: Terminal.processorCount) {
        try writer.write($0)
        counter.count($0)
      }
      try writer.finish()
      target = path
    } else {
      let location = try source()
      let store = try openStore(location)
      try TransactionGenerator(settings).forEachBatch(threadCount: Terminal.processorCount) {
        try store.insert($0)
        counter.count($0)
      }
      target = location.description
    }
    counter.finish()
    show(counter.document(target: target), "\(counter.summary) into \(target)\n")
  }

  func importFile() throws {
    let reader = CSVTransactionReader(
      path: values.required("FILE"), mapping: try mapping(), labelDelay: try labelDelay())
    let location = try source()
    var counter = RowCounter("imported")
    // Every row is read once before the first is stored: a file with a wrong row in the middle changes nothing.
    var checked = 0
    var progress = ProgressLine("checked")
    try reader.forEachBatch { batch in
      checked += batch.count
      progress.update(checked)
    }
    progress.finish()
    let store = try openStore(location)
    try reader.forEachBatch { batch in
      try store.insert(batch)
      counter.count(batch)
    }
    counter.finish()
    show(
      counter.document(target: location.description), "\(counter.summary) into \(location)\n")
  }

  func pull() throws {
    let configuration = try configuration()
    let stage = PullStage(snapshotsFolder: configuration.snapshotsFolder)
    let snapshot: Snapshot
    if let path = values.text("--csv") {
      snapshot = try stage.run(
        CSVTransactionReader(path: path, mapping: mapping(), labelDelay: labelDelay()))
    } else {
      snapshot = try stage.run(
        source(), mapping: mapping(), labelDelay: labelDelay(), isFull: values.isOn("--full"))
    }
    show(snapshot.manifest.json, Self.summary(of: snapshot))
  }

  static func summary(of snapshot: Snapshot) -> String {
    let manifest = snapshot.manifest
    return """
      snapshot \(manifest.digest)
        rows     \(grouped(manifest.rowCount)), \(grouped(manifest.fraudCount)) of them fraud
        time     \(manifest.firstTime) … \(manifest.lastTime)
        source   \(manifest.source)
        folder   \(snapshot.path)

      """
  }

  func listSnapshots() throws {
    let folder = try configuration().snapshotsFolder
    let manifests = try SnapshotCollection(root: folder).entries().compactMap(\.manifest)
    var table = TextTable(
      ["digest", "rows", "frauds", "first", "last", "source"], rightAligned: [1, 2])
    for manifest in manifests {
      table.append([
        String(manifest.digest.prefix(12)), grouped(manifest.rowCount),
        grouped(manifest.fraudCount), manifest.firstTime.dateText, manifest.lastTime.dateText,
        manifest.source,
      ])
    }
    show(
      .array(manifests.map(\.json)),
      manifests.isEmpty
        ? "no snapshots in \(folder); make one with anomalyze pull\n" : table.text)
  }

  func verifySnapshot() throws {
    let snapshot = try SnapshotCollection(root: configuration().snapshotsFolder).open(
      values.text("DIGEST"))
    try snapshot.verify()
    Terminal.print("snapshot \(snapshot.manifest.digest) is as it was written\n")
  }
}

/// Counts rows that pass by, with a line of progress on a terminal.
private struct RowCounter {
  private let verb: String
  private var rows = 0
  private var frauds = 0
  private var progress: ProgressLine
  private let started = Terminal.monotonicSeconds

  init(_ verb: String) {
    self.verb = verb
    progress = ProgressLine(verb)
  }

  mutating func count(_ batch: TransactionBatch) {
    rows += batch.count
    frauds += batch.labels.count { $0 == 1 }
    progress.update(rows)
  }

  func finish() { progress.finish() }

  var summary: String {
    let seconds = Terminal.monotonicSeconds - started
    return "\(verb) \(grouped(rows)) transactions, \(grouped(frauds)) of them fraud, in "
      + "\((seconds * 10).rounded() / 10) s"
  }

  func document(target: String) -> JSONValue {
    [
      "transactions": .integer(Int64(rows)), "frauds": .integer(Int64(frauds)),
      "target": .string(target),
    ]
  }
}
