internal import Files
public import Transactions

/// All snapshots of one folder.
public struct SnapshotCollection: Equatable, Sendable {
  /// A snapshot, or what is left of one.
  public struct Entry: Equatable, Sendable {
    /// Name of the folder, which is the digest.
    public let name: String
    /// When the folder was written.
    public let writtenAt: Timestamp
    /// Bytes of all its files.
    public let byteCount: Int
    /// What it holds, or `nil` when its manifest cannot be read.
    public let manifest: SnapshotManifest?
  }

  /// The folder that holds one folder a snapshot.
  public let root: String

  /// Describes the snapshots in the folder `root`, which need not exist yet.
  public init(root: String) { self.root = root }

  /// All snapshots, the one that was written last first.
  ///
  /// - Throws: `IngestionError.storageFailed`.
  public func entries() throws(IngestionError) -> [Entry] {
    guard FileSystem.exists(root) else { return [] }
    return try storage { () throws(FileError) in
      var entries: [Entry] = []
      for name in try FileSystem.contents(ofDirectory: root) where !name.hasPrefix(".") {
        let path = root + "/" + name
        guard FileSystem.isDirectory(path) else { continue }
        var byteCount = 0
        for file in try FileSystem.contents(ofDirectory: path) {
          byteCount += try FileSystem.byteCount(of: path + "/" + file)
        }
        let time = try FileSystem.modificationTime(of: path)
        entries.append(
          Entry(
            name: name, writtenAt: Timestamp(microseconds: time), byteCount: byteCount,
            manifest: try? Snapshot(opening: path).manifest))
      }
      return entries.sorted {
        $0.writtenAt == $1.writtenAt ? $0.name < $1.name : $0.writtenAt > $1.writtenAt
      }
    }
  }

  /// The snapshot that was written last and can be read, or `nil`.
  public func latest() throws(IngestionError) -> Snapshot? {
    guard let entry = try entries().first(where: { $0.manifest != nil }) else { return nil }
    return try Snapshot(opening: root + "/" + entry.name)
  }

  /// The manifests of the other snapshots of the same source that were written before `snapshot`, newest first.
  public func history(before snapshot: Snapshot) throws(IngestionError) -> [SnapshotManifest] {
    let all = try entries().compactMap(\.manifest)
    let earlier = all.drop { $0.digest != snapshot.manifest.digest }.dropFirst()
    return earlier.filter { $0.source == snapshot.manifest.source }
  }

  /// The snapshot whose digest is or starts with `name`; `latest` is the one written last.
  ///
  /// - Throws: `IngestionError.unknownSnapshot`, also when several digests start so.
  public func snapshot(named name: String) throws(IngestionError) -> Snapshot {
    if name == "latest" {
      guard let latest = try latest() else { throw IngestionError.unknownSnapshot(name: name) }
      return latest
    }
    let matches = try entries().filter { !name.isEmpty && $0.name.hasPrefix(name) }
    guard matches.count == 1 else { throw IngestionError.unknownSnapshot(name: name) }
    return try Snapshot(opening: root + "/" + matches[0].name)
  }

  /// Removes snapshots that nobody needs, and what killed runs left behind more than a day ago.
  ///
  /// - Parameters:
  ///   - keptDigests: Snapshots that stay, such as those which model versions were trained on.
  ///   - latestCount: How many of the last written ones stay as well.
  ///   - now: The present moment.
  ///   - isRehearsal: Whether nothing is removed, only told.
  /// - Returns: the names that were removed, or would be.
  public func collectGarbage(
    keeping keptDigests: Set<String>, latestCount: Int, now: Timestamp, isRehearsal: Bool = false
  ) throws(IngestionError) -> [String] {
    let entries = try entries()
    guard FileSystem.exists(root) else { return [] }
    return try storage { () throws(FileError) in
      var names = entries.dropFirst(max(latestCount, 0)).map(\.name)
        .filter { !keptDigests.contains($0) }
      for name in try FileSystem.contents(ofDirectory: root) where name.hasPrefix(".snapshot.") {
        let time = try FileSystem.modificationTime(of: root + "/" + name)
        if Timestamp(microseconds: time) < now - .days(1) { names.append(name) }
      }
      if !isRehearsal {
        for name in names { try FileSystem.removeTree(root + "/" + name) }
      }
      return names
    }
  }

  private func storage<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(IngestionError) -> Result {
    do throws(FileError) {
      return try body()
    } catch {
      throw IngestionError.storageFailed(what: "snapshots in \(root)", reason: "\(error)")
    }
  }
}
