import Files

extension RegistryLayout {
  /// What differs between the files of a version and its own `SHA256SUMS`; empty when nothing does.
  ///
  /// This is the check of those who read only the folders: whether the sums are the registered ones, the catalogue knows.
  ///
  /// - Complexity: O(bytes); every file is read.
  public func findings(in name: String, _ version: Int) -> [String] {
    let folder = versionFolder(name, version)
    let path = "\(folder)/\(ContentSums.fileName)"
    guard FileSystem.isDirectory(folder) else { return ["its folder is missing"] }
    guard FileSystem.exists(path) else { return ["\(ContentSums.fileName) is missing"] }
    guard let stored = try? FileSystem.read(path) else {
      return ["\(ContentSums.fileName) cannot be read"]
    }
    let digest = SHA256.digest(of: stored).hexadecimal
    return ContentSums.findings(inVersion: folder, digest: digest, name: name)
  }

  /// The digest of a version's content: that of its `SHA256SUMS`; `nil` when it cannot be read.
  public func digest(of name: String, _ version: Int) -> String? {
    let path = "\(versionFolder(name, version))/\(ContentSums.fileName)"
    return (try? FileSystem.read(path)).map { SHA256.digest(of: $0).hexadecimal }
  }
}
