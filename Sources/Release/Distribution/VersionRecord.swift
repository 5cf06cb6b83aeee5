public import JSON
public import Registry
public import Transactions

/// What travels with the files of a version: `version.json` in an archive or beside the version in a remote store.
///
/// Format `anomalyze-version/1`: an object with `format`, `model`, `version`, `digest`, `byte_count` (of the files without
/// `SHA256SUMS`), `created_at`, `created_by`, `tags` and `description`. The digest says what the files are; the rest is told.
public struct VersionRecord: Equatable, Sendable {
  /// Name and version of the format.
  public static let format = "anomalyze-version/1"

  /// Name of the model where the version comes from.
  public let model: String
  /// Its number there.
  public let version: Int
  /// Digest of its content.
  public let digest: String
  /// Size of its files together, without `SHA256SUMS`.
  public let byteCount: Int
  /// When it was registered there.
  public let createdAt: Timestamp
  /// Who registered it there.
  public let createdBy: String
  /// Free labels.
  public let tags: [String: String]
  /// Free text.
  public let description: String

  /// Describes a registered version.
  public init(_ version: RegisteredVersion) {
    model = version.model
    self.version = version.version
    digest = version.digest
    byteCount = version.byteCount
    createdAt = version.createdAt
    createdBy = version.createdBy
    tags = version.tags
    description = version.description
  }

  /// The record as a JSON object.
  public var json: JSONValue {
    [
      "format": .string(Self.format), "model": .string(model), "version": .integer(Int64(version)),
      "digest": .string(digest), "byte_count": .integer(Int64(byteCount)),
      "created_at": .string(createdAt.description), "created_by": .string(createdBy),
      "tags": .object(
        JSONObject(
          tags.sorted { $0.key < $1.key }.map { (key: $0.key, value: .string($0.value)) })),
      "description": .string(description),
    ]
  }

  /// Reads a record; `nil` when the bytes are none.
  public init?(parsing bytes: [UInt8]) {
    guard bytes.count <= 1 << 20, let document = try? JSONValue(parsing: bytes),
      document["format"]?.stringValue == Self.format,
      let model = document["model"]?.stringValue,
      (try? RegistryName.check(model: model)) != nil,
      let version = document["version"]?.integerValue, version > 0,
      let digest = document["digest"]?.stringValue, digest.utf8.count == 64,
      let byteCount = document["byte_count"]?.integerValue, byteCount >= 0,
      let createdAt = document["created_at"]?.stringValue.flatMap({ Timestamp(parsing: $0) }),
      let createdBy = document["created_by"]?.stringValue,
      let tags = document["tags"]?.objectValue?.members,
      let description = document["description"]?.stringValue
    else { return nil }
    self.model = model
    self.version = Int(version)
    self.digest = digest
    self.byteCount = Int(byteCount)
    self.createdAt = createdAt
    self.createdBy = createdBy
    self.tags = Dictionary(
      tags.compactMap { tag in tag.value.stringValue.map { (tag.key, $0) } },
      uniquingKeysWith: { $1 })
    self.description = description
  }
}
