public import JSON
internal import Promotion
internal import Registry

extension RetrainingPipeline {
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
      /// The alias moved and came back: the new version cannot be loaded, or the server does not answer with it.
      case rolledBack = "rolled_back"
      /// An error ended the work on this model.
      case failed
    }

    /// Name of the model.
    public let model: String
    /// Versions of this run, made or found.
    public internal(set) var versions: [TrainedVersion] = []
    /// The one that competes with the champion; `nil` when training failed.
    public internal(set) var best: TrainedVersion?
    /// What happened.
    public internal(set) var action: Action
    /// The table of gates; `nil` when the best version was champion already.
    public internal(set) var gates: PromotionStage.Outcome?
    /// Why the work failed or the champion came back.
    public internal(set) var failure: (any Error)?
  }
}

extension RetrainingPipeline.ModelOutcome {
  /// What happened, for people.
  public var sentence: String {
    guard let version = best?.registration.version else {
      return "failed: \(failure.map { "\($0)" } ?? "no version")"
    }
    switch action {
    case .promoted:
      return gates?.championVersion.map { "version \(version) replaces champion \($0)" }
        ?? "version \(version) is the first champion"
    case .unchanged: return "champion \(version) stays, it is the best"
    case .refused:
      let names = gates?.result.decision?.refusals.map(\.gate).joined(separator: ", ") ?? ""
      return "version \(version) was refused by: \(names)"
    case .rolledBack:
      let reason =
        gates?.failedLoad ?? failure.map { "\($0)" } ?? "version \(version) cannot be loaded"
      return "\(reason); the champion is back"
    case .failed: return "failed: \(failure.map { "\($0)" } ?? "version \(version)")"
    case .wouldPromote: return "version \(version) would become champion (dry run)"
    }
  }

  /// The outcome as JSON.
  public var json: JSONValue {
    var object: JSONObject = [
      "model": .string(model), "action": .string(action.rawValue), "sentence": .string(sentence),
      "version": best.map { .integer(Int64($0.registration.version)) } ?? nil,
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
    object["headline"] = best?.metrics["headline"]
    object["report"] = best.map { .string("\($0.registration.folder)/report.html") }
    object["decision"] = gates?.result.decision?.json
    object["comparison_report"] = gates?.reportFolder.map { .string($0 + "/report.html") }
    return .object(object)
  }
}
