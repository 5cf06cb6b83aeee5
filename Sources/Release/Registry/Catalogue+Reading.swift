import JSON
import SQLite
import Transactions

extension Catalogue {
  private static let versionColumns =
    "model, version, digest, parent, created_at, created_by, byte_count, tags, description, is_removed"

  func version(_ model: String, _ version: Int) throws -> RegisteredVersion? {
    try connection.firstRow(
      "SELECT \(Self.versionColumns) FROM versions WHERE model = ? AND version = ?",
      [.text(model), .integer(Int64(version))], Self.readVersion)
  }

  /// The versions of a model, ascending; of those asked for the `limit` newest.
  func versions(
    of model: String, includingRemoved: Bool = true, newest limit: Int? = nil
  ) throws -> [RegisteredVersion] {
    try connection.rows(
      "SELECT \(Self.versionColumns) FROM versions WHERE model = ? AND is_removed <= ? "
        + "ORDER BY version DESC LIMIT ?",
      [.text(model), .integer(includingRemoved ? 1 : 0), .integer(Int64(limit ?? -1))],
      Self.readVersion
    ).reversed()
  }

  /// The versions with files whose digest starts with `prefix`, which is hexadecimal.
  func versions(of model: String, digestPrefix prefix: String) throws -> [RegisteredVersion] {
    // `g` follows every hexadecimal digit: a range that the index serves, which LIKE would not be.
    try connection.rows(
      "SELECT \(Self.versionColumns) FROM versions "
        + "WHERE model = ? AND digest >= ? AND digest < ? AND is_removed = 0 ORDER BY version",
      [.text(model), .text(prefix), .text(prefix + "g")], Self.readVersion)
  }

  /// The greatest number that was ever given, files or not; 0 when none was.
  func newestNumber(of model: String) throws -> Int {
    try connection.firstRow(
      "SELECT coalesce(max(version), 0) FROM versions WHERE model = ?", [.text(model)]
    ) { Int($0.integer(at: 0)) } ?? 0
  }

  /// The newest version with files.
  func newestVersion(of model: String) throws -> RegisteredVersion? {
    try connection.firstRow(
      "SELECT \(Self.versionColumns) FROM versions WHERE model = ? AND is_removed = 0 "
        + "ORDER BY version DESC LIMIT 1", [.text(model)], Self.readVersion)
  }

  func modelNames() throws -> [String] {
    try connection.rows("SELECT DISTINCT model FROM versions ORDER BY model") { $0.text(at: 0) }
  }

  func models() throws -> [RegisteredModel] {
    let aliases = Dictionary(grouping: try self.aliases(of: nil), by: \.model)
    return try connection.rows(
      "SELECT model, sum(is_removed = 0), max(CASE WHEN is_removed = 0 THEN version END) "
        + "FROM versions GROUP BY model ORDER BY model"
    ) { statement in
      let name = statement.text(at: 0)
      return RegisteredModel(
        name: name, versionCount: Int(statement.integer(at: 1)),
        newestVersion: statement.optionalInteger(at: 2).map { Int($0) },
        aliases: aliases[name] ?? [])
    }
  }

  func alias(_ model: String, _ alias: String) throws -> RegisteredAlias? {
    try connection.firstRow(
      "SELECT model, alias, version, sequence, moved_at, moved_by FROM aliases "
        + "WHERE model = ? AND alias = ?", [.text(model), .text(alias)], Self.readAlias)
  }

  /// The aliases of a model, of all models when `nil`, sorted by model and name.
  func aliases(of model: String?) throws -> [RegisteredAlias] {
    try connection.rows(
      "SELECT model, alias, version, sequence, moved_at, moved_by FROM aliases "
        + "WHERE ?1 IS NULL OR model = ?1 ORDER BY model, alias", [.optional(model)],
      Self.readAlias)
  }

  /// The moves of an alias, oldest first, without their documents.
  func moves(_ model: String, _ alias: String) throws -> [(action: String, version: Int?)] {
    try connection.rows(
      "SELECT action, version FROM audit WHERE model = ? AND alias = ? "
        + "AND action IN ('alias.moved', 'alias.rolled_back') ORDER BY sequence",
      [.text(model), .text(alias)]
    ) { ($0.text(at: 0), $0.optionalInteger(at: 1).map { Int($0) }) }
  }

  func approvals(_ model: String, _ version: Int) throws -> [Approval] {
    try connection.rows(
      "SELECT actor, digest, at, comment FROM approvals WHERE model = ? AND version = ? "
        + "ORDER BY sequence", [.text(model), .integer(Int64(version))]
    ) {
      Approval(
        actor: $0.text(at: 0), digest: $0.text(at: 1),
        moment: Timestamp(microseconds: $0.integer(at: 2)), comment: $0.text(at: 3))
    }
  }

  /// The decisions of gates about a version, oldest first.
  func decisions(_ model: String, _ version: Int) throws -> [JSONValue] {
    try connection.rows(
      "SELECT decision, alias, sequence FROM gates WHERE model = ? AND version = ? "
        + "ORDER BY sequence", [.text(model), .integer(Int64(version))]
    ) { statement in
      guard var decision = try? JSONValue(parsing: statement.text(at: 0)).objectValue else {
        throw RegistryError.damagedCatalogue(
          root: connection.path, reason: "a decision of gates is no JSON object")
      }
      decision["alias"] = .string(statement.text(at: 1))
      decision["sequence"] = .integer(statement.integer(at: 2))
      return .object(decision)
    }
  }

  private static func readVersion(_ row: borrowing SQLiteStatement) -> RegisteredVersion {
    RegisteredVersion(
      model: row.text(at: 0), version: Int(row.integer(at: 1)), digest: row.text(at: 2),
      parent: row.optionalInteger(at: 3).map { Int($0) },
      createdAt: Timestamp(microseconds: row.integer(at: 4)), createdBy: row.text(at: 5),
      byteCount: Int(row.integer(at: 6)),
      tags: RegisteredVersion.tags(try? JSONValue(parsing: row.text(at: 7))),
      description: row.text(at: 8), isRemoved: row.integer(at: 9) != 0)
  }

  private static func readAlias(_ row: borrowing SQLiteStatement) -> RegisteredAlias {
    RegisteredAlias(
      model: row.text(at: 0), alias: row.text(at: 1), version: Int(row.integer(at: 2)),
      sequence: Int(row.integer(at: 3)), movedAt: Timestamp(microseconds: row.integer(at: 4)),
      movedBy: row.text(at: 5))
  }
}
