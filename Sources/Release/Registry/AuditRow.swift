import Files
public import JSON
public import Transactions

/// One thing that happened to a registry: who, when, what, from, to, why.
///
/// Rows are numbered from 1 without gaps. Each holds the hash of the row before it, so a row that is altered, taken out
/// or put in breaks every later hash. The hash is the SHA-256 of the row as compact JSON without the member `hash`,
/// members in the order of `json`. The order of rows is their number; the clock may go back.
public struct AuditRow: Equatable, Sendable {
  /// What can happen; the raw value is stored.
  public enum Action: String, Sendable, CaseIterable {
    /// A version was registered; details hold its digest, size, parent, tags and description.
    case versionRegistered = "version.registered"
    /// A version was found in the folders without a record; details as above.
    case versionAdopted = "version.adopted"
    /// Tags or description of a version changed; details hold both.
    case versionDescribed = "version.described"
    /// Somebody approved the content of a version; details hold the digest.
    case versionApproved = "version.approved"
    /// The content of a version was signed; details hold its digest and the fingerprint of the key.
    case versionSigned = "version.signed"
    /// Retention removed the files of a version.
    case versionRemoved = "version.removed"
    /// An alias was set; details may hold the gates' decision.
    case aliasMoved = "alias.moved"
    /// An alias was moved back to an earlier version.
    case aliasRolledBack = "alias.rolled_back"
    /// An alias was taken away.
    case aliasRemoved = "alias.removed"
    /// The gates refused to move an alias; details hold their decision.
    case promotionRefused = "promotion.refused"
    /// A run of a job ended; details describe it.
    case runRecorded = "run.recorded"
  }

  /// The `previous` hash of the first row.
  static let origin = String(repeating: "0", count: 64)

  /// Position in the history, from 1.
  public let sequence: Int
  /// When, by the clock of who did it.
  public let moment: Timestamp
  /// Who.
  public let actor: String
  /// What.
  public let action: Action
  /// To which model.
  public let model: String
  /// To which version: for an alias the one it moved to.
  public let version: Int?
  /// Which alias moved.
  public let alias: String?
  /// The version that the alias stood for before.
  public let fromVersion: Int?
  /// Why, in words.
  public let reason: String
  /// What else belongs to the action.
  public let details: JSONValue
  /// Hash of the row before.
  public let previousHash: String
  /// Hash of this row.
  public let hash: String

  init(
    sequence: Int, moment: Timestamp, event: AuditEvent, previousHash: String
  ) {
    self.sequence = sequence
    self.moment = moment
    actor = event.actor
    action = event.action
    model = event.model
    version = event.version
    alias = event.alias
    fromVersion = event.fromVersion
    reason = event.reason
    details = event.details
    self.previousHash = previousHash
    hash = Self.hash(
      of: Self.document(
        sequence: sequence, moment: moment, event: event, previousHash: previousHash))
  }

  /// The row as a JSON object, members in the stored order.
  public var json: JSONValue {
    var object = Self.document(
      sequence: sequence, moment: moment, event: event, previousHash: previousHash)
    object["hash"] = .string(hash)
    return .object(object)
  }

  var event: AuditEvent {
    AuditEvent(
      actor: actor, action: action, model: model, version: version, alias: alias,
      fromVersion: fromVersion, reason: reason, details: details)
  }

  /// Reads a stored row and checks that it follows `previous`.
  ///
  /// - Throws: `RegistryError.brokenAudit`.
  init(
    _ document: JSONValue, following previous: (sequence: Int, hash: String), place: String
  ) throws(RegistryError) {
    let expected = previous.sequence + 1
    func broken(_ reason: String) -> RegistryError {
      .brokenAudit(sequence: expected, place: place, reason: reason)
    }
    guard let sequence = document["sequence"]?.integerValue,
      let at = document["at"]?.integerValue, let actor = document["actor"]?.stringValue,
      let actionText = document["action"]?.stringValue,
      let model = document["model"]?.stringValue, let reason = document["reason"]?.stringValue,
      let details = document["details"], let hash = document["hash"]?.stringValue
    else { throw broken("a member is missing or of the wrong kind") }
    guard let action = Action(rawValue: actionText) else {
      throw broken("the action is unknown to this program")
    }
    guard sequence == Int64(expected) else { throw broken("the row is number \(sequence)") }
    self.init(
      sequence: expected, moment: Timestamp(microseconds: at),
      event: AuditEvent(
        actor: actor, action: action, model: model,
        version: document["version"]?.integerValue.map { Int($0) },
        alias: document["alias"]?.stringValue,
        fromVersion: document["from"]?.integerValue.map { Int($0) }, reason: reason,
        details: details),
      previousHash: previous.hash)
    guard self.hash == hash, json == document else {
      throw broken("its hash does not follow from its content and the row before")
    }
  }

  private static func hash(of document: JSONObject) -> String {
    SHA256.digest(of: JSONValue.object(document).bytes()).hexadecimal
  }

  private static func document(
    sequence: Int, moment: Timestamp, event: AuditEvent, previousHash: String
  ) -> JSONObject {
    func number(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
    return [
      "sequence": .integer(Int64(sequence)), "at": .integer(moment.microseconds),
      "time": .string(moment.description), "actor": .string(event.actor),
      "action": .string(event.action.rawValue), "model": .string(event.model),
      "version": number(event.version), "alias": event.alias.map { .string($0) } ?? .null,
      "from": number(event.fromVersion), "reason": .string(event.reason), "details": event.details,
      "previous_hash": .string(previousHash),
    ]
  }
}

/// What a row says, before it has its place in the chain.
struct AuditEvent: Equatable, Sendable {
  var actor: String
  var action: AuditRow.Action
  var model: String
  var version: Int?
  var alias: String?
  var fromVersion: Int?
  var reason = ""
  var details: JSONValue = [:]
}
