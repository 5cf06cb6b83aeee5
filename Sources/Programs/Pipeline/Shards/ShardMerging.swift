internal import Files
internal import Training

/// Joins files of results in any order.
public enum ShardMerging {
  /// The bytes of the result that the results in `files` come to.
  ///
  /// - Throws: `FileError` or `ShardResultError`.
  public static func merged(_ files: [String]) throws -> [UInt8] {
    guard let first = files.first else {
      throw ShardResultError.malformed(reason: "there is no file to merge")
    }
    let kind = try file(first).kind
    switch kind {
    case RowSample.kind: return try merge(files, RowSample.self).encoded()
    case ScoreHistogram.kind: return try merge(files, ScoreHistogram.self).encoded()
    case ScoredRows.kind: return try merge(files, ScoredRows.self).encoded()
    case SeriesMoments.kind: return try merge(files, SeriesMoments.self).encoded()
    default: throw ShardResultError.malformed(reason: "its kind \(kind) is unknown here")
    }
  }

  /// What a result covers, for people.
  public static func description(of bytes: [UInt8]) throws -> (kind: String, shardCount: Int) {
    let file = try ShardResultFile(decoding: bytes)
    return (file.kind, file.shards.count)
  }

  private static func file(_ path: String) throws -> ShardResultFile {
    let bytes = try FileSystem.read(path)
    do throws(ShardResultError) {
      return try ShardResultFile(decoding: bytes)
    } catch {
      guard case .malformed(let reason) = error else { throw error }
      throw ShardResultError.malformed(reason: "\(path): \(reason)")
    }
  }

  static func merge<Result: ShardResult>(
    _ files: [String], _ type: Result.Type
  ) throws -> StampedResult<Result> {
    var merged: StampedResult<Result>?
    for path in files {
      let next = try StampedResult<Result>(file(path))
      try merged?.merge(next)
      merged = merged ?? next
    }
    guard let merged else {
      throw ShardResultError.malformed(reason: "there is no file to merge")
    }
    return merged
  }
}
