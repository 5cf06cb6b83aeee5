internal import Archives
internal import Files
internal import JSON
public import Registry
public import Transactions

/// A version as one file, `.tar.zst`: `version.json` first, then `signature.json` if there is one, then `files/…`.
///
/// Equal versions give equal archives. `tar --zstd -xf` unpacks one, and `sha256sum --check SHA256SUMS` in `files` checks it.
public enum VersionArchive {
  /// How many bytes an archive may unpack to unless a caller says otherwise.
  public static let byteLimit = 8 << 30

  static let recordName = "version.json"
  static let signatureName = "signature.json"
  static let filesPrefix = "files/"

  /// Writes a version of `registry` to the file `path`, in one step.
  ///
  /// - Throws: `RegistryError`, also when the version is damaged; `ArchiveError`; `FileError`.
  @discardableResult
  public static func write(
    _ reference: ModelReference, of registry: borrowing Registry, to path: String
  ) throws -> ResolvedVersion {
    let parcel = try VersionParcel(reference, of: registry)
    var writer = try TarWriter()
    try writer.add(recordName, parcel.record.json.bytes(.indented))
    if let signature = parcel.signature { try writer.add(signatureName, signature) }
    for name in parcel.files {
      try writer.add(filesPrefix + name, FileSystem.read("\(parcel.version.folder)/\(name)"))
    }
    try FileSystem.writeAtomically(writer.finish(), to: path)
    return parcel.version
  }

  /// Registers the version in the archive `path`, which may come from anybody.
  ///
  /// - Parameters:
  ///   - path: where the file is.
  ///   - registry: the registry that gets it.
  ///   - name: the model that gets it; the name it had where it comes from without.
  ///   - digest: what its content must have, when the caller knows.
  ///   - byteLimit: how many bytes all files may have together.
  ///   - actor: who does it, for the audit trail.
  ///   - moment: when, for the catalogue; no content depends on it.
  /// - Throws: `ArchiveError` for what must not be unpacked, `DistributionError.malformedVersion` for what does not fit
  ///   together, `RegistryError`; nothing is registered then.
  @discardableResult
  public static func register(
    from path: String, in registry: borrowing Registry, as name: String? = nil,
    expecting digest: String? = nil, byteLimit: Int = byteLimit, by actor: String,
    at moment: Timestamp
  ) throws -> Registration {
    var reader = try TarReader(path, byteLimit: byteLimit)
    guard let first = try reader.next(), first.name == recordName,
      let record = VersionRecord(parsing: first.bytes)
    else {
      throw DistributionError.malformedVersion(
        place: path, reason: "it does not start with a \(recordName)")
    }
    // What is declared is enough for the files, a list of their sums and a signature, and for nothing else.
    reader.limitRest(toByteCount: record.byteCount + ParcelReceiver.overheadByteLimit)
    let receiver = ParcelReceiver(
      place: path, record: record, name: name ?? record.model, expectedDigest: digest)
    return try receiver.register(in: registry, by: actor, at: moment) { staged in
      var signature: [UInt8]?
      while let member = try reader.next() {
        if member.name == signatureName {
          signature = member.bytes
        } else if member.name.hasPrefix(filesPrefix) {
          try receiver.accept(
            String(member.name.dropFirst(filesPrefix.count)), member.bytes, into: staged)
        } else {
          throw DistributionError.malformedVersion(
            place: path, reason: "it holds \(member.name.debugDescription)")
        }
      }
      return signature
    }
  }
}
