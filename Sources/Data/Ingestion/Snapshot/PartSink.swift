internal import Files
internal import Transactions

/// Writes sorted rows as the parts of a snapshot and counts what is in them.
struct PartSink: ~Copyable {
  let staged: StagedDirectory
  private(set) var parts: [SnapshotManifest.Part] = []
  private(set) var labelCount = 0
  private(set) var fraudCount = 0
  private(set) var firstTime = Int64.max
  private(set) var lastTime = Int64.min
  /// Counts of what is missing and implausible in the rows.
  private(set) var quality = DataQuality()

  init(root: String) throws {
    staged = try StagedDirectory(destination: root + "/snapshot")
  }

  var rowCount: Int { parts.reduce(0) { $0 + $1.rowCount } }

  /// Writes the next part.
  mutating func write(_ batch: TransactionBatch) throws {
    quality.examine(batch)
    labelCount += batch.labels.count { $0 >= 0 }
    fraudCount += batch.labels.count { $0 == 1 }
    firstTime = min(firstTime, batch.times.first ?? .max)
    lastTime = max(lastTime, batch.times.last ?? .min)
    let digits = String(parts.count)
    let name =
      "part-\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits).safetensors"
    let file = try staged.write(SnapshotPart.archive(of: batch), to: name)
    parts.append(
      SnapshotManifest.Part(
        file: name, rowCount: batch.count, byteCount: file.byteCount,
        digest: file.digest.hexadecimal))
  }

  /// Puts the folder in place under the name of its contents.
  ///
  /// - Throws: `FileError.alreadyExists` when it is there.
  consuming func commit(named digest: String) throws(FileError) {
    try staged.commit(readOnly: true, named: digest)
  }
}
