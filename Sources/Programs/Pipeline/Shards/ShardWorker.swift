internal import Features
internal import Files
public import Ingestion
internal import JSON
internal import Models
internal import Tabular
internal import Training
internal import Transactions

/// Answers one question about the rows of one shard; what the commands `shard …` do on any machine.
public struct ShardWorker: Sendable {
  /// The questions.
  public enum Question: String, CaseIterable, Sendable {
    case sample
    case histogram
    case score
    case moments

    /// The kind of the results.
    public var kind: String {
      switch self {
      case .sample: RowSample.kind
      case .histogram: ScoreHistogram.kind
      case .score: ScoredRows.kind
      case .moments: SeriesMoments.kind
      }
    }
  }

  private let plan: ShardPlan
  private let modelFolder: String?
  private let version: String

  /// Prepares a worker of program version `version`.
  public init(plan: ShardPlan, modelFolder: String?, version: String) {
    self.plan = plan
    self.modelFolder = modelFolder
    self.version = version
  }

  /// The digest of everything that is asked for besides the rows, by which results are told apart.
  static func parameters(
    _ question: Question, _ plan: ShardPlan, modelFolder: String?
  ) throws -> String {
    // The document of a model holds the checksums of its other files.
    let model = try modelFolder.map { try SHA256.digest(ofFile: $0 + "/model.json").hexadecimal }
    let text = [question.rawValue, plan.json.text(), model ?? ""].joined(separator: "\n")
    return SHA256.digest(of: Array(text.utf8)).hexadecimal
  }

  /// The bytes of the result's file.
  ///
  /// - Throws: the errors of the source, and `ConfigurationError` when the plan lacks what the question needs.
  public func answer(_ question: Question, about shard: ShardDescriptor) throws -> [UInt8] {
    let parameters = try Self.parameters(question, plan, modelFolder: modelFolder)
    func stamped(_ result: some ShardResult) -> [UInt8] {
      StampedResult(result, worker: version, parameters: parameters, shard: shard.name).encoded()
    }
    switch question {
    case .sample: return stamped(try sample(of: shard))
    case .histogram:
      guard let interval = plan.interval else { throw missing("an interval") }
      var histogram = ScoreHistogram(of: interval)
      try forEachScore(of: shard) { histogram.add($1) }
      return stamped(histogram)
    case .score:
      var rows = ScoredRows()
      try forEachScore(of: shard) { batch, scores in
        rows.add((0..<scores.count).map { batch.name($0) }, scores: scores)
      }
      return stamped(rows)
    case .moments:
      guard case .amounts(let holder) = plan.rows else { throw missing("amounts_by") }
      var series = SeriesMoments()
      try shard.forEachAmount(by: holder) { id, time, amount in
        guard amount.isFinite else {
          throw IngestionError.unreadableValue(
            source: "shard \(shard.name)", row: "a row", column: "value",
            expected: "a finite number")
        }
        series.add(id, amount, at: time)
      }
      return stamped(series)
    }
  }

  private func missing(_ what: String) -> ConfigurationError {
    ConfigurationError("the plan lacks \(what)")
  }

  private func sample(of shard: ShardDescriptor) throws -> RowSample {
    guard let wanted = plan.sample else { throw missing("a sample") }
    let columnCount =
      switch plan.rows {
      case .columns(let names, _): names.count
      case .features(let features, _, _, _, _): features.names.count
      case .amounts: 0
      }
    guard columnCount > 0 else { throw missing("columns") }
    var sample = RowSample(seed: wanted.seed, capacity: wanted.capacity, columnCount: columnCount)
    try shard.forEachBatch(of: plan.rows) { sample.add($0.matrix, keys: $0.keys) }
    return sample
  }

  private func forEachScore(
    of shard: ShardDescriptor, _ body: (KeyedRows, [Double]) throws -> Void
  ) throws {
    guard let modelFolder else { throw missing("a model; name it with --model") }
    let model = try TrainedDetector(loadingFrom: modelFolder)
    let names: [String]
    switch plan.rows {
    case .columns(let columns, _): names = columns
    case .features(let features, _, _, _, _): names = features.names
    case .amounts: throw missing("columns")
    }
    try shard.forEachBatch(of: plan.rows) { rows in
      try body(
        rows, try model.scores(of: rows.matrix, columnNames: names, threadCount: 1))
    }
  }
}
