internal import Files
internal import JSON
internal import Registry
internal import Signatures
internal import Transactions

/// A version that is about to leave its registry: checked, with all that travels along.
struct VersionParcel {
  static let sumsName = "SHA256SUMS"

  let version: ResolvedVersion
  let record: VersionRecord
  /// Paths of the files, `SHA256SUMS` last: where it is, everything is.
  let files: [String]
  let signature: [UInt8]?

  init(_ reference: ModelReference, of registry: borrowing Registry) throws {
    version = try registry.resolve(reference)
    let findings = try registry.findings(in: version.name, version.version)
    guard findings.isEmpty else {
      throw RegistryError.damagedVersion(version.name, version.version, findings: findings)
    }
    record = VersionRecord(try registry.version(version.name, version.version))
    files =
      try VersionContent(ofFilesIn: version.folder, name: version.name).paths + [Self.sumsName]
    let path = registry.layout.signature(version.name, version.version)
    signature = FileSystem.exists(path) ? try FileSystem.read(path) : nil
  }
}

/// Registers what arrives, if it is what its record says.
struct ParcelReceiver {
  /// What may come besides the files: their sums and a signature.
  static let overheadByteLimit = 64 << 20

  let place: String
  let record: VersionRecord
  let name: String
  let expectedDigest: String?

  /// Runs `unpack`, which fills the folder of the version and returns its signature, and registers the result.
  func register(
    in registry: borrowing Registry, by actor: String, at moment: Timestamp,
    unpack: (borrowing StagedDirectory) throws -> [UInt8]?
  ) throws -> Registration {
    if let expectedDigest, expectedDigest != record.digest {
      throw failure("its digest is \(record.digest), not \(expectedDigest)")
    }
    var signature: [UInt8]?
    let registration = try registry.register(
      name: name, tags: record.tags, description: record.description, by: actor, at: moment
    ) { staged in
      signature = try unpack(staged)
      let content = try VersionContent(ofFilesIn: staged.path, name: name)
      guard content.digest == record.digest else {
        throw failure("its files are not those that its record names")
      }
    }
    if let signature {
      try registry.adoptSignature(
        signature, of: name, registration.version, by: actor, at: moment)
    }
    return registration
  }

  /// Puts one file into the folder; the sums are made by the registry, so those that arrive are only compared.
  func accept(
    _ path: String, _ bytes: [UInt8], into staged: borrowing StagedDirectory
  ) throws {
    if path == VersionParcel.sumsName {
      guard SHA256.digest(of: bytes).hexadecimal == record.digest else {
        throw failure("\(path) is not the one that its record names")
      }
    } else {
      try staged.write(bytes, to: path)
    }
  }

  func failure(_ reason: String) -> DistributionError {
    .malformedVersion(place: place, reason: reason)
  }
}
