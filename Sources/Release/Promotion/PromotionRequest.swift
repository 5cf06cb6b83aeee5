public import JSON
public import Transactions

/// The wish to move an alias to a version through the gates.
public struct PromotionRequest: Sendable {
  /// Name of the model.
  public var name: String
  /// The version that wants the alias.
  public var version: Int
  /// The alias.
  public var alias: String
  /// Who asks.
  public var actor: String
  /// Why, in words; needed to force.
  public var reason: String
  /// Whether the alias moves although gates refuse; the audit says so.
  public var isForced: Bool
  /// Whether only the answer is wanted: then nothing is written.
  public var isDryRun: Bool
  /// The sequence at which the caller saw the alias; see `Registry.setAlias`.
  public var expectedSequence: Int?
  /// Metrics of the version where they are newer than its own `metrics.json`: a comparison with today's champion is not
  /// part of a version, because it would make equal models different.
  public var challengerMetrics: JSONValue?
  /// The champion, measured again on the same rows; while it is not the champion any more, nothing is promoted.
  public var champion: (version: Int, metrics: JSONValue)?
  /// Results of checks outside the metrics, by the name that gates use.
  public var checks: [String: PromotionEvidence.Check]
  /// The moment of the request.
  public var moment: Timestamp

  /// Asks for an alias.
  public init(
    name: String, version: Int, alias: String = "champion", actor: String, reason: String = "",
    isForced: Bool = false, isDryRun: Bool = false, expectedSequence: Int? = nil,
    challengerMetrics: JSONValue? = nil, champion: (version: Int, metrics: JSONValue)? = nil,
    checks: [String: PromotionEvidence.Check] = [:], at moment: Timestamp
  ) {
    self.name = name
    self.version = version
    self.alias = alias
    self.actor = actor
    self.reason = reason
    self.isForced = isForced
    self.isDryRun = isDryRun
    self.expectedSequence = expectedSequence
    self.challengerMetrics = challengerMetrics
    self.champion = champion
    self.checks = checks
    self.moment = moment
  }
}

/// How a promotion ended.
public struct PromotionResult: Equatable, Sendable {
  /// What happened to the alias.
  public enum Status: String, Sendable {
    /// It moved; every gate had passed.
    case promoted
    /// It moved although a gate refused.
    case forced
    /// It stands there already.
    case unchanged
    /// It did not move because a gate refused.
    case refused
    /// It would move; nothing was written.
    case wouldPromote = "would promote"
    /// It would not move; nothing was written.
    case wouldRefuse = "would refuse"
  }

  /// What happened to the alias.
  public let status: Status
  /// What the gates said; `nil` when the alias stands there already and they were not asked.
  public let decision: PromotionDecision?
  /// The version the alias stood for before.
  public let fromVersion: Int?
  /// The version that wanted it.
  public let version: Int
  /// The alias's sequence afterwards; 0 when it is not set.
  public let sequence: Int

  /// Whether a scheduler should be told that a gate refused: exit code 5.
  public var isRefused: Bool { status == .refused || status == .wouldRefuse }

  /// The result as a JSON object.
  public var json: JSONValue {
    [
      "status": .string(status.rawValue),
      "from": fromVersion.map { .integer(Int64($0)) } ?? .null,
      "version": .integer(Int64(version)), "sequence": .integer(Int64(sequence)),
      "decision": decision?.json ?? .null,
    ]
  }
}
