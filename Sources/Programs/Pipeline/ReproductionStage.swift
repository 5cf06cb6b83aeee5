internal import Evaluation
internal import Files
internal import Ingestion
public import JSON
internal import Models
public import Registry

/// Makes a version again from its stored snapshot and parameters, and compares every byte.
public struct ReproductionStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the stage.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// What making a version again gave.
  public struct Outcome: Equatable, Sendable {
    /// The version.
    public let reference: String
    /// The snapshot that it was made of.
    public let snapshotDigest: String
    /// Digest of its files.
    public let digest: String
    /// Digest of the files made again.
    public let reproducedDigest: String
    /// The files that came out otherwise, were lacking or were added.
    public let differences: [String]
    /// The version of the program that made it.
    public let codeVersion: String

    /// Whether every byte is the same.
    public var isReproduced: Bool { digest == reproducedDigest }

    /// The outcome as a JSON object.
    public var json: JSONValue {
      [
        "version": .string(reference), "reproduced": .bool(isReproduced),
        "digest": .string(digest), "reproduced_digest": .string(reproducedDigest),
        "differences": .array(differences.map { .string($0) }),
        "snapshot": .string(snapshotDigest), "code_version": .string(codeVersion),
      ]
    }
  }

  /// Trains and judges again; nothing is registered.
  ///
  /// Features, parameters, periods and rivals come from the version itself, not from today's configuration.
  ///
  /// - Throws: `PipelineError.malformedLineage` or `.notReproducible` when the version does not hold what is needed, and the
  ///   errors of reading the snapshot, learning and judging.
  public func run(_ version: ResolvedVersion) throws -> Outcome {
    let lineage = try VersionLineage(ofVersionIn: version.folder)
    let reference = "\(version.name)/\(version.version)"
    let model = try ScoringModel(loadingFrom: version.folder)
    guard let rivals = lineage.judging["rivals"]?.arrayValue,
      let primary = rivals.firstIndex(of: lineage.detector),
      let evaluation = configuration.evaluation.applying(
        settings: lineage.judging["evaluation"] ?? .null, delay: lineage.split.delay,
        dropsKnownCompromised: lineage.dropsKnownCompromised)
    else { throw PipelineError.notReproducible(reference) }
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      lineage.snapshotDigest
    ).seen(asOf: lineage.asOf)
    try snapshot.verify()
    var configuration = configuration
    configuration.features = model.features
    configuration.rules = model.rules
    configuration.segment = lineage.segment
    configuration.evaluation = evaluation
    // The program's version is written into the files; a newer program that gives the same bytes otherwise proves as much.
    let stage = TrainingStage(
      configuration: configuration,
      context: RunContext(
        actor: context.actor, moment: context.moment, threadCount: context.threadCount,
        codeVersion: lineage.codeVersion))
    // Dropped without a commit, the folder is removed.
    let staged = try StagedDirectory(
      destination: "\(configuration.reportsFolder)/reproduction")
    try stage.write(
      LabConfiguration.Model(
        name: version.name, detectors: try rivals.map { try DetectorConfiguration($0) }),
      detector: primary, on: snapshot, split: lineage.split, to: staged)
    let content = try VersionContent(ofFilesIn: staged.path, name: version.name)
    return Outcome(
      reference: reference, snapshotDigest: lineage.snapshotDigest, digest: version.digest,
      reproducedDigest: content.digest,
      differences: try content.differences(
        from: VersionContent(ofFilesIn: version.folder, name: version.name)),
      codeVersion: lineage.codeVersion)
  }
}
