internal import Files
internal import Tabular
internal import Transactions

/// Writes sorted rows as the parts of a snapshot and counts what is in them.
///
/// A part is written on another thread while the rows of the next one are collected; memory holds no more than one that is.
struct PartSink: ~Copyable {
  private let folder: PartFolder
  /// The parts that are written: all of them after `settle`.
  private(set) var parts: [SnapshotManifest.Part] = []
  private(set) var labelCount = 0
  private(set) var fraudCount = 0
  private(set) var firstTime = Int64.max
  private(set) var lastTime = Int64.min
  /// Counts of what is missing and implausible in the rows.
  private(set) var quality = DataQuality()

  init(root: String) throws {
    folder = PartFolder(try StagedDirectory(destination: root + "/snapshot"))
  }

  /// Where the parts are before they are in place.
  var path: String { folder.path }

  var rowCount: Int { parts.reduce(0) { $0 + $1.rowCount } }

  /// Starts to write the next part, after the one before.
  ///
  /// - Throws: what went wrong with the part before.
  mutating func write(_ batch: TransactionBatch) throws {
    try settle()
    quality.examine(batch)
    labelCount += batch.labels.count { $0 >= 0 }
    fraudCount += batch.labels.count { $0 == 1 }
    firstTime = min(firstTime, batch.times.first ?? .max)
    lastTime = max(lastTime, batch.times.last ?? .min)
    let digits = String(parts.count)
    folder.startWriting(
      batch,
      to: "part-\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits).safetensors")
  }

  /// Waits until the last part is written.
  ///
  /// - Throws: what went wrong with it.
  mutating func settle() throws {
    if let part = try folder.writtenPart() { parts.append(part) }
  }

  /// Puts the folder in place under the name of its contents, with the manifest.
  ///
  /// - Throws: `FileError.alreadyExists` when it is there.
  consuming func commit(named digest: String, manifest: [UInt8]) throws(FileError) {
    try folder.commit(named: digest, manifest: manifest)
  }
}

/// The folder of parts that is not in place yet, and the part that is being written into it.
///
/// A class, because it has to wait for that part before the folder may go.
private final class PartFolder {
  let path: String
  private var staged: StagedDirectory?
  private var writing: Meanwhile<SnapshotManifest.Part>?

  init(_ staged: consuming StagedDirectory) {
    path = staged.path
    self.staged = consume staged
  }

  deinit { writing = nil }

  func startWriting(_ batch: TransactionBatch, to name: String) {
    let file = "\(path)/\(name)"
    writing = Meanwhile {
      let (digest, byteCount) = try FileSystem.writeLasting(
        SnapshotPart.archive(of: batch), to: file)
      return SnapshotManifest.Part(
        file: name, rowCount: batch.count, byteCount: byteCount, digest: digest.hexadecimal)
    }
  }

  /// The part whose writing was started, once.
  func writtenPart() throws -> SnapshotManifest.Part? {
    defer { writing = nil }
    return try writing?.result()
  }

  func commit(named digest: String, manifest: [UInt8]) throws(FileError) {
    guard let staged = staged.take() else { return }
    try staged.write(manifest, to: Snapshot.manifestName)
    try staged.commit(readOnly: true, named: digest)
  }
}
