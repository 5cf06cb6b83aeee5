import JSON
import SQLite
import Transactions

extension Catalogue {
  /// Brings the tables to the state after `row`.
  func apply(_ row: AuditRow) throws {
    switch row.action {
    case .versionRegistered, .versionAdopted: try applyRegistration(row)
    case .versionDescribed: try applyDescription(row)
    case .versionApproved: try applyApproval(row)
    // The signature itself is a file; that it was made is history and changes no table.
    case .versionSigned: break
    case .versionRemoved:
      try change(
        "UPDATE versions SET is_removed = 1 WHERE model = ? AND version = ?",
        [.text(row.model), .integer(try version(of: row))], row)
    case .aliasMoved, .aliasRolledBack: try applyMove(row)
    case .aliasRemoved:
      try change(
        "DELETE FROM aliases WHERE model = ? AND alias = ?",
        [.text(row.model), .text(try alias(of: row))], row)
    case .promotionRefused: try applyGates(row, isAccepted: false)
    case .runRecorded:
      try connection.execute(
        "INSERT INTO runs (sequence, model, version, at, actor, details) VALUES (?, ?, ?, ?, ?, ?)",
        [
          .integer(Int64(row.sequence)), .text(row.model),
          .optional(row.version.map { Int64($0) }), .integer(row.moment.microseconds),
          .text(row.actor), .text(row.details.text()),
        ])
    }
  }

  private func applyRegistration(_ row: AuditRow) throws {
    guard let digest = row.details["digest"]?.stringValue,
      let byteCount = row.details["byte_count"]?.integerValue,
      let createdAt = row.details["created_at"]?.integerValue,
      let description = row.details["description"]?.stringValue
    else { throw broken(row, "its details lack a member") }
    try connection.execute(
      "INSERT INTO versions (model, version, digest, parent, created_at, created_by, byte_count, "
        + "tags, description, is_removed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
      [
        .text(row.model), .integer(try version(of: row)), .text(digest),
        .optional(row.details["parent"]?.integerValue), .integer(createdAt), .text(row.actor),
        .integer(byteCount), .text((row.details["tags"] ?? [:]).text()), .text(description),
      ])
  }

  private func applyDescription(_ row: AuditRow) throws {
    guard let tags = row.details["tags"], let description = row.details["description"]?.stringValue
    else { throw broken(row, "its details lack a member") }
    try change(
      "UPDATE versions SET tags = ?, description = ? WHERE model = ? AND version = ?",
      [
        .text(tags.text()), .text(description), .text(row.model), .integer(try version(of: row)),
      ], row)
  }

  private func applyApproval(_ row: AuditRow) throws {
    guard let digest = row.details["digest"]?.stringValue else {
      throw broken(row, "its details lack a member")
    }
    try connection.execute(
      "INSERT INTO approvals (sequence, model, version, digest, actor, at, comment) "
        + "VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        .integer(Int64(row.sequence)), .text(row.model), .integer(try version(of: row)),
        .text(digest), .text(row.actor), .integer(row.moment.microseconds), .text(row.reason),
      ])
  }

  private func applyMove(_ row: AuditRow) throws {
    try connection.execute(
      "INSERT INTO aliases (model, alias, version, sequence, moved_at, moved_by) "
        + "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (model, alias) DO UPDATE SET "
        + "version = excluded.version, sequence = excluded.sequence, "
        + "moved_at = excluded.moved_at, moved_by = excluded.moved_by",
      [
        .text(row.model), .text(try alias(of: row)), .integer(try version(of: row)),
        .integer(Int64(row.sequence)), .integer(row.moment.microseconds), .text(row.actor),
      ])
    if row.details["decision"] != nil { try applyGates(row, isAccepted: true) }
  }

  private func applyGates(_ row: AuditRow, isAccepted: Bool) throws {
    guard let decision = row.details["decision"] else {
      throw broken(row, "its details lack a member")
    }
    try connection.execute(
      "INSERT INTO gates (sequence, model, version, alias, is_accepted, decision) "
        + "VALUES (?, ?, ?, ?, ?, ?)",
      [
        .integer(Int64(row.sequence)), .text(row.model), .integer(try version(of: row)),
        .text(try alias(of: row)), .integer(isAccepted ? 1 : 0), .text(decision.text()),
      ])
  }

  private func change(_ statement: String, _ values: [SQLiteValue], _ row: AuditRow) throws {
    guard try connection.execute(statement, values) == 1 else {
      throw broken(row, "it changes something that does not exist")
    }
  }

  private func version(of row: AuditRow) throws -> Int64 {
    guard let version = row.version else { throw broken(row, "it names no version") }
    return Int64(version)
  }

  private func alias(of row: AuditRow) throws -> String {
    guard let alias = row.alias else { throw broken(row, "it names no alias") }
    return alias
  }

  private func broken(_ row: AuditRow, _ reason: String) -> RegistryError {
    .brokenAudit(sequence: row.sequence, place: connection.path, reason: reason)
  }
}
