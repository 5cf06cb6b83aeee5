public import Ingestion
public import JSON
internal import Promotion
public import Registry
internal import Terminal
internal import Transactions

/// The weekly job as a value: pull → train and evaluate → register → gate → promote, for every model of the configuration.
///
/// Each stage leaves its result on disk under the digest of its inputs, so a run that was cut is completed by the next one and
/// a run without news changes nothing. Production moves in the last step only, and only forward.
public struct RetrainingPipeline: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the pipeline.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// What became of one model.
  public struct ModelOutcome: Sendable {
    /// What a run can do to production.
    public enum Action: String, Sendable {
      /// The champion alias moved.
      case promoted
      /// The best version is the champion already.
      case unchanged
      /// A gate refused; the champion is as it was.
      case refused
      /// The gates agree, and nothing was moved because of a dry run.
      case wouldPromote = "would_promote"
      /// The new champion could not be loaded; the one before it is back.
      case rolledBack = "rolled_back"
    }

    /// Name of the model.
    public let model: String
    /// Versions of this run, made or found.
    public let versions: [TrainedVersion]
    /// The one with the highest average precision.
    public let best: TrainedVersion
    /// What happened.
    public let action: Action
    /// The table of gates; `nil` when the best version was champion already.
    public let gates: PromotionStage.Outcome?
  }

  /// What a run did.
  public struct Outcome: Sendable {
    /// The snapshot it worked on.
    public let snapshot: Snapshot
    /// One entry a model.
    public let models: [ModelOutcome]

    /// Whether a model was refused, by a gate or by the check after its promotion.
    public var isRefused: Bool { models.contains { [.refused, .rolledBack].contains($0.action) } }
  }

  /// Runs all stages.
  ///
  /// - Parameters:
  ///   - source: Where the transactions are.
  ///   - isDryRun: Stop before the champion moves.
  ///   - report: Receives a line at the end of each stage.
  public func run(
    from source: SourceLocation, isDryRun: Bool, registry: borrowing Registry,
    report: (String) -> Void
  ) throws -> Outcome {
    let clock = Terminal.monotonicSeconds
    func tell(_ text: String) {
      let seconds = ((Terminal.monotonicSeconds - clock) * 10).rounded() / 10
      report("[\(seconds) s] \(text)")
    }
    let pulled = try PullStage(configuration).run(source)
    let snapshot = pulled.snapshot
    tell(
      "pulled \(grouped(pulled.fetchedRowCount)) rows"
        + (pulled.isIncremental ? " of changes" : "")
        + ": snapshot \(snapshot.manifest.digest.prefix(12)) of \(grouped(snapshot.manifest.rowCount))"
    )
    let validation = try ValidationStage(configuration: configuration, moment: context.moment)
      .run(snapshot, warn: tell)
    tell("validated: \(validation.summary)")
    let split = try PeriodSelection().split(
      of: snapshot, at: context.moment, evaluation: configuration.evaluation)
    var outcomes: [ModelOutcome] = []
    for model in configuration.models {
      let versions = try TrainingStage(configuration: configuration, context: context).run(
        model, on: snapshot, split: split, registry: registry)
      for version in versions {
        tell(
          "\(model.name)/\(version.registration.version) \(version.detector): "
            + (version.registration.isNew ? "trained and registered" : "exists already")
            + ", average precision \(fixed(version.averagePrecision))")
      }
      let outcome = try promote(versions, of: model.name, isDryRun: isDryRun, registry)
      tell("\(model.name): \(outcome.sentence)")
      outcomes.append(outcome)
    }
    return Outcome(snapshot: snapshot, models: outcomes)
  }

  private func promote(
    _ versions: [TrainedVersion], of name: String, isDryRun: Bool, _ registry: borrowing Registry
  ) throws -> ModelOutcome {
    guard
      let best = versions.enumerated().max(by: {
        // The earlier of equals wins, so that a rerun chooses the same.
        ($0.element.averagePrecision, -$0.offset) < ($1.element.averagePrecision, -$1.offset)
      })?.element
    else { preconditionFailure("a model has detectors") }
    let version = best.registration.version
    func outcome(_ action: ModelOutcome.Action, _ gates: PromotionStage.Outcome?) -> ModelOutcome {
      ModelOutcome(model: name, versions: versions, best: best, action: action, gates: gates)
    }
    if try registry.alias("champion", of: name)?.version == version {
      return outcome(.unchanged, nil)
    }
    if !isDryRun {
      try registry.setAlias(
        "candidate", of: name, to: version, by: context.actor,
        reason: "best of the run by average precision", at: context.moment)
    }
    let gates = try PromotionStage(configuration: configuration, context: context).run(
      PromotionRequest(
        name: name, version: version, actor: context.actor, reason: "retraining",
        isDryRun: isDryRun, at: context.moment), registry: registry)
    if gates.failedLoad != nil { return outcome(.rolledBack, gates) }
    switch gates.result.status {
    case .promoted, .forced: return outcome(.promoted, gates)
    case .unchanged: return outcome(.unchanged, gates)
    case .refused, .wouldRefuse: return outcome(.refused, gates)
    case .wouldPromote: return outcome(.wouldPromote, gates)
    }
  }
}

extension RetrainingPipeline.ModelOutcome {
  /// What happened, for people.
  public var sentence: String {
    let version = best.registration.version
    switch action {
    case .promoted:
      return gates?.championVersion.map { "version \(version) replaces champion \($0)" }
        ?? "version \(version) is the first champion"
    case .unchanged: return "champion \(version) stays, it is the best"
    case .refused:
      let names = gates?.result.decision?.refusals.map(\.gate).joined(separator: ", ") ?? ""
      return "version \(version) was refused by: \(names)"
    case .rolledBack:
      return "\(gates?.failedLoad ?? "version \(version) cannot be loaded"); the champion is back"
    case .wouldPromote: return "version \(version) would become champion (dry run)"
    }
  }

  /// The outcome as JSON.
  public var json: JSONValue {
    var object: JSONObject = [
      "model": .string(model), "action": .string(action.rawValue),
      "version": .integer(Int64(best.registration.version)),
      "versions": .array(
        versions.map { version in
          [
            "version": .integer(Int64(version.registration.version)),
            "detector": .string(version.detector), "new": .bool(version.registration.isNew),
            "digest": .string(version.registration.digest),
            "folder": .string(version.registration.folder),
            "headline": version.metrics["headline"] ?? nil,
          ]
        }),
    ]
    object["decision"] = gates?.result.decision?.json
    object["comparison_report"] = gates?.reportFolder.map { .string($0 + "/report.html") }
    return .object(object)
  }
}

/// A number with four decimals, for tables and lines.
public func fixed(_ value: Double) -> String {
  let scaled = (abs(value) * 10_000).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let digits = String(Int(scaled))
  let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  return (value < 0 && scaled > 0 ? "-" : "") + padded.dropLast(4) + "." + padded.suffix(4)
}
