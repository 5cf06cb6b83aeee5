import Files
import JSON
public import Transactions

extension Registry {
  /// Copies the files of a version to a new folder, where they may be changed: for tools that write beside what they read.
  ///
  /// The folder appears complete or not at all.
  ///
  /// - Throws: `RegistryError`, also when the version is damaged, or `file` when there is something at `destination`.
  @discardableResult
  public func export(
    _ reference: ModelReference, to destination: String
  ) throws(RegistryError) -> ResolvedVersion {
    let version = try resolve(reference)
    return try RegistryError.wrapping {
      try checkIntact(version.name, version.version)
      let staged = try StagedDirectory(destination: destination)
      let sums = try ContentSums(ofFilesIn: version.folder, name: version.name)
      for path in sums.entries.map(\.path) + [ContentSums.fileName] {
        try staged.write(FileSystem.read("\(version.folder)/\(path)"), to: path)
      }
      try staged.commit(readOnly: false)
      return version
    }
  }

  /// Registers a copy of the files in a folder, such as an exported version; its `SHA256SUMS`, if there is one, must hold.
  ///
  /// - Parameters:
  ///   - name: name of the model.
  ///   - folder: where the files are.
  ///   - digest: what the content must have, when the caller knows.
  ///   - tags: labels of the version.
  ///   - description: what people should know about the version.
  ///   - actor: who does it, for the audit trail.
  ///   - moment: when, for the catalogue; no content depends on it.
  /// - Throws: `RegistryError.invalidContents` when the files are not what the sums or `digest` say.
  @discardableResult
  public func importVersion(
    of name: String, from folder: String, expecting digest: String? = nil,
    tags: [String: String] = [:], description: String = "", by actor: String,
    at moment: Timestamp
  ) throws -> Registration {
    try RegistryName.check(model: name)
    let sums = try RegistryError.wrapping { try ContentSums(ofFilesIn: folder, name: name) }
    let sumsPath = "\(folder)/\(ContentSums.fileName)"
    if FileSystem.exists(sumsPath) {
      let findings = ContentSums.findings(
        inVersion: folder,
        digest: try RegistryError.wrapping {
          try SHA256.digest(ofFile: sumsPath).hexadecimal
        }, name: name)
      guard findings.isEmpty else {
        throw RegistryError.invalidContents(
          name, reason: "in \(folder), \(findings.prefix(3).joined(separator: "; "))")
      }
    }
    if let digest, digest != sums.digest {
      throw RegistryError.invalidContents(
        name, reason: "the content digest of \(folder) is \(sums.digest), not \(digest)")
    }
    return try register(
      name: name, tags: tags, description: description, by: actor, at: moment
    ) { staged in
      for entry in sums.entries {
        let bytes = try FileSystem.read("\(folder)/\(entry.path)")
        // What is registered is what was checked, whatever happens to the folder meanwhile.
        guard SHA256.digest(of: bytes).hexadecimal == entry.digest else {
          throw RegistryError.invalidContents(
            name, reason: "\(entry.path) changed while it was read")
        }
        try staged.write(bytes, to: entry.path)
      }
    }
  }
}
