internal import Tabular

/// Which rows each tree is grown from, chosen by a keyed hash so that only the set of rows matters.
///
/// Every row has a key (its position unless the caller has better, such as a hash of its identifier). All rows are
/// ranked by a hash of seed and key; with K = trees × ψ rows or more, tree t takes the ranks t·ψ ..< (t + 1)·ψ, so the
/// K lowest hashes of one pass are all that fitting needs, in whatever order or parts the rows come. With fewer rows
/// each tree ranks them anew by a hash of its own.
struct RowSampling {
  let seed: UInt64
  let treeCount: Int
  let sampleCount: Int
  let drawsWithReplacement: Bool

  /// For each tree the positions of its rows, in the order of their hashes.
  func samples(keys: RowKeys) -> [[Int]] {
    if drawsWithReplacement { return replacementSamples(keys: keys) }
    let wanted = treeCount * sampleCount
    if keys.count >= wanted {
      let lowest = lowestRows(keys: keys, count: wanted, salt: SeededGenerator.mix(seed))
      return (0..<treeCount).map { tree in
        Array(lowest[tree * sampleCount..<(tree + 1) * sampleCount])
      }
    }
    return (0..<treeCount).map { tree in
      lowestRows(keys: keys, count: sampleCount, salt: salt(tree: tree))
    }
  }

  /// Rows in the order of one hash, drawn by position with replacement.
  private func replacementSamples(keys: RowKeys) -> [[Int]] {
    let order = lowestRows(keys: keys, count: keys.count, salt: SeededGenerator.mix(seed))
    return (0..<treeCount).map { tree in
      var generator = SeededGenerator(seed: salt(tree: tree))
      return (0..<sampleCount).map { _ in order[generator.below(order.count)] }
    }
  }

  private func salt(tree: Int) -> UInt64 {
    SeededGenerator.mix(SeededGenerator.mix(seed) &+ UInt64(tree) &+ 1)
  }

  /// The `count` rows with the lowest hashes, lowest first.
  private func lowestRows(keys: RowKeys, count: Int, salt: UInt64) -> [Int] {
    // The hashes are uniform: this limit keeps a few more than `count` rows, so that few are sorted.
    var limit = UInt64.max
    let share = (Double(count) + 8 * Double(count).squareRoot() + 64) / Double(keys.count)
    if share < 0.9 { limit = UInt64(share * 0x1p64) }
    var candidates = keys.hashes(salt: salt, upTo: limit)
    if candidates.count < count { candidates = keys.hashes(salt: salt, upTo: .max) }
    candidates.sort { ($0.hash, $0.row) < ($1.hash, $1.row) }
    return candidates.prefix(count).map(\.row)
  }
}

/// The identities of the rows of a table.
enum RowKeys {
  /// The position of a row is its key.
  case positions(Int)
  /// A key per row.
  case keys([UInt64])

  var count: Int {
    switch self {
    case .positions(let count): count
    case .keys(let keys): keys.count
    }
  }

  /// Rows whose hash is at most `limit`.
  func hashes(salt: UInt64, upTo limit: UInt64) -> [(hash: UInt64, row: Int)] {
    // SplitMix64's n-th number: a bijection of the key, so different keys never tie.
    func hash(_ key: UInt64) -> UInt64 {
      SeededGenerator.mix(salt &+ key &* 0x9E37_79B9_7F4A_7C15)
    }
    var rows: [(hash: UInt64, row: Int)] = []
    switch self {
    case .positions(let count):
      for row in 0..<count {
        let value = hash(UInt64(row))
        if value <= limit { rows.append((value, row)) }
      }
    case .keys(let keys):
      for row in keys.indices {
        let value = hash(keys[row])
        if value <= limit { rows.append((value, row)) }
      }
    }
    return rows
  }
}
