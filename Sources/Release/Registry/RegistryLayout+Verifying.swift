import Files
import Signatures

extension RegistryLayout {
  /// What differs between the files of a version and its own `SHA256SUMS`, and what is wrong with its signature where one is
  /// required; empty when nothing is.
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
      + signatureFindings(name, version)
  }

  private func signatureFindings(_ name: String, _ version: Int) -> [String] {
    guard let requiredKey else { return [] }
    do {
      switch try signatureStatus(of: name, version, key: VerificationKey(pem: requiredKey)) {
      case .valid: return []
      case .missing: return ["it is not signed, and a signature is required"]
      case .invalid(let reason): return ["its signature does not hold: \(reason)"]
      }
    } catch {
      return ["its signature cannot be checked: \(error)"]
    }
  }

  /// The digest of a version's content: that of its `SHA256SUMS`; `nil` when it cannot be read.
  public func digest(of name: String, _ version: Int) -> String? {
    let path = "\(versionFolder(name, version))/\(ContentSums.fileName)"
    return (try? FileSystem.read(path)).map { SHA256.digest(of: $0).hexadecimal }
  }
}
