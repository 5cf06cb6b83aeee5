import Files
import JSON
import SQLite
public import Signatures
public import Transactions

/// What is known of the signature of a version.
public enum SignatureStatus: Equatable, Sendable {
  /// Signed with the key, and every file is as it was signed.
  case valid
  /// There is no signature.
  case missing
  /// There is one that does not hold, with the reason.
  case invalid(String)
}

extension Registry {
  /// Signs the content of a version; the signature lies beside its folder, in the OpenSSF model-signing format.
  ///
  /// Signing again replaces the signature.
  ///
  /// - Throws: `RegistryError`, also when the files are not what was registered, or `SignatureError`.
  @discardableResult
  public func sign(
    _ name: String, _ version: Int, with key: borrowing SigningKey, by actor: String,
    at moment: Timestamp
  ) throws -> AuditRow {
    try RegistryName.check(model: name)
    try RegistryText.check(actor: actor)
    let fingerprint = SHA256.digest(of: try key.publicPEM()).hexadecimal
    let record = try self.version(name, version)
    try checkIntact(name, version)
    let signature = try ModelSignature(
      subject: name, resources: try signedFiles(name, version), key: key)
    return try store(
      signature.bytes, of: name, record, fingerprint: fingerprint, by: actor, at: moment)
  }

  /// Puts a signature that was made elsewhere beside a version; whether its key is trusted is asked when it is used.
  ///
  /// The same signature again writes nothing.
  ///
  /// - Throws: `RegistryError.invalidContents` unless it lists exactly the files of the version.
  public func adoptSignature(
    _ bytes: [UInt8], of name: String, _ version: Int, by actor: String, at moment: Timestamp
  ) throws(RegistryError) {
    let record = try self.version(name, version)
    try RegistryError.wrapping {
      let path = layout.signature(name, version)
      if FileSystem.exists(path), try FileSystem.read(path) == bytes { return }
      guard let signature = ModelSignature(parsing: bytes),
        try signature.resources.sorted(by: { $0.path < $1.path })
          == signedFiles(name, version).sorted(by: { $0.path < $1.path })
      else {
        throw RegistryError.invalidContents(
          name, reason: "the signature that came along is not of its files")
      }
      _ = try store(
        bytes, of: name, record, fingerprint: signature.keyHint, by: actor, at: moment)
    }
  }

  private func store(
    _ signature: [UInt8], of name: String, _ record: RegisteredVersion, fingerprint: String,
    by actor: String, at moment: Timestamp
  ) throws -> AuditRow {
    try changing {
      _ = try existingVersion(name, record.version)
      try FileSystem.writeAtomically(signature, to: layout.signature(name, record.version))
      let row = try catalogue.connection.inTransaction {
        try catalogue.append(
          AuditEvent(
            actor: actor, action: .versionSigned, model: name, version: record.version,
            details: ["digest": .string(record.digest), "key": .string(fingerprint)]), at: moment)
      }
      try catchUpLog()
      return row
    }
  }

  /// Checks the signature of a version with the public key of the signer, and every file against it.
  public func signatureStatus(
    of name: String, _ version: Int, key: borrowing VerificationKey
  ) throws(RegistryError) -> SignatureStatus {
    _ = try self.version(name, version)
    return try layout.signatureStatus(of: name, version, key: key)
  }

  /// The files of an intact version with their digests, sums among them.
  private func signedFiles(_ name: String, _ version: Int) throws -> [ContentSums.Entry] {
    try layout.signedFiles(in: layout.versionFolder(name, version), name: name)
  }
}

extension RegistryLayout {
  /// Checks the signature of a version with the public key of the signer, and every file against it.
  ///
  /// Needs no catalogue, so that a server can ask before it loads.
  public func signatureStatus(
    of name: String, _ version: Int, key: borrowing VerificationKey
  ) throws(RegistryError) -> SignatureStatus {
    try RegistryName.check(model: name)
    let path = signature(name, version)
    guard FileSystem.exists(path) else { return .missing }
    // A closure cannot borrow a value that cannot be copied, so errors are turned by hand.
    do {
      guard let signature = ModelSignature(parsing: try FileSystem.read(path)) else {
        return .invalid("the signature is not of a form that this program reads")
      }
      guard try signature.isValid(by: key) else {
        return .invalid("it was not made with this key, or it was altered")
      }
      let present = try signedFiles(in: versionFolder(name, version), name: name)
      let signed = signature.resources.sorted { $0.path < $1.path }
      guard signed == present.sorted(by: { $0.path < $1.path }) else {
        return .invalid("the files are not those that were signed")
      }
      return .valid
    } catch let error as RegistryError {
      throw error
    } catch let error as FileError {
      throw .file(error)
    } catch {
      return .invalid("it cannot be checked: \(error)")
    }
  }

  func signedFiles(in folder: String, name: String) throws -> [ContentSums.Entry] {
    let sums = try SHA256.digest(ofFile: "\(folder)/\(ContentSums.fileName)").hexadecimal
    let files = try ContentSums(ofFilesIn: folder, name: name).entries
    return (files + [ContentSums.Entry(path: ContentSums.fileName, digest: sums)])
      .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}
