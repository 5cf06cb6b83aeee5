internal import Evaluation
internal import Features
internal import Ingestion
internal import Models
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

extension TrainingStage {
  /// The forest that workers fit to the shards of a snapshot's training rows; `nil` for other detectors and without an engine.
  func fitInShards(
    _ detector: DetectorConfiguration, _ snapshot: Snapshot?, _ split: TimeSplit?,
    _ choice: TrainingRowChoice
  ) throws -> (forest: IsolationForest, lineage: ShardLineage)? {
    guard let sharding, let snapshot, let split, case .isolationForest(let parameters) = detector
    else { return nil }
    var rounds = ShardRounds(
      engine: sharding.engine,
      shards: try ShardDescriptor.shards(of: snapshot, count: sharding.shardCount),
      snapshot: snapshot.manifest.digest, tell: sharding.tell)
    let (forest, _, _) = try rounds.fitForest(
      IsolationForestLearner(parameters: parameters),
      rows: .features(
        configuration.features, configuration.rules, period: split.training, asOf: snapshot.asOf,
        choice),
      featureNames: configuration.features.names, threadCount: context.threadCount)
    return (forest, rounds.lineage)
  }
}
