public import JSON
public import Transactions

/// What one run of the weekly job did: `run.json`, rewritten after every stage.
public struct RunRecord: Equatable, Sendable {
  /// Name and version of the format.
  public static let format = "anomalyze-run/1"

  /// How far a run got.
  public enum Status: String, Sendable {
    /// It is at work, or was killed.
    case running
    /// A new champion serves.
    case promoted
    /// There was nothing to promote.
    case unchanged
    /// A gate refused; the champion stayed.
    case refused
    /// An error ended it, or ended the work on a model; no champion was lost.
    case failed
  }

  /// What happened in one stage.
  public struct Stage: Equatable, Sendable {
    /// Which stage.
    public let stage: RetrainingStage
    /// The model it worked on; `nil` for stages of the whole run.
    public let model: String?
    /// How long it took, to the millisecond.
    public let seconds: Double
    /// How many rows it worked on.
    public let rowCount: Int?
    /// How many bytes its result has.
    public let byteCount: Int?
    /// The most memory that the process had used when the stage ended.
    public let peakMemoryByteCount: Int
    /// Digest of its inputs or result: a later run with the same key does the work again only in name.
    public let key: String?
    /// Whether it did its work.
    public let isSuccess: Bool
    /// What happened, for people.
    public let summary: String

    /// The stage as JSON.
    public var json: JSONValue {
      var object: JSONObject = ["stage": .string(stage.rawValue)]
      object["model"] = model.map { .string($0) }
      object["seconds"] = .number(seconds)
      object["rows"] = rowCount.map { .integer(Int64($0)) }
      object["bytes"] = byteCount.map { .integer(Int64($0)) }
      object["peak_memory_bytes"] = .integer(Int64(peakMemoryByteCount))
      object["key"] = key.map { .string($0) }
      object["success"] = .bool(isSuccess)
      object["summary"] = .string(summary)
      return .object(object)
    }
  }

  /// Name of the run: the moment of its start.
  public let id: String
  /// When it started.
  public let startedAt: Timestamp
  /// When it ended; `nil` while it runs.
  public internal(set) var endedAt: Timestamp?
  /// The moment whose knowledge it used; `nil` for the present.
  public let asOf: Timestamp?
  /// Who ran it.
  public let actor: String
  /// Version of the program.
  public let codeVersion: String
  /// Whether it could change nothing.
  public let isDryRun: Bool
  /// How far it got.
  public internal(set) var status = Status.running
  /// Its stages, in the order in which they ended.
  public internal(set) var stages: [Stage] = []
  /// What became of each model.
  public internal(set) var models: [JSONValue] = []
  /// Why it failed.
  public internal(set) var failure: String?

  /// The document `run.json`.
  public var json: JSONValue {
    var object: JSONObject = [
      "format": .string(Self.format), "id": .string(id),
      "started_at": .string(startedAt.description),
    ]
    object["ended_at"] = endedAt.map { .string($0.description) }
    object["as_of"] = asOf.map { .string($0.description) }
    object["actor"] = .string(actor)
    object["code_version"] = .string(codeVersion)
    object["dry_run"] = .bool(isDryRun)
    object["status"] = .string(status.rawValue)
    object["failure"] = failure.map { .string($0) }
    object["stages"] = .array(stages.map(\.json))
    object["models"] = .array(models)
    return .object(object)
  }
}

extension RunRecord {
  /// Reads what `json` wrote; `nil` when something is missing.
  init?(_ json: JSONValue) {
    func time(_ key: String) -> Timestamp? {
      json[key]?.stringValue.flatMap { Timestamp(parsing: $0) }
    }
    guard json["format"]?.stringValue == Self.format, let id = json["id"]?.stringValue,
      let startedAt = time("started_at"), let actor = json["actor"]?.stringValue,
      let status = json["status"]?.stringValue.flatMap({ Status(rawValue: $0) })
    else { return nil }
    self.id = id
    self.startedAt = startedAt
    endedAt = time("ended_at")
    asOf = time("as_of")
    self.actor = actor
    codeVersion = json["code_version"]?.stringValue ?? ""
    isDryRun = json["dry_run"]?.boolValue ?? false
    self.status = status
    stages = (json["stages"]?.arrayValue ?? []).compactMap { Stage($0) }
    models = json["models"]?.arrayValue ?? []
    failure = json["failure"]?.stringValue
  }
}

extension RunRecord.Stage {
  fileprivate init?(_ json: JSONValue) {
    guard let stage = json["stage"]?.stringValue.flatMap({ RetrainingStage(rawValue: $0) }) else {
      return nil
    }
    self.init(
      stage: stage, model: json["model"]?.stringValue, seconds: json["seconds"]?.doubleValue ?? 0,
      rowCount: json["rows"]?.integerValue.map { Int($0) },
      byteCount: json["bytes"]?.integerValue.map { Int($0) },
      peakMemoryByteCount: Int(json["peak_memory_bytes"]?.integerValue ?? 0),
      key: json["key"]?.stringValue, isSuccess: json["success"]?.boolValue ?? false,
      summary: json["summary"]?.stringValue ?? "")
  }
}
