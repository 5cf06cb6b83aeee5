internal import Files
internal import JSON
public import Registry
public import Transactions

/// A copy of versions in an S3-compatible store, laid out as in a registry's folder:
///
///     <prefix>models/<name>/<version>/…     the files, so that serving systems read them there
///     <prefix>models/<name>/<version>.json  the record
///     <prefix>models/<name>/<version>.sig   the signature, if it has one
///
/// The file `SHA256SUMS` is put last and only where there is none: a version without it is not there yet, and what is there
/// never changes. What an attempt has transferred the next one does not transfer again.
public struct RemoteStore: Sendable {
  /// Smallest part that S3 takes, except for the last.
  public static let smallestPartByteCount = 5 << 20

  /// Where the versions lie.
  public let location: S3Location
  let client: S3Client
  private let partByteCount: Int

  /// Describes a store; nothing is sent.
  ///
  /// - Parameters:
  ///   - location: where the versions are.
  ///   - access: who asks, and with which key.
  ///   - partByteCount: larger files are sent in parts of this size.
  ///   - now: the clock that signatures name.
  public init(
    _ location: S3Location, access: S3Access, partByteCount: Int = 8 << 20,
    now: @escaping @Sendable () -> Timestamp
  ) {
    precondition(partByteCount >= Self.smallestPartByteCount, "S3 takes parts of 5 MiB or more")
    self.location = location
    self.partByteCount = partByteCount
    client = S3Client(access: access, bucket: location.bucket, now: now)
  }

  /// What a push did.
  public struct Push: Equatable, Sendable {
    /// The version.
    public let version: ResolvedVersion
    /// How many files were sent; 0 when the store had the version.
    public let sentCount: Int
    /// How many bytes they have.
    public let sentByteCount: Int
    /// False when the store had the version already.
    public let isNew: Bool
  }

  /// Copies a version to the store.
  ///
  /// - Throws: `DistributionError.conflict` when the store has other content under its number; `RegistryError` when the version
  ///   is damaged.
  public func push(_ reference: ModelReference, of registry: borrowing Registry) throws -> Push {
    let parcel = try VersionParcel(reference, of: registry)
    let (name, number) = (parcel.version.name, parcel.version.version)
    let sumsKey = location.file(name, number, VersionParcel.sumsName)
    var isNew = true
    var (count, byteCount) = (0, 0)
    if try isSame(sumsKey, parcel.version.digest, parcel.version.digest) {
      isNew = false
    } else {
      for file in parcel.files.dropLast() {
        guard
          let sent = try send(
            "\(parcel.version.folder)/\(file)", to: location.file(name, number, file), parcel)
        else { continue }
        count += 1
        byteCount += sent
      }
    }
    if let signature = parcel.signature {
      _ = try client.put(location.signature(name, number), signature, isNew: false)
    }
    guard isNew else {
      return Push(version: parcel.version, sentCount: 0, sentByteCount: 0, isNew: false)
    }
    _ = try client.put(
      location.record(name, number), parcel.record.json.bytes(.indented), isNew: false)
    let sums = try FileSystem.read("\(parcel.version.folder)/\(VersionParcel.sumsName)")
    if try !client.put(sumsKey, sums, isNew: true) {
      // Somebody else finished in between: it is the same version or a conflict.
      _ = try isSame(sumsKey, parcel.version.digest, parcel.version.digest)
      isNew = false
    }
    return Push(
      version: parcel.version, sentCount: count + 1, sentByteCount: byteCount + sums.count,
      isNew: isNew)
  }

  /// Whether the object of a key is there with this content; false when there is none.
  private func isSame(_ key: String, _ digest: String, _ versionDigest: String) throws -> Bool {
    guard let head = try client.head(key) else { return false }
    let present = try head.digest ?? client.get(key).map { SHA256.digest(of: $0).hexadecimal } ?? ""
    guard present == digest else {
      throw DistributionError.conflict(
        place: "s3://\(location.bucket)/\(key)", present: present, own: versionDigest)
    }
    return true
  }

  /// Sends a file; returns how many bytes it has, `nil` when it is there already.
  private func send(_ path: String, to key: String, _ parcel: VersionParcel) throws -> Int? {
    let digest = try SHA256.digest(ofFile: path).hexadecimal
    if try isSame(key, digest, parcel.version.digest) { return nil }
    let byteCount = try FileSystem.byteCount(of: path)
    let isPut =
      byteCount > partByteCount
      ? try client.putInParts(
        key, fileAt: path, digest: digest, partByteCount: partByteCount)
      : try client.put(key, FileSystem.read(path), isNew: true)
    if !isPut { _ = try isSame(key, digest, parcel.version.digest) }
    return isPut ? byteCount : nil
  }

  /// The models of the store.
  public func models() throws -> [String] {
    let root = "\(location.prefix)models/"
    return try client.keys(prefix: root, delimiter: "/")
      .filter { $0.hasSuffix("/") }.map { String($0.dropFirst(root.count).dropLast()) }
      .filter { (try? RegistryName.check(model: $0)) != nil }.sorted()
  }

  /// The complete versions of a model in the store, ascending.
  public func versions(of name: String) throws -> [Int] {
    let prefix = location.modelPrefix(name)
    return try client.keys(prefix: prefix).compactMap { key in
      let parts = key.dropFirst(prefix.count).split(separator: "/")
      guard parts.count == 2, parts[1] == VersionParcel.sumsName else { return nil }
      return Int(parts[0])
    }.sorted()
  }

  /// Registers a version of the store.
  ///
  /// - Parameters:
  ///   - name: name of the model in the store.
  ///   - number: the version there; the newest without.
  ///   - registry: the registry that gets it.
  ///   - localName: the model that gets it here; `name` without.
  ///   - digest: what its content must have, when the caller knows.
  ///   - folder: where files are kept until the version is whole; the next attempt continues there.
  ///   - byteLimit: how many bytes all files may have together.
  ///   - actor: who does it, for the audit trail.
  ///   - moment: when, for the catalogue; no content depends on it.
  public func pull(
    _ name: String, _ number: Int? = nil, into registry: borrowing Registry,
    as localName: String? = nil, expecting digest: String? = nil, through folder: String,
    byteLimit: Int = VersionArchive.byteLimit, by actor: String, at moment: Timestamp
  ) throws -> Registration {
    guard let number = try number ?? versions(of: name).last else {
      throw DistributionError.notFound(place: "\(location)models/\(name)/")
    }
    let recordKey = location.record(name, number)
    let place = "s3://\(location.bucket)/\(recordKey)"
    guard let bytes = try client.get(recordKey) else {
      throw DistributionError.notFound(place: place)
    }
    guard let record = VersionRecord(parsing: bytes) else {
      throw DistributionError.malformedVersion(place: place, reason: "it is no record of a version")
    }
    guard record.byteCount <= byteLimit else {
      throw DistributionError.malformedVersion(
        place: place, reason: "it has \(record.byteCount) bytes, more than the \(byteLimit) allowed"
      )
    }
    let receiver = ParcelReceiver(
      place: place, record: record, name: localName ?? name, expectedDigest: digest)
    let incoming = IncomingFolder(path: "\(folder)/\(record.digest)", partByteCount: partByteCount)
    let files = try incoming.receive(from: client, location, name, number, receiver)
    let signature = try client.get(location.signature(name, number))
    let registration = try receiver.register(in: registry, by: actor, at: moment) { staged in
      for file in files {
        try receiver.accept(file, FileSystem.read("\(incoming.path)/\(file)"), into: staged)
      }
      return signature
    }
    try FileSystem.removeTree(incoming.path)
    return registration
  }
}
