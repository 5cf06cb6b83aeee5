internal import Arguments
internal import Files
internal import Ingestion
internal import JSON
internal import Models
internal import Pipeline
internal import Terminal
internal import Training
internal import Transactions

extension LabCommand {
  /// What the command line says about an engine; `nil` without one.
  func engineConfiguration() throws -> EngineConfiguration? {
    guard let name = values.text("--engine") else { return nil }
    if let fault = ShardEngine.fault(inName: name) { throw UsageError(fault) }
    return EngineConfiguration(
      name: name, shardCount: try values.integer("--shards", in: 1...1_000_000),
      cluster: values.text("--cluster"), workerPath: values.text("--worker"),
      workerCount: try values.integer("--workers", in: 1...1_024))
  }

  /// The engine that the command line names; `nil` without one.
  func engine() throws -> ShardEngine? {
    try engineConfiguration()?.engine(version: LabSyntax.version)
  }

  func shardCount() throws -> Int {
    try engineConfiguration()?.shardCount ?? Terminal.processorCount
  }

  /// Whether a file of this name is read as Parquet, which goes by shards also without an engine.
  static func isParquet(_ path: String?) -> Bool { path?.hasSuffix(".parquet") ?? false }

  private func names(_ option: String) -> [String] {
    values.text(option)?.split(separator: ",").map(String.init) ?? []
  }

  /// Runs `body` with the shards of the rows that the command line names, while their source is held as it is.
  ///
  /// - Parameter columns: The columns to read; those of the file when empty.
  private func withRounds(
    file: String?, columns: [String],
    _ body: (inout ShardRounds, ShardPlan.Rows, [String]) throws -> Void
  ) throws {
    // Without an engine one worker reads everything: the same path.
    let engine =
      try engine() ?? ShardEngine(name: "local", workerCount: 1, version: LabSyntax.version)
    let count = values.text("--engine") == nil ? 1 : try shardCount()
    if let source = values.text("--source") {
      guard case .postgresql(let url) = try SourceLocation(parsing: source) else {
        throw UsageError("--source takes postgresql://… here")
      }
      guard !columns.isEmpty else {
        throw UsageError("--columns is missing: the columns of numbers")
      }
      let query = values.text("--query").map { "(\($0)\n)" }
      let key = values.text("--key") ?? "tx_id"
      let export = try PostgreSQLExport(
        url: url, table: query ?? values.text("--table") ?? "transactions",
        filter: values.text("--where"))
      var rounds = ShardRounds(
        engine: engine,
        shards: try export.shards(
          count: count, key: key, prefersKeys: values.isOn("--key-ranges")),
        snapshot: export.visibility, tell: Terminal.report)
      return try body(&rounds, .columns(columns, key: key), columns)
    }
    guard let file else { throw UsageError("rows are missing: a CSV file or folder, or --source") }
    let files =
      FileSystem.isDirectory(file)
      ? try FileSystem.contents(ofDirectory: file).map { "\(file)/\($0)" } : [file]
    guard let first = files.first else { throw CSVError.noRows(path: file) }
    let excluded = names("--exclude")
    let isParquet = files.contains { Self.isParquet($0) }
    guard !isParquet || !columns.isEmpty else {
      throw UsageError("--columns is missing: the columns of numbers of the Parquet files")
    }
    let found =
      isParquet
      ? columns
      : try CSVNumberReader(path: first, columns: columns, key: values.text("--key"))
        .columnNames().filter { !excluded.contains($0) }
    let paths = try files.map { try FileSystem.absolutePath(of: $0) }
    var rounds = ShardRounds(
      engine: engine,
      shards: paths.enumerated().map {
        ShardDescriptor(
          name: ShardDescriptor.name($0),
          place: Self.isParquet($1) ? .parquet(path: $1) : .csv(path: $1))
      }, snapshot: "files", tell: Terminal.report)
    try body(&rounds, .columns(found, key: values.text("--key")), found)
  }

  func fitShards(_ detector: DetectorConfiguration, folder: String) throws {
    guard case .isolationForest(let parameters) = detector else {
      throw UsageError(
        "--engine and --source fit isolation_forest with parameters, not \(detector.kind)")
    }
    guard parameters.categoricalFeatures.isEmpty else {
      throw UsageError(
        "categorical columns are fitted from one CSV file, without --engine and --source")
    }
    let threadCount = try context().threadCount
    try withRounds(file: values.text("FILE"), columns: names("--columns")) { rounds, rows, names in
      let staged = try StagedDirectory(destination: folder)
      let (forest, rowCount, someRows) = try rounds.fitForest(
        IsolationForestLearner(parameters: parameters), rows: rows, featureNames: names,
        threadCount: threadCount)
      try TrainedDetector(detector: forest, threshold: forest.threshold).write(
        to: staged, goldenRows: someRows)
      try staged.commit(readOnly: false)
      let digest = try SHA256.digest(ofFile: "\(folder)/model.json").hexadecimal
      let lineage = rounds.lineage.json
      show(
        [
          "model": .string(folder), "digest": .string(digest), "detector": detector.json,
          "threshold": .number(forest.threshold), "rows": .integer(Int64(rowCount)),
          "features": .array(names.map { .string($0) }), "lineage": lineage,
        ],
        "\(folder): \(detector.kind) of \(grouped(rowCount)) rows and \(names.count) features, "
          + "threshold \(fixed(forest.threshold))\ndigest \(digest)\n")
    }
  }

  func scoreShards() throws {
    guard let output = values.text("--out") else {
      throw UsageError("--out is missing: the file of keys and scores")
    }
    let folder = try modelFolder()
    let model = try TrainedDetector(loadingFrom: folder)
    guard (model.detector as? IsolationForest)?.categoricalFeatureNames.isEmpty != false else {
      throw UsageError(
        "rows with categories are scored from one CSV file, without --engine and --source")
    }
    try withRounds(file: values.text("--csv"), columns: model.detector.featureNames) {
      rounds, rows, _ in
      let scored = try rounds.score(modelFolder: folder, rows: rows)
      var text = Array("id,score,is_anomaly\n".utf8)
      var anomalyCount = 0
      for (id, score) in zip(scored.ids, scored.scores) {
        let isAnomaly = score > model.threshold
        anomalyCount += isAnomaly ? 1 : 0
        text += "\(id),\(score),\(isAnomaly ? 1 : 0)\n".utf8
      }
      try FileSystem.writeAtomically(text, to: output)
      let (count, digest) = (scored.ids.count, SHA256.digest(of: text).hexadecimal)
      let (lineage, flagged) = (rounds.lineage.json, anomalyCount)
      show(
        [
          "file": .string(output), "digest": .string(digest), "rows": .integer(Int64(count)),
          "anomalies": .integer(Int64(flagged)), "lineage": lineage,
        ],
        "\(output): \(grouped(count)) rows, \(grouped(flagged)) of them anomalies\ndigest \(digest)\n"
      )
    }
  }

  /// The moments of all series, which workers add up, in the order of their identifiers.
  func shardedMoments(
    by holder: SeriesHolder, _ parameters: ThreeSigmaParameters
  ) throws -> (series: [(key: String, value: SeriesMoments.Entry)], lineage: ShardLineage) {
    guard let engine = try engine() else { preconditionFailure("an engine is named") }
    guard parameters.method == .sigma, values.text("--query") == nil else {
      throw UsageError(
        "--engine adds up the moments of transactions; it needs --method sigma and no --query")
    }
    func result(_ shards: [ShardDescriptor], _ snapshot: String) throws -> (
      series: [(key: String, value: SeriesMoments.Entry)], lineage: ShardLineage
    ) {
      var rounds = ShardRounds(
        engine: engine, shards: shards, snapshot: snapshot, tell: Terminal.report)
      let moments = try rounds.moments(by: holder)
      return (moments.entries.sorted { $0.key < $1.key }, rounds.lineage)
    }
    if let source = values.text("--source") {
      guard case .postgresql(let url) = try SourceLocation(parsing: source) else {
        throw UsageError("--source takes postgresql://… with --engine")
      }
      let export = try PostgreSQLExport(url: url, table: "transactions")
      return try result(
        export.shards(count: shardCount(), key: "tx_id"), export.visibility)
    }
    let snapshot = try SnapshotCollection(root: configuration().snapshotsFolder)
      .open(values.text("--snapshot"))
    return try result(
      ShardDescriptor.shards(of: snapshot, count: shardCount()), snapshot.manifest.digest)
  }
}
