internal import Files
public import Ingestion

/// The folder of snapshots.
public struct Snapshots: Sendable {
  /// Where the snapshots lie.
  public let folder: String

  /// Names the folder.
  public init(folder: String) { self.folder = folder }

  /// Opens the snapshot whose digest starts with `prefix`, or the one that was written last without one.
  ///
  /// - Throws: `PipelineError.noSnapshot` or `.ambiguousSnapshot`, and what opening throws.
  public func open(_ prefix: String?) throws -> Snapshot {
    let digests = try digests()
    let path: String
    if let prefix {
      let matches = digests.filter { $0.hasPrefix(prefix) }
      guard let match = matches.first else {
        throw PipelineError.noSnapshot(prefix, folder: folder)
      }
      guard matches.count == 1 else {
        throw PipelineError.ambiguousSnapshot(prefix, matches: matches)
      }
      path = match
    } else {
      let dated = try digests.map {
        (time: try FileSystem.modificationTime(of: "\(folder)/\($0)"), digest: $0)
      }
      guard let newest = dated.max(by: { $0 < $1 }) else {
        throw PipelineError.noSnapshot(nil, folder: folder)
      }
      path = newest.digest
    }
    return try Snapshot(opening: "\(folder)/\(path)")
  }

  /// The digests of all snapshots, sorted.
  public func digests() throws -> [String] {
    guard FileSystem.isDirectory(folder) else { return [] }
    return try FileSystem.contents(ofDirectory: folder).filter { name in
      name.utf8.count == 64 && FileSystem.exists("\(folder)/\(name)/manifest.json")
    }
  }
}
