internal import Evaluation
internal import Files
internal import Ingestion
internal import JSON
internal import Models
public import Promotion
public import Registry
internal import Transactions

/// Decides whether a version may have an alias, on the same rows as the version that has it.
public struct PromotionStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the stage.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// What the gates said about a version.
  public struct Outcome: Sendable {
    /// The table of gates.
    public let decision: PromotionDecision
    /// The version that has the alias; `nil` when nobody has it.
    public let championVersion: Int?
    /// Folder of the report that compares both; `nil` when there was nothing to compare.
    public let reportFolder: String?
    /// Number of the audit row at which the alias was seen, 0 for none: it moves only if nobody else has moved it since.
    public let sequence: Int
  }

  /// Asks the gates about `version` for `alias`.
  ///
  /// The champion is scored again on the challenger's test rows, so the figures are of the same rows whatever each was
  /// trained on.
  ///
  /// - Throws: the errors of reading and judging; a missing snapshot of the challenger is `PipelineError.noSnapshot`.
  public func decide(
    _ name: String, version: Int, alias: String, registry: borrowing Registry
  ) throws -> Outcome {
    let policy =
      configuration.promotion == [:]
      ? PromotionPolicy.standard() : try PromotionPolicy(configuration.promotion)
    let registered = try registry.version(name, version)
    let folder = registry.layout.versionFolder(name, version)
    var evidence = PromotionEvidence(
      challenger: try TrainingStage.metrics(in: folder), champion: nil,
      approvers: Set(try registry.approvals(of: name, version).map(\.actor)),
      trainer: registered.createdBy, moment: context.moment)
    let seen = try registry.alias(alias, of: name)
    guard let holder = seen, holder.version != version else {
      return Outcome(
        decision: policy.decide(evidence), championVersion: seen?.version, reportFolder: nil,
        sequence: seen?.sequence ?? 0)
    }
    let report = try compare(
      name, version, folder, with: holder.version,
      registry.layout.versionFolder(name, holder.version))
    evidence.challenger = report.metrics
    evidence.champion = Self.metrics(of: "champion", in: report.metrics)
    let reportFolder = "\(configuration.reportsFolder)/\(name)-\(version)-vs-\(holder.version)"
    try report.write(to: reportFolder)
    return Outcome(
      decision: policy.decide(evidence), championVersion: holder.version,
      reportFolder: reportFolder, sequence: holder.sequence)
  }

  /// Carries out what the gates said: moves the alias, or keeps the refusal on record.
  public func settle(
    _ outcome: Outcome, _ name: String, version: Int, alias: String, reason: String,
    isForced: Bool = false, isDryRun: Bool, registry: borrowing Registry
  ) throws -> PromotionResult {
    try registry.settle(
      outcome.decision,
      PromotionRequest(
        name: name, version: version, alias: alias, actor: context.actor, reason: reason,
        isForced: isForced, isDryRun: isDryRun, expectedSequence: outcome.sequence,
        at: context.moment))
  }

  private func compare(
    _ name: String, _ version: Int, _ folder: String, with champion: Int, _ championFolder: String
  ) throws -> EvaluationReport {
    let lineage = try VersionLineage(ofVersionIn: folder)
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      lineage.snapshotDigest)
    let (model, rival) = (
      try ScoringModel(loadingFrom: folder), try ScoringModel(loadingFrom: championFolder)
    )
    func tables(_ model: ScoringModel) throws -> FeatureTables {
      try FeatureTables(
        of: snapshot, features: model.features, rules: model.rules, split: lineage.split,
        dropsKnownCompromised: lineage.dropsKnownCompromised)
    }
    let own = try tables(model)
    let other = rival.features == model.features ? own : try tables(rival)
    return try EvaluationStage(configuration: configuration, context: context).report(
      title: "\(name)/\(version) against \(name)/\(champion)", own,
      detectors: [
        DetectorScores(
          name: "challenger",
          scores: try model.detector.scores(of: own.test, threadCount: context.threadCount)),
        DetectorScores(
          name: "champion", role: .champion,
          scores: try rival.detector.scores(of: other.test, threadCount: context.threadCount)),
      ],
      lineage: lineage,
      parameters: [lineage.detector, try VersionLineage(ofVersionIn: championFolder).detector],
      command: "anomalyze promote \(name) --version \(version) --dry-run")
  }

  /// The figures of one detector of a report in the shape of its own `metrics.json`.
  private static func metrics(of detector: String, in metrics: JSONValue) -> JSONValue? {
    let entry = metrics["detectors"]?.arrayValue?.first { $0["name"]?.stringValue == detector }
    return entry?["headline"].map { ["headline": $0] }
  }
}
