/// The files of a folder as a version would hold them: their digests, and the digest of all.
public struct VersionContent: Equatable, Sendable {
  private let digests: [String: String]
  /// What the digest of a version of exactly these files is.
  public let digest: String

  /// Reads every file below `folder`, except `SHA256SUMS`.
  ///
  /// - Throws: `RegistryError.invalidContents` or `file`.
  public init(ofFilesIn folder: String, name: String) throws(RegistryError) {
    let sums = try RegistryError.wrapping { try ContentSums(ofFilesIn: folder, name: name) }
    digests = Dictionary(sums.entries.map { ($0.path, $0.digest) }, uniquingKeysWith: { $1 })
    digest = sums.digest
  }

  /// Reads the bytes of a `SHA256SUMS`; `nil` when they are not of its form, names that lead elsewhere included.
  public init?(parsing sums: [UInt8]) {
    guard let parsed = ContentSums(parsing: sums) else { return nil }
    digests = Dictionary(parsed.entries.map { ($0.path, $0.digest) }, uniquingKeysWith: { $1 })
    digest = parsed.digest
  }

  /// Paths of the files, relative to the folder, sorted by bytes.
  public var paths: [String] {
    digests.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The SHA-256 of a file in hexadecimal; `nil` when there is no such file.
  public func digest(of path: String) -> String? { digests[path] }

  /// Paths that only one of both has or that differ, sorted.
  public func differences(from other: VersionContent) -> [String] {
    Set(digests.keys).union(other.digests.keys).filter { digests[$0] != other.digests[$0] }.sorted()
  }
}
