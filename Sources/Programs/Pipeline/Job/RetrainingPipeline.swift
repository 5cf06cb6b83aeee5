public import Ingestion
internal import Files
internal import Promotion
public import Registry
internal import Terminal
public import Transactions

/// The weekly job as a value: pull → validate → train and judge → register → gate → promote → verify, for every model of
/// the configuration.
///
/// Each stage leaves its result on disk under the digest of its inputs, so a run that was cut is completed by the next one and
/// a run without news changes nothing. Production moves in the last steps only, and only forward.
public struct RetrainingPipeline: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the pipeline.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  private var sharding: Sharding? {
    configuration.engine?.sharding(version: context.codeVersion)
  }

  /// What a run is asked to do.
  public struct Order: Sendable {
    /// Where the transactions are.
    public var source: SourceLocation
    /// The first stage; what earlier ones left behind is used.
    public var firstStage: RetrainingStage
    /// The snapshot of a run that does not pull; `nil` for the newest.
    public var snapshot: Snapshot?
    /// Use only what was known before this moment; `nil` for everything.
    public var asOf: Timestamp?
    /// Stop before the champion moves.
    public var isDryRun: Bool

    /// Describes a run.
    public init(
      source: SourceLocation, firstStage: RetrainingStage = .pull, snapshot: Snapshot? = nil,
      asOf: Timestamp? = nil, isDryRun: Bool = false
    ) {
      self.source = source
      self.firstStage = firstStage
      self.snapshot = snapshot
      self.asOf = asOf
      self.isDryRun = isDryRun
    }
  }

  /// What a run did.
  public struct Outcome: Sendable {
    /// The snapshot it worked on.
    public let snapshot: Snapshot
    /// One entry a model.
    public let models: [ModelOutcome]

    /// Why series could not be fitted; `nil` when they were, or nobody asked for them.
    public let seriesFailure: (any Error)?

    /// Whether a gate refused a model.
    public var isRefused: Bool { models.contains { $0.action == .refused } }
    /// The first error of a model, else that of the series.
    public var failure: (any Error)? { models.lazy.compactMap(\.failure).first ?? seriesFailure }
  }

  /// Runs the stages; a model that fails does not keep the others from theirs.
  ///
  /// - Throws: the errors of pulling and validating, which concern every model, and of writing the journal.
  public func run(
    _ order: Order, registry: borrowing Registry, journal: inout RunJournal
  ) throws -> Outcome {
    let snapshot = try snapshot(order, journal: &journal)
    var outcomes: [ModelOutcome] = []
    for model in configuration.models {
      var outcome = ModelOutcome(model: model.name, action: .failed)
      do {
        try train(model, on: snapshot, order, registry, &outcome, &journal)
        try promote(order, registry, &outcome, &journal)
      } catch let error as FileError {
        // A journal that cannot be written ends the run: nobody could tell what it did.
        throw error
      } catch {
        if ![.rolledBack, .promoted].contains(outcome.action) { outcome.action = .failed }
        outcome.failure = error
      }
      outcomes.append(outcome)
    }
    return Outcome(
      snapshot: snapshot, models: outcomes,
      seriesFailure: try fitSeries(snapshot, order, journal: &journal))
  }

  /// Fits the series of the snapshot, after the models and whatever became of them: the server's store has no past and no rehearsal.
  private func fitSeries(
    _ snapshot: Snapshot, _ order: Order, journal: inout RunJournal
  ) throws(FileError) -> (any Error)? {
    guard let job = configuration.job.series, order.asOf == nil, !order.isDryRun else { return nil }
    do {
      try journal.stage(.series) {
        let (summary, shards) = try SeriesStage(job: job, context: context, sharding: sharding)
          .run(on: snapshot)
        return (
          (),
          RunJournal.Figures(
            key: snapshot.manifest.digest,
            summary: "series: \(summary.line)" + (shards.map { ", \($0.line)" } ?? ""))
        )
      }
      return nil
    } catch let error as FileError {
      throw error
    } catch {
      return error
    }
  }

  private func snapshot(_ order: Order, journal: inout RunJournal) throws -> Snapshot {
    guard RetrainingStage.pull.isPart(ofRunFrom: order.firstStage) else {
      let collection = SnapshotCollection(root: configuration.snapshotsFolder)
      return try (order.snapshot ?? collection.open(nil)).seen(asOf: order.asOf)
    }
    let snapshot = try journal.stage(.pull) {
      let snapshot = try PullStage(configuration).run(order.source).snapshot
      return (snapshot, Self.figures(of: snapshot))
    }.seen(asOf: order.asOf)
    try validate(snapshot, journal: &journal)
    return snapshot
  }

  private static func figures(of snapshot: Snapshot) -> RunJournal.Figures {
    let manifest = snapshot.manifest
    return RunJournal.Figures(
      rowCount: manifest.rowCount, byteCount: manifest.parts.reduce(0) { $0 + $1.byteCount },
      key: manifest.digest,
      summary: "pulled \(grouped(manifest.rowCount)) rows: snapshot \(manifest.digest.prefix(12))")
  }

  private func validate(_ snapshot: Snapshot, journal: inout RunJournal) throws {
    try journal.stage(.validate) {
      var warnings: [String] = []
      let report = try ValidationStage(
        configuration: configuration, moment: snapshot.asOf ?? context.moment
      ).run(snapshot) { warnings.append($0) }
      return (
        (),
        RunJournal.Figures(
          key: snapshot.manifest.digest,
          summary: (["validated: \(report.summary)"] + warnings).joined(separator: "; "))
      )
    }
  }

  private func train(
    _ model: LabConfiguration.Model, on snapshot: Snapshot, _ order: Order,
    _ registry: borrowing Registry, _ outcome: inout ModelOutcome, _ journal: inout RunJournal
  ) throws {
    let split = try PeriodSelection().split(
      of: snapshot, at: context.moment, evaluation: configuration.evaluation)
    let stage = TrainingStage(
      configuration: configuration, context: context, sharding: sharding)
    let versions: [TrainedVersion]
    if RetrainingStage.train.isPart(ofRunFrom: order.firstStage) {
      versions = try journal.stage(.train, of: model.name) {
        var warnings: [String] = []
        let versions = try stage.run(
          model, on: snapshot, split: split, registry: registry
        ) { warnings.append("\(model.name) \($0)") }
        let lines = versions.map { version in
          "\(model.name)/\(version.registration.version) \(version.detector) "
            + (version.registration.isNew ? "trained and registered" : "exists already")
            + ", average precision \(version.averagePrecision < 0 ? "-" : fixed(version.averagePrecision))"
            + (version.shards.map { ", \($0.line)" } ?? "")
        }
        return (
          versions,
          RunJournal.Figures(
            rowCount: snapshot.manifest.rowCount,
            key: versions.map(\.registration.digest).joined(separator: " "),
            summary: (lines + warnings).joined(separator: "; "))
        )
      }
    } else {
      guard
        let earlier = try stage.existing(model, on: snapshot, split: split, registry: registry)
      else { throw PipelineError.notTrained(model: model.name) }
      versions = earlier
    }
    outcome.versions = versions
    // By the validation rows, since the test rows judge; the earlier of equals wins, so that a rerun chooses the same.
    outcome.best =
      versions.enumerated().max {
        ($0.element.validationPrecision, -$0.offset)
          < ($1.element.validationPrecision, -$1.offset)
      }?.element
  }

  private func promote(
    _ order: Order, _ registry: borrowing Registry, _ outcome: inout ModelOutcome,
    _ journal: inout RunJournal
  ) throws {
    guard let best = outcome.best else { preconditionFailure("a model has detectors") }
    let (name, version) = (outcome.model, best.registration.version)
    let champion = try registry.alias(RegistryName.champion, of: name)?.version
    var settled = outcome
    settled.action = .unchanged
    try journal.stage(.promote, of: name) {
      if champion != version {
        try settle(&settled, version, order, registry)
      }
      return (
        (),
        RunJournal.Figures(key: best.registration.digest, summary: "\(name): \(settled.sentence)")
      )
    }
    outcome = settled
    guard outcome.action == .promoted, let server = configuration.job.server else { return }
    do {
      try journal.stage(.verify, of: name) {
        let seconds = try ServerCheck(server).waitForChampion(
          version, of: name, folder: best.registration.folder)
        return (
          (),
          RunJournal.Figures(
            summary: "the server answers with \(name)/\(version) after \(seconds) s")
        )
      }
    } catch let error as PipelineError {
      // A first champion has nobody to give way to; the error says what is wrong with the server.
      if champion != nil {
        try registry.rollBack(
          name, by: context.actor, reason: String("\(error)".prefix(1_000)), at: context.moment)
        outcome.action = .rolledBack
      }
      throw error
    }
  }

  private func settle(
    _ outcome: inout ModelOutcome, _ version: Int, _ order: Order, _ registry: borrowing Registry
  ) throws {
    if !order.isDryRun {
      try registry.setAlias(
        "candidate", of: outcome.model, to: version, by: context.actor,
        reason: "best of the run by average precision on the validation period", at: context.moment)
    }
    let gates = try PromotionStage(configuration: configuration, context: context).run(
      PromotionRequest(
        name: outcome.model, version: version, actor: context.actor, reason: "retraining",
        isDryRun: order.isDryRun, at: context.moment), registry: registry)
    outcome.gates = gates
    outcome.action =
      switch gates.result.status {
      case _ where gates.failedLoad != nil: .rolledBack
      case .promoted, .forced: .promoted
      case .unchanged: .unchanged
      case .refused, .wouldRefuse: .refused
      case .wouldPromote: .wouldPromote
      }
  }
}
