internal import Files
internal import JSON
public import Transactions

/// Transactions as they were at one pull: a folder named by the digest of its contents, never changed after it was written.
public struct Snapshot: Equatable, Sendable {
  /// The folder.
  public let path: String
  /// What it holds, whatever the moment at which it is seen.
  public let manifest: SnapshotManifest
  /// The moment whose knowledge the rows show; `nil` for everything that was pulled.
  public private(set) var asOf: Timestamp?

  static let manifestName = "manifest.json"

  /// Opens the snapshot in the folder `path`; its rows are read later.
  ///
  /// - Throws: `IngestionError.unknownSnapshot` when there is none, `.corruptSnapshot` when its manifest is damaged.
  public init(opening path: String) throws(IngestionError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try FileSystem.read(path + "/" + Self.manifestName)
    } catch {
      guard !error.isMissing else { throw IngestionError.unknownSnapshot(name: path) }
      throw IngestionError.storageFailed(what: "the snapshot is not readable", reason: "\(error)")
    }
    guard let json = try? JSONValue(parsing: bytes), let manifest = SnapshotManifest(json) else {
      throw IngestionError.corruptSnapshot(path: path, reason: "its manifest does not fit")
    }
    self.path = path
    self.manifest = manifest
    asOf = nil
  }

  /// The same snapshot as somebody would have seen it at `moment`: no transaction and no label from then on.
  ///
  /// A row that the source has changed since shows its present values; sources keep no older ones.
  public func seen(asOf moment: Timestamp?) -> Snapshot {
    var view = self
    view.asOf = moment
    return view
  }

  /// Moment of the last row that can be seen, or an instant before `asOf` when that cuts the snapshot.
  public var lastTime: Timestamp {
    guard let asOf, asOf <= manifest.lastTime else { return manifest.lastTime }
    return Timestamp(microseconds: asOf.microseconds - 1)
  }

  /// Whether every part is there and as long as the manifest says; `verify()` reads them.
  var isComplete: Bool {
    manifest.parts.allSatisfy {
      (try? FileSystem.byteCount(of: path + "/" + $0.file)) == $0.byteCount
    }
  }

  /// Compares every byte with the manifest.
  ///
  /// - Throws: `IngestionError.corruptSnapshot` for the first difference.
  public func verify() throws(IngestionError) {
    for part in manifest.parts {
      let file = path + "/" + part.file
      let digest: String
      do throws(FileError) {
        digest = try SHA256.digest(ofFile: file).hexadecimal
      } catch {
        throw IngestionError.corruptSnapshot(path: path, reason: "\(error)")
      }
      guard digest == part.digest else {
        throw IngestionError.corruptSnapshot(path: path, reason: "\(part.file) was altered")
      }
    }
  }

  /// Gives the rows in order of time, some hundred thousand at once.
  ///
  /// - Throws: `IngestionError.corruptSnapshot`, or what `body` throws.
  public func forEachBatch(_ body: (TransactionBatch) throws -> Void) throws {
    for part in manifest.parts {
      try SnapshotPart.forEachBatch(
        in: path + "/" + part.file, rowCount: part.rowCount, rowsPerBatch: Self.rowsPerBatch
      ) { batch in try body(asOf.map { batch.seen(asOf: $0) } ?? batch) }
    }
  }

  /// A batch takes about a hundred bytes a row.
  private static let rowsPerBatch = 1 << 18

  /// The rows of one part.
  public func batch(at partIndex: Int) throws(IngestionError) -> TransactionBatch {
    let part = manifest.parts[partIndex]
    let batch = try SnapshotPart.read(path + "/" + part.file, rowCount: part.rowCount)
    return asOf.map { batch.seen(asOf: $0) } ?? batch
  }
}
