public import Files
public import Ingestion
internal import Features
internal import Models
internal import Tabular
internal import Terminal
internal import Transactions

/// Computes the feature engine's state at the end of a snapshot again: what a server continues from.
public struct FeatureStateStage: Sendable {
  /// The state and where it stands.
  public struct Outcome: Sendable {
    /// The state, as a version's folder holds it.
    public let state: SafetensorsArchive
    /// How many users, terminals and so on it remembers.
    public let entityCount: Int
    /// Whether it is byte for byte the state that the version was registered with.
    public let isAsRegistered: Bool
  }

  /// Makes the stage.
  public init() {}

  /// Replays `snapshot` through the features and rules of the version in `folder`.
  public func run(versionFolder folder: String, on snapshot: Snapshot) throws -> Outcome {
    let model = try ScoringModel(loadingFrom: folder)
    var engine = FeatureEngine(model.features, rules: model.rules)
    var progress = ProgressLine("replayed")
    var rowCount = 0
    var none: [Double] = []
    try snapshot.forEachBatch { batch in
      // An empty period: every row moves the state, none is computed.
      let start = snapshot.manifest.firstTime
      try engine.process(batch, within: start..<start, appendingTo: &none)
      rowCount += batch.count
      progress.update(rowCount, of: snapshot.manifest.rowCount)
    }
    progress.finish()
    let state = engine.encodedState()
    let stored = try FileSystem.read("\(folder)/\(ScoringModel.featureStateFile)")
    return Outcome(
      state: state, entityCount: engine.entityCount, isAsRegistered: state.encoded() == stored)
  }
}
