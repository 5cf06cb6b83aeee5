public import JSON
public import Transactions

/// What the catalogue knows of one version.
public struct RegisteredVersion: Equatable, Sendable {
  /// Name of the model.
  public let model: String
  /// Number of the version, from 1.
  public let version: Int
  /// SHA-256 of its `SHA256SUMS`, in hexadecimal: equal for equal files.
  public let digest: String
  /// The version it was derived from or compared with.
  public let parent: Int?
  /// When it was registered.
  public let createdAt: Timestamp
  /// Who registered it.
  public let createdBy: String
  /// Size of its files together.
  public let byteCount: Int
  /// Free labels.
  public let tags: [String: String]
  /// Free text.
  public let description: String
  /// Whether retention has removed its files.
  public let isRemoved: Bool

  /// The record as a JSON object; tags are sorted by name.
  public var json: JSONValue {
    [
      "model": .string(model), "version": .integer(Int64(version)), "digest": .string(digest),
      "parent": parent.map { .integer(Int64($0)) } ?? .null,
      "created_at": .string(createdAt.description), "created_by": .string(createdBy),
      "byte_count": .integer(Int64(byteCount)), "tags": Self.json(tags),
      "description": .string(description), "removed": .bool(isRemoved),
    ]
  }

  static func json(_ tags: [String: String]) -> JSONValue {
    .object(
      JSONObject(tags.sorted { $0.key < $1.key }.map { (key: $0.key, value: .string($0.value)) }))
  }

  static func tags(_ value: JSONValue?) -> [String: String] {
    let members = value?.objectValue?.members ?? []
    return Dictionary(
      members.compactMap { member in member.value.stringValue.map { (member.key, $0) } },
      uniquingKeysWith: { $1 })
  }
}

/// Where an alias stands.
public struct RegisteredAlias: Equatable, Sendable {
  /// Name of the model.
  public let model: String
  /// Name of the alias.
  public let alias: String
  /// The version it stands for.
  public let version: Int
  /// Number of the audit row that put it there; the token of compare-and-swap.
  public let sequence: Int
  /// When it was moved.
  public let movedAt: Timestamp
  /// Who moved it.
  public let movedBy: String

  /// The alias as a JSON object.
  public var json: JSONValue {
    [
      "model": .string(model), "alias": .string(alias), "version": .integer(Int64(version)),
      "sequence": .integer(Int64(sequence)), "moved_at": .string(movedAt.description),
      "moved_by": .string(movedBy),
    ]
  }
}

/// A model with its newest version and aliases.
public struct RegisteredModel: Equatable, Sendable {
  /// Name of the model.
  public let name: String
  /// How many versions have files.
  public let versionCount: Int
  /// The newest version that has files; `nil` when retention removed all.
  public let newestVersion: Int?
  /// Its aliases, sorted by name.
  public let aliases: [RegisteredAlias]

  /// The model as a JSON object.
  public var json: JSONValue {
    [
      "name": .string(name), "version_count": .integer(Int64(versionCount)),
      "newest_version": newestVersion.map { .integer(Int64($0)) } ?? .null,
      "aliases": .object(
        JSONObject(aliases.map { (key: $0.alias, value: .integer(Int64($0.version))) })),
    ]
  }
}

/// Somebody's consent to the content of a version.
public struct Approval: Equatable, Sendable {
  /// Who approved.
  public let actor: String
  /// The content that was approved; it no longer counts for another.
  public let digest: String
  /// When.
  public let moment: Timestamp
  /// What was said.
  public let comment: String

  /// The approval as a JSON object.
  public var json: JSONValue {
    [
      "by": .string(actor), "digest": .string(digest), "at": .string(moment.description),
      "comment": .string(comment),
    ]
  }
}

/// A version that a reference stands for.
public struct ResolvedVersion: Equatable, Sendable {
  /// Name of the model.
  public let name: String
  /// Number of the version.
  public let version: Int
  /// Digest of its content.
  public let digest: String
  /// Its folder.
  public let folder: String
}

/// What registering gave.
public struct Registration: Equatable, Sendable {
  /// Number of the version.
  public let version: Int
  /// Digest of its content.
  public let digest: String
  /// False when the model already had a version of exactly this content.
  public let isNew: Bool
  /// Folder of the version.
  public let folder: String

  /// Names a version.
  public init(version: Int, digest: String, isNew: Bool, folder: String) {
    self.version = version
    self.digest = digest
    self.isNew = isNew
    self.folder = folder
  }
}
