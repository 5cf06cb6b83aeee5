internal import Evaluation
internal import Files
internal import Ingestion
internal import JSON
internal import Models
public import Promotion
public import Registry
internal import Transactions

/// Moves an alias to a version if the gates agree, after measuring it on the same rows as the champion.
public struct PromotionStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the stage.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// How a promotion ended.
  public struct Outcome: Sendable {
    /// What happened to the alias, with the table of gates.
    public let result: PromotionResult
    /// The champion that the version was compared with; `nil` when there was none.
    public let championVersion: Int?
    /// Folder of the report that compares both; `nil` when there was nothing to compare.
    public let reportFolder: String?
    /// Why the version was taken back at once: it cannot be loaded as a server loads it.
    public let failedLoad: String?
  }

  /// Measures, asks the gates and moves the alias, or keeps the refusal on record.
  ///
  /// The champion is scored again on the challenger's test rows, so the figures are of the same rows whatever each was
  /// trained on. A version that becomes champion is then loaded as a server would load it; if that fails, the champion
  /// before it comes back.
  ///
  /// - Throws: the errors of reading and judging; a missing snapshot of the challenger is `PipelineError.noSnapshot`.
  public func run(_ request: PromotionRequest, registry: borrowing Registry) throws -> Outcome {
    let name = request.name
    let policy = try policy(of: name)
    var request = request
    // What is seen here is what the alias may move from, however long the measuring takes.
    let seen = try registry.alias(request.alias, of: name)
    request.expectedSequence = request.expectedSequence ?? seen?.sequence ?? 0
    let champion = try registry.alias(RegistryName.champion, of: name)?.version
    guard seen?.version != request.version else {
      return Outcome(
        result: try registry.promote(request, by: policy), championVersion: champion,
        reportFolder: nil, failedLoad: nil)
    }
    var metrics = try registry.metrics(of: name, request.version)
    var reportFolder: String?
    if let champion, champion != request.version {
      let report = try compare(name, request.version, with: champion, registry.layout)
      metrics = report.metrics
      request.champion = (champion, Self.metrics(of: "champion", in: metrics) ?? [:])
      let folder = "\(configuration.reportsFolder)/\(name)-\(request.version)-vs-\(champion)"
      try report.write(to: folder)
      reportFolder = folder
    }
    let evidence = EvidenceCollector(
      configuration: configuration, layout: registry.layout, name: name, version: request.version)
    request.challengerMetrics = try evidence.adding(factsFor: policy, to: metrics)
    request.checks = try evidence.checks(for: policy)
    let result = try registry.promote(request, by: policy)
    let isNewChampion =
      request.alias == RegistryName.champion && [.promoted, .forced].contains(result.status)
    return Outcome(
      result: result, championVersion: champion, reportFolder: reportFolder,
      failedLoad: isNewChampion ? try takeBackUnlessLoadable(request, registry) : nil)
  }

  /// The gates of the configuration; a required signature is one of them.
  private func policy(of name: String) throws -> PromotionPolicy {
    let gates = configuration.scoped(toModelNamed: name).promotion
    let policy = gates == [:] ? PromotionPolicy.standard() : try PromotionPolicy(gates)
    guard configuration.signatures?.isRequired == true else { return policy }
    return try policy.adding(Gate(name: "signature", rule: .check(EvidenceCollector.signature)))
  }

  private func takeBackUnlessLoadable(
    _ request: PromotionRequest, _ registry: borrowing Registry
  ) throws -> String? {
    do {
      _ = try ScoringModel(
        loadingFrom: registry.layout.versionFolder(request.name, request.version))
      return nil
    } catch {
      let reason = "version \(request.version) cannot be loaded: \(error)"
      try registry.rollBack(
        request.name, by: context.actor, reason: String(reason.prefix(1_000)), at: context.moment)
      return reason
    }
  }

  private func compare(
    _ name: String, _ version: Int, with champion: Int, _ layout: RegistryLayout
  ) throws -> EvaluationReport {
    let folder = layout.versionFolder(name, version)
    let championFolder = layout.versionFolder(name, champion)
    let lineage = try VersionLineage(ofVersionIn: folder)
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      lineage.snapshotDigest
    ).seen(asOf: lineage.asOf)
    return try CompareStage(configuration: configuration, context: context).run(
      .init(name: "challenger", folder: folder),
      with: .init(name: "champion", folder: championFolder), on: snapshot, split: lineage.split,
      title: "\(name)/\(version) against \(name)/\(champion)",
      command: "anomalyze promote \(name) --version \(version) --dry-run")
  }

  /// The figures of one detector of a report in the shape of its own `metrics.json`.
  private static func metrics(of detector: String, in metrics: JSONValue) -> JSONValue? {
    let entry = metrics["detectors"]?.arrayValue?.first { $0["name"]?.stringValue == detector }
    return entry?["headline"].map { ["headline": $0] }
  }
}
