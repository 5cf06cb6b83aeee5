public import JSON
import SQLite
public import Transactions

/// What moving an alias did.
public struct AliasChange: Equatable, Sendable {
  /// The version the alias stood for before.
  public let fromVersion: Int?
  /// The version it stands for now; `nil` when it was removed.
  public let version: Int?
  /// Number of the audit row that says so; with `isChanged` false, of the row that set it earlier.
  public let sequence: Int
  /// False when it stood there already: then nothing was written.
  public let isChanged: Bool
}

extension Registry {
  /// Moves an alias to a version, in one transaction with its audit row, and its link in one step after it.
  ///
  /// The files of the version are checked first: an alias never leads to a damaged version. Moving `champion` makes
  /// `previous` the champion before it. Moving it where it stands writes nothing.
  ///
  /// - Parameters:
  ///   - alias: the alias, such as `champion`.
  ///   - name: name of the model.
  ///   - version: number of the version.
  ///   - actor: who does it, for the audit trail.
  ///   - reason: why, for the audit trail.
  ///   - sequence: the sequence at which the caller saw the alias, 0 for "not set"; `nil` moves it whatever happened.
  ///   - decision: what the gates said, kept with the version.
  ///   - moment: when, for the catalogue; no content depends on it.
  /// - Throws: `RegistryError`, among them `aliasMoved` when the alias is not at `sequence` any more.
  @discardableResult
  public func setAlias(
    _ alias: String, of name: String, to version: Int, by actor: String, reason: String = "",
    expecting sequence: Int? = nil, decision: JSONValue? = nil, at moment: Timestamp
  ) throws(RegistryError) -> AliasChange {
    try RegistryName.check(alias: alias)
    return try movingAlias(alias, of: name, by: actor, reason: reason, expecting: sequence) { _ in
      let details: JSONObject = decision.map { ["decision": $0] } ?? [:]
      let target = try existingVersion(name, version)
      return (
        AuditEvent(
          actor: actor, action: .aliasMoved, model: name, version: target.version, alias: alias,
          reason: reason, details: .object(details)), moment
      )
    }
  }

  /// Moves the champion back to the one before it, or to `version`.
  ///
  /// Going back twice goes back two champions, never forward again to the one that was left.
  ///
  /// - Throws: `RegistryError`, among them `nothingToRollBack`.
  @discardableResult
  public func rollBack(
    _ name: String, to version: Int? = nil, by actor: String, reason: String = "",
    expecting sequence: Int? = nil, at moment: Timestamp
  ) throws(RegistryError) -> AliasChange {
    try movingAlias(
      RegistryName.champion, of: name, by: actor, reason: reason, expecting: sequence
    ) { current in
      guard current != nil else { throw RegistryError.nothingToRollBack(name) }
      guard let target = try version ?? earlierChampion(of: name) else {
        throw RegistryError.nothingToRollBack(name)
      }
      _ = try existingVersion(name, target)
      return (
        AuditEvent(
          actor: actor, action: .aliasRolledBack, model: name, version: target,
          alias: RegistryName.champion, reason: reason), moment
      )
    }
  }

  /// Takes an alias away; the version stays.
  @discardableResult
  public func removeAlias(
    _ alias: String, of name: String, by actor: String, reason: String = "",
    expecting sequence: Int? = nil, at moment: Timestamp
  ) throws(RegistryError) -> AliasChange {
    try RegistryName.check(alias: alias)
    return try movingAlias(alias, of: name, by: actor, reason: reason, expecting: sequence) {
      current in
      guard current != nil else {
        throw RegistryError.unknownAlias(name, alias, known: try aliasNames(of: name))
      }
      return (
        AuditEvent(
          actor: actor, action: .aliasRemoved, model: name, alias: alias, reason: reason), moment
      )
    }
  }

  private func movingAlias(
    _ alias: String, of name: String, by actor: String, reason: String,
    expecting sequence: Int?, _ decide: (RegisteredAlias?) throws -> (AuditEvent, Timestamp)
  ) throws(RegistryError) -> AliasChange {
    try RegistryName.check(model: name)
    try RegistryText.check(actor: actor)
    try RegistryText.check(reason: reason)
    return try RegistryError.wrapping {
      try changing {
        try checkModel(name)
        let current = try catalogue.alias(name, alias)
        let actual = current?.sequence ?? 0
        guard sequence == nil || sequence == actual else {
          throw RegistryError.aliasMoved(
            name, alias, expected: sequence ?? 0, actual: actual, version: current?.version)
        }
        var (event, moment) = try decide(current)
        if let current, current.version == event.version {
          return AliasChange(
            fromVersion: current.version, version: current.version, sequence: actual,
            isChanged: false)
        }
        event.fromVersion = current?.version
        if let target = event.version { try checkIntact(name, target) }
        let row = try record(event, at: moment)
        reached(.aliasRecorded)
        try mirrorAliases(of: name)
        reached(.aliasLinked)
        try catchUpLog()
        return AliasChange(
          fromVersion: current?.version, version: event.version, sequence: row.sequence,
          isChanged: true)
      }
    }
  }

  private func record(_ event: AuditEvent, at moment: Timestamp) throws -> AuditRow {
    try catalogue.connection.inTransaction {
      let row = try catalogue.append(event, at: moment)
      if event.alias == RegistryName.champion { try keepPrevious(event, at: moment) }
      return row
    }
  }

  /// Makes `previous` the champion that a rollback would go back to.
  private func keepPrevious(_ cause: AuditEvent, at moment: Timestamp) throws {
    let present = try catalogue.alias(cause.model, RegistryName.previous)?.version
    let wanted = try earlierChampion(of: cause.model)
    guard wanted != present else { return }
    _ = try catalogue.append(
      AuditEvent(
        actor: cause.actor, action: wanted == nil ? .aliasRemoved : .aliasMoved,
        model: cause.model, version: wanted, alias: RegistryName.previous, fromVersion: present,
        details: ["follows": .string(RegistryName.champion)]), at: moment)
  }

  /// The champion before the present one, of those that still have files; `nil` when there is none.
  ///
  /// A rollback undoes the promotions since the version it goes to, so they are passed over.
  func earlierChampion(of name: String) throws -> Int? {
    var champions: [Int] = []
    for move in try catalogue.moves(name, RegistryName.champion) {
      guard let version = move.version else { continue }
      if move.action == AuditRow.Action.aliasRolledBack.rawValue {
        while let last = champions.last, last != version { champions.removeLast() }
      }
      if champions.last != version { champions.append(version) }
    }
    let current = try catalogue.alias(name, RegistryName.champion)?.version
    return try champions.last { version in
      try version != current && catalogue.version(name, version)?.isRemoved == false
    }
  }
}
