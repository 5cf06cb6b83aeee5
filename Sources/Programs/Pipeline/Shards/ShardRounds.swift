internal import Files
public import Ingestion
public import JSON
public import Models
public import Tabular
internal import Subprocess
internal import Terminal
public import Training

/// What runs of shards leave in the lineage; no model depends on it.
public struct ShardLineage: Equatable, Sendable {
  /// The engine.
  public let engine: String
  /// How many shards there were.
  public let shardCount: Int
  /// The state of the source: a snapshot's digest or a database's transactions.
  public let snapshot: String
  /// How many rounds were run.
  public var roundCount = 0
  /// How many attempts at a shard were repeated.
  public var retryCount = 0
  /// The most memory that a worker had, in bytes; 0 when the engine does not tell.
  public var peakByteCount = 0
  /// How long the engine took to start.
  public var startSeconds = 0.0

  /// Starts a lineage.
  public init(engine: String, shardCount: Int, snapshot: String) {
    self.engine = engine
    self.shardCount = shardCount
    self.snapshot = snapshot
  }

  /// The lineage as JSON.
  public var json: JSONValue {
    [
      "engine": .string(engine), "shards": .integer(Int64(shardCount)),
      "snapshot": .string(snapshot), "rounds": .integer(Int64(roundCount)),
      "retries": .integer(Int64(retryCount)),
      "worker_peak_bytes": .integer(Int64(peakByteCount)),
      "engine_start_seconds": .number((startSeconds * 100).rounded() / 100),
    ]
  }

  /// The lineage in a few words.
  var line: String {
    "\(shardCount) shards by \(engine), \(retryCount) retries"
  }

  /// The lineage as tags of a version.
  public var tags: [String: String] {
    [
      "engine": engine, "shards": String(shardCount), "shard_snapshot": snapshot,
      "shard_retries": String(retryCount),
    ]
  }
}

/// The rounds of one job: each asks all shards one question and merges their answers.
public struct ShardRounds {
  let engine: ShardEngine
  let shards: [ShardDescriptor]
  let tell: @Sendable (String) -> Void
  private var adapter: Conversation?
  /// What happened so far.
  public private(set) var lineage: ShardLineage

  /// Prepares rounds over `shards`.
  ///
  /// - Parameters:
  ///   - snapshot: The state of the source that the shards are of.
  ///   - tell: Told about every round.
  public init(
    engine: ShardEngine, shards: [ShardDescriptor], snapshot: String,
    tell: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.engine = engine
    self.shards = shards
    self.tell = tell
    lineage = ShardLineage(engine: engine.name, shardCount: shards.count, snapshot: snapshot)
  }

  /// Asks `question` of all shards and merges the answers.
  mutating func run<Result: ShardResult>(
    _ question: ShardWorker.Question, _ plan: ShardPlan, modelFolder: String? = nil,
    _ type: Result.Type
  ) throws -> Result {
    let started = Terminal.monotonicSeconds
    let folder = try StagedDirectory(
      destination: "\(Terminal.environment("TMPDIR") ?? "/tmp")/anomalyze-round")
    try folder.write(plan.json.bytes(), to: "files/plan.json")
    var files = [(name: "plan.json", path: "\(folder.path)/files/plan.json")]
    var arguments = ["shard", question.rawValue, "--plan", "{files}/plan.json"]
    if let modelFolder {
      // Whatever else a version has, such as reports, no worker needs.
      for file in ["model.json", "model.safetensors", "golden.json"]
      where FileSystem.exists("\(modelFolder)/\(file)") {
        let name = "model/\(file)"
        try folder.write(FileSystem.read("\(modelFolder)/\(file)"), to: "files/\(name)")
        files.append((name: name, path: "\(folder.path)/files/\(name)"))
      }
      arguments += ["--model", "{files}/model"]
    }
    arguments += ["--shard", "-", "--out", "{out}", "--json"]
    try FileSystem.createDirectory("\(folder.path)/results")
    let tasks = shards.map { shard in
      ShardEngine.Task(
        shard: shard.name, arguments: arguments, input: shard.json.bytes(),
        output: "\(folder.path)/results/\(shard.name)")
    }
    let effort = try engine.run(tasks, files: files, &adapter)
    let parameters = try ShardWorker.parameters(question, plan, modelFolder: modelFolder)
    let merged = try ShardMerging.merge(tasks.map(\.output), type)
    guard merged.worker == engine.version else {
      throw ShardResultError.differentWorkers(expected: engine.version, actual: merged.worker)
    }
    guard merged.parameters == parameters else {
      throw ShardResultError.differentParameters(expected: parameters, actual: merged.parameters)
    }
    guard merged.shards == shards.map(\.name).sorted() else {
      throw ShardResultError.malformed(reason: "some shards are missing from the answers")
    }
    lineage.roundCount += 1
    lineage.retryCount += effort.repeatedCount
    lineage.startSeconds += effort.startSeconds
    lineage.peakByteCount = max(lineage.peakByteCount, effort.peakByteCount)
    let seconds = ((Terminal.monotonicSeconds - started) * 100).rounded() / 100
    tell(
      "\(question.rawValue): \(shards.count) shards by \(engine.name), \(effort.repeatedCount) retries, \(seconds) s"
        + (effort.startSeconds > 0
          ? ", \((effort.startSeconds * 100).rounded() / 100) s of them to start \(engine.name)"
          : "")
    )
    return merged.result
  }
}

extension ShardRounds {
  /// Fits an Isolation Forest to the rows of all shards: a round that samples, trees, and rounds that count scores until the
  /// threshold is known exactly. The model is that of one process that has all rows.
  ///
  /// - Returns: the forest with its threshold, how many rows there are, and eight of them.
  /// - Throws: `TrainingError` for parameters that need every row at once; the errors of the rounds.
  public mutating func fitForest(
    _ learner: IsolationForestLearner, rows: ShardPlan.Rows, featureNames: [String],
    threadCount: Int
  ) throws -> (forest: IsolationForest, rowCount: Int, someRows: Matrix<Double>) {
    var plan = ShardPlan(rows: rows)
    plan.sample = ShardPlan.Sample(
      seed: learner.parameters.seed, capacity: try learner.sampleCapacity())
    let sample = try run(.sample, plan, RowSample.self)
    guard sample.rowCount > 0 else {
      throw TrainingError.emptyData(rows: 0, columns: featureNames.count)
    }
    var forest = try learner.fit(sample, featureNames: featureNames, threadCount: threadCount)
    let sampled = sample.rows
    let someRows = sampled.selecting(rows: 0..<min(8, sampled.rowCount))
    let ranks = learner.thresholdRanks(rowCount: sample.rowCount)
    if let first = ranks.first {
      let scores = try forest.scores(of: sampled, threadCount: threadCount)
      let staged = try StagedDirectory(
        destination: "\(Terminal.environment("TMPDIR") ?? "/tmp")/anomalyze-model")
      try TrainedDetector(detector: forest, threshold: 0.5).write(to: staged, goldenRows: someRows)
      let found = try values(
        ofRanks: ranks, rowCount: sample.rowCount, rows: rows, modelFolder: staged.path,
        start: ScoreHistogram.bracket(ofRank: first, among: sample.rowCount, sampled: scores))
      forest = forest.withThreshold(
        learner.threshold(fromScores: found, rowCount: sample.rowCount))
    }
    return (forest, sample.rowCount, someRows)
  }

  /// The scores of the given ranks, exactly.
  private mutating func values(
    ofRanks ranks: [Int], rowCount: Int, rows: ShardPlan.Rows, modelFolder: String,
    start: ClosedRange<Double>
  ) throws -> [Double] {
    var plan = ShardPlan(rows: rows)
    plan.interval = start
    var found: [Int: Double] = [:]
    while plan.interval != nil {
      let histogram = try run(
        .histogram, plan, modelFolder: modelFolder, ScoreHistogram.self)
      guard histogram.rowCount == rowCount else {
        throw PipelineError.rowsChanged(before: rowCount, now: histogram.rowCount)
      }
      plan.interval = nil
      for rank in ranks where found[rank] == nil {
        switch histogram.place(ofRank: rank) {
        case .value(let score): found[rank] = score
        case .within(let next): plan.interval = plan.interval ?? next
        }
      }
    }
    return ranks.compactMap { found[$0] }
  }

  /// The scores of all rows by their keys, by the model in a folder.
  public mutating func score(modelFolder: String, rows: ShardPlan.Rows) throws -> ScoredRows {
    try run(.score, ShardPlan(rows: rows), modelFolder: modelFolder, ScoredRows.self).finished()
  }

  /// The moments of all series.
  public mutating func moments(by holder: SeriesHolder) throws -> SeriesMoments {
    try run(.moments, ShardPlan(rows: .amounts(by: holder)), SeriesMoments.self)
  }
}
