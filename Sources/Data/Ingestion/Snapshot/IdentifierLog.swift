internal import Files
internal import Memory
internal import Tabular

/// Finds the identifiers that came more than once among any number of them, in bounded memory.
///
/// Identifiers are kept as 64-bit hashes, in as many buckets by their highest bits; buckets that grow go to files and come back
/// one by one. Two different identifiers may share a hash: what is found is suspected, and compared in full later.
struct IdentifierLog {
  private static let bucketBits = 5
  private var buckets = [[Int64]](repeating: [], count: 1 << bucketBits)
  private var count = 0
  private var fileCount = 0
  private let limit: Int
  private let folder: String

  /// Starts a log that keeps `limit` hashes in memory and the others in `folder`.
  init(folder: String, limit: Int) {
    self.folder = folder
    self.limit = limit
  }

  mutating func add(_ ids: [String]) throws {
    for id in ids {
      let hash = Self.hash(of: id)
      buckets[Int(hash >> UInt64(64 - Self.bucketBits))].append(Int64(bitPattern: hash))
    }
    count += ids.count
    if count > limit { try spill() }
  }

  /// What stands for an identifier here.
  static func hash(of id: String) -> UInt64 { id.utf8Span.span.tableHash }

  private func path(_ bucket: Int, _ file: Int) -> String { "\(folder)/hashes-\(bucket)-\(file)" }

  private mutating func spill() throws {
    for bucket in buckets.indices {
      let archive = SafetensorsArchive(tensors: [Tensor("hashes", .int64(buckets[bucket]))])
      try FileSystem.write(archive, to: path(bucket, fileCount))
      buckets[bucket].removeAll(keepingCapacity: true)
    }
    fileCount += 1
    count = 0
  }

  /// The hashes that were added more than once.
  func repeated() throws -> Set<UInt64> {
    // Two at once: one reads while the other computes, and memory holds no more.
    try BlockParallel.map(count: buckets.count, blockSize: 1, threadCount: 2) { bucket in
      var hashes = buckets[bucket.lowerBound]
      for file in 0..<fileCount {
        let archive = try SafetensorsArchive(contentsOf: path(bucket.lowerBound, file))
        if case .int64(let stored)? = archive["hashes"]?.elements { hashes += stored }
      }
      return Self.repeated(in: hashes)
    }.reduce(into: []) { $0.formUnion($1) }
  }

  /// Open addressing; 0 marks a free slot, so the hash 0 is counted apart.
  private static func repeated(in hashes: [Int64]) -> Set<UInt64> {
    var repeated: Set<UInt64> = []
    var slotCount = 64
    while slotCount < 2 * hashes.count { slotCount *= 2 }
    var slots = [Int64](repeating: 0, count: slotCount)
    var zeroCount = 0
    for hash in hashes {
      if hash == 0 {
        zeroCount += 1
        if zeroCount == 2 { repeated.insert(0) }
        continue
      }
      var slot = Int(truncatingIfNeeded: hash) & (slotCount - 1)
      while slots[slot] != 0 && slots[slot] != hash { slot = (slot + 1) & (slotCount - 1) }
      if slots[slot] == hash { repeated.insert(UInt64(bitPattern: hash)) }
      slots[slot] = hash
    }
    return repeated
  }
}
