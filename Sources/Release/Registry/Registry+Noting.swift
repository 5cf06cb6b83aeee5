public import JSON
import SQLite
public import Transactions

extension Registry {
  /// Approves the present content of a version; approving again adds another comment and no second voice.
  ///
  /// - Throws: `RegistryError`, also when the files are not what was registered.
  @discardableResult
  public func approve(
    _ name: String, _ version: Int, by actor: String, comment: String, at moment: Timestamp
  ) throws(RegistryError) -> AuditRow {
    try RegistryText.check(comment: comment)
    return try noting(name, by: actor, at: moment) {
      let record = try existingVersion(name, version)
      try checkIntact(name, version)
      return AuditEvent(
        actor: actor, action: .versionApproved, model: name, version: version, reason: comment,
        details: ["digest": .string(record.digest)])
    }
  }

  /// Replaces tags and description of a version; what is `nil` stays. The files are not touched.
  @discardableResult
  public func describe(
    _ name: String, _ version: Int, tags: [String: String]? = nil, description: String? = nil,
    by actor: String, reason: String = "", at moment: Timestamp
  ) throws(RegistryError) -> AuditRow {
    try RegistryText.check(tags: tags ?? [:], description: description ?? "")
    try RegistryText.check(reason: reason)
    return try noting(name, by: actor, at: moment) {
      let record = try existingVersion(name, version)
      return AuditEvent(
        actor: actor, action: .versionDescribed, model: name, version: version, reason: reason,
        details: [
          "tags": RegisteredVersion.json(tags ?? record.tags),
          "description": .string(description ?? record.description),
        ])
    }
  }

  /// Records that gates refused to move an alias to a version, with their decision.
  @discardableResult
  public func recordRefusal(
    of alias: String, _ name: String, _ version: Int, decision: JSONValue, by actor: String,
    reason: String = "", at moment: Timestamp
  ) throws(RegistryError) -> AuditRow {
    try RegistryName.check(alias: alias)
    try RegistryText.check(reason: reason)
    return try noting(name, by: actor, at: moment) {
      _ = try existingVersion(name, version)
      return AuditEvent(
        actor: actor, action: .promotionRefused, model: name, version: version, alias: alias,
        fromVersion: try catalogue.alias(name, alias)?.version, reason: reason,
        details: ["decision": decision])
    }
  }

  /// Records that a run of a job about a model ended; `details` describe it.
  @discardableResult
  public func recordRun(
    of name: String, version: Int?, details: JSONValue, by actor: String, at moment: Timestamp
  ) throws(RegistryError) -> AuditRow {
    try noting(name, isModelNeeded: false, by: actor, at: moment) {
      if let version { _ = try existingVersion(name, version) }
      return AuditEvent(
        actor: actor, action: .runRecorded, model: name, version: version, details: details)
    }
  }

  /// The runs about a model, oldest first, as their audit rows.
  public func runs(of name: String) throws(RegistryError) -> [AuditRow] {
    try RegistryName.check(model: name)
    return try RegistryError.wrapping {
      try catalogue.audit(of: name, alias: nil).filter { $0.action == .runRecorded }
    }
  }

  private func noting(
    _ name: String, isModelNeeded: Bool = true, by actor: String, at moment: Timestamp,
    _ decide: () throws -> AuditEvent
  ) throws(RegistryError) -> AuditRow {
    try RegistryName.check(model: name)
    try RegistryText.check(actor: actor)
    return try RegistryError.wrapping {
      try changing {
        if isModelNeeded { try checkModel(name) }
        let event = try decide()
        let row = try catalogue.connection.inTransaction {
          try catalogue.append(event, at: moment)
        }
        try catchUpLog()
        return row
      }
    }
  }
}
