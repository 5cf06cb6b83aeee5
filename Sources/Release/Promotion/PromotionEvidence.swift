public import JSON
public import Transactions

/// Everything that a decision about a version looks at.
public struct PromotionEvidence: Sendable {
  /// The result of a check that was made outside the metrics.
  public struct Check: Equatable, Sendable {
    /// Whether it passed.
    public let isPassed: Bool
    /// What was found, for the table of gates.
    public let note: String

    /// Records the result of a check.
    public init(isPassed: Bool, note: String) {
      self.isPassed = isPassed
      self.note = note
    }
  }

  /// The metrics of the version that wants the alias.
  public var challenger: JSONValue
  /// The metrics of the version that has it; `nil` for the first.
  public var champion: JSONValue?
  /// Results by the name that gates use.
  public var checks: [String: Check]
  /// Who approved this very content.
  public var approvers: Set<String>
  /// Who registered the version.
  public var trainer: String
  /// The moment of the decision.
  public var moment: Timestamp

  /// Gathers the evidence about a version.
  public init(
    challenger: JSONValue, champion: JSONValue?, checks: [String: Check] = [:],
    approvers: Set<String> = [], trainer: String = "", moment: Timestamp
  ) {
    self.challenger = challenger
    self.champion = champion
    self.checks = checks
    self.approvers = approvers
    self.trainer = trainer
    self.moment = moment
  }
}
