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

  /// Paths that only one of both has or that differ, sorted.
  public func differences(from other: VersionContent) -> [String] {
    Set(digests.keys).union(other.digests.keys).filter { digests[$0] != other.digests[$0] }.sorted()
  }
}
