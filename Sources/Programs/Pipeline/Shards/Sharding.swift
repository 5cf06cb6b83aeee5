internal import Evaluation
internal import Features
internal import Ingestion
public import JSON
internal import Models
internal import Terminal
internal import Training

/// How a stage of the pipeline is to be divided.
public struct Sharding: Sendable {
  let engine: ShardEngine
  let shardCount: Int
  let tell: @Sendable (String) -> Void

  /// Divides into `shardCount` shards.
  ///
  /// - Parameter tell: Told about every round.
  public init(
    engine: ShardEngine, shardCount: Int, tell: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.engine = engine
    self.shardCount = shardCount
    self.tell = tell
  }
}

/// Who works on the shards of the weekly job and of `train`: the key `engine` of the configuration.
public struct EngineConfiguration: Equatable, Sendable {
  /// `local`, `dask`, `spark`, or the path of an adapter.
  public let name: String
  /// In how many shards; as many as there are processors when `nil`.
  public let shardCount: Int?
  /// Where the cluster is; the engine's own on this machine when `nil`.
  public let cluster: String?
  /// The worker's path on all machines; it is delivered when `nil`.
  public let workerPath: String?
  /// How many workers run at once on this machine; as many as there are processors when `nil`.
  public let workerCount: Int?
  /// How often a shard is tried.
  public let attemptLimit: Int

  /// Describes an engine.
  public init(
    name: String, shardCount: Int? = nil, cluster: String? = nil, workerPath: String? = nil,
    workerCount: Int? = nil, attemptLimit: Int = 4
  ) {
    self.name = name
    self.shardCount = shardCount
    self.cluster = cluster
    self.workerPath = workerPath
    self.workerCount = workerCount
    self.attemptLimit = attemptLimit
  }

  /// The engine for workers of program version `version`.
  public func engine(version: String) -> ShardEngine {
    var engine = ShardEngine(
      name: name, workerCount: workerCount ?? Terminal.processorCount, version: version)
    engine.cluster = cluster
    engine.workerPath = workerPath
    engine.attemptLimit = attemptLimit
    return engine
  }

  /// The division that it asks for.
  ///
  /// - Parameters:
  ///   - version: Version of the program, which all workers must have.
  ///   - tell: Told about every round.
  public func sharding(
    version: String, tell: @escaping @Sendable (String) -> Void = { _ in }
  ) -> Sharding {
    Sharding(
      engine: engine(version: version), shardCount: shardCount ?? Terminal.processorCount,
      tell: tell)
  }

  /// The setting as JSON.
  public var json: JSONValue {
    var object: JSONObject = ["name": .string(name)]
    object["shards"] = shardCount.map { .integer(Int64($0)) }
    object["cluster"] = cluster.map { .string($0) }
    return .object(object)
  }
}

extension ConfigurationReader {
  /// Reads `engine`.
  func engine(_ located: (String) -> String) throws(ConfigurationError) -> EngineConfiguration? {
    try checkKeys(at: "engine")
    guard has("engine") else { return nil }
    let name = try text("engine.name")
    func count(_ key: String) throws(ConfigurationError) -> Int? {
      has(key) ? try self.count(key) : nil
    }
    guard ShardEngine.names.contains(name) || name.contains("/") else {
      throw failure(
        "engine.name",
        "is none of \(ShardEngine.names.joined(separator: ", ")), nor the path of an adapter")
    }
    return EngineConfiguration(
      name: name.contains("/") ? located(name) : name, shardCount: try count("engine.shards"),
      cluster: try optionalText("engine.cluster"),
      workerPath: try optionalText("engine.worker").map(located),
      workerCount: try count("engine.workers"), attemptLimit: try self.count("engine.attempts"))
  }
}

extension Sharding {
  /// The rounds over the shards of a snapshot.
  func rounds(over snapshot: Snapshot) throws -> ShardRounds {
    ShardRounds(
      engine: engine, shards: try ShardDescriptor.shards(of: snapshot, count: shardCount),
      snapshot: snapshot.manifest.digest, tell: tell)
  }
}

extension TrainingStage {
  /// The forest that workers fit to the shards of a snapshot's training rows; `nil` for other detectors and without an engine.
  func fitInShards(
    _ detector: DetectorConfiguration, _ snapshot: Snapshot?, _ split: TimeSplit?,
    _ choice: TrainingRowChoice
  ) throws -> (forest: IsolationForest, lineage: ShardLineage)? {
    guard let sharding, let snapshot, let split, case .isolationForest(let parameters) = detector
    else { return nil }
    var rounds = try sharding.rounds(over: snapshot)
    let (forest, _, _) = try rounds.fitForest(
      IsolationForestLearner(parameters: parameters),
      rows: .features(
        configuration.features, configuration.rules, period: split.training, asOf: snapshot.asOf,
        choice),
      featureNames: configuration.features.names, threadCount: context.threadCount)
    return (forest, rounds.lineage)
  }
}
