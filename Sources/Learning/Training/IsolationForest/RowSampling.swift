internal import Tabular

/// Which rows each tree is grown from.
///
/// With K = trees × ψ rows or more the trees share no row. Rows with keys are ranked by a hash of seed and key, and tree
/// t takes the ranks t·ψ ..< (t + 1)·ψ: the K lowest hashes of one pass are all that fitting needs, so neither the order
/// of the rows nor their division into parts matters. Rows without keys are drawn by position, without a pass.
struct RowSampling {
  let seed: UInt64
  let treeCount: Int
  let sampleCount: Int
  let drawsWithReplacement: Bool

  /// The positions of all trees' rows among `rowCount`, whose `keys` are distinct: ψ for each tree, in the order of trees.
  func samples(rowCount: Int, keys: [UInt64]?) -> [Int] {
    let wanted = treeCount * sampleCount
    if drawsWithReplacement {
      let order = keys.map { lowestRows(keys: $0, count: rowCount, salt: salt(tree: -1)) }
      return (0..<treeCount).flatMap { tree in
        var generator = SeededGenerator(seed: salt(tree: tree))
        return (0..<sampleCount).map { _ in
          let rank = generator.below(rowCount)
          return order?[rank] ?? rank
        }
      }
    }
    guard rowCount >= wanted else {
      return (0..<treeCount).flatMap { tree in
        sample(sampleCount, of: rowCount, keys: keys, salt: salt(tree: tree))
      }
    }
    return sample(wanted, of: rowCount, keys: keys, salt: salt(tree: -1))
  }

  private func salt(tree: Int) -> UInt64 {
    SeededGenerator.mix(SeededGenerator.mix(seed) &+ UInt64(tree + 1))
  }

  private func sample(_ count: Int, of rowCount: Int, keys: [UInt64]?, salt: UInt64) -> [Int] {
    if let keys { return lowestRows(keys: keys, count: count, salt: salt) }
    var generator = SeededGenerator(seed: salt)
    if count > rowCount / 2 {
      var rows = Array(0..<rowCount)
      for index in 0..<count { rows.swapAt(index, index + generator.below(rowCount - index)) }
      return Array(rows[..<count])
    }
    // Draw again what was drawn before: less than every second draw, and a bit per row remembers.
    var isDrawn = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
    var rows: [Int] = []
    rows.reserveCapacity(count)
    while rows.count < count {
      let row = generator.below(rowCount)
      let bit: UInt64 = 1 << UInt64(row % 64)
      if isDrawn[row / 64] & bit == 0 {
        isDrawn[row / 64] |= bit
        rows.append(row)
      }
    }
    return rows
  }

  /// The `count` rows with the lowest hashes, lowest first.
  private func lowestRows(keys: [UInt64], count: Int, salt: UInt64) -> [Int] {
    // The hashes are uniform: this limit keeps a few more than `count` rows, so that few are sorted.
    var limit = UInt64.max
    let share = (Double(count) + 8 * Double(count).squareRoot() + 64) / Double(keys.count)
    if share < 0.9 { limit = UInt64(share * 0x1p64) }
    var lowest = hashes(keys: keys, salt: salt, upTo: limit)
    if lowest.count < count { lowest = hashes(keys: keys, salt: salt, upTo: .max) }
    lowest.sort { $0.hash < $1.hash }
    return lowest.prefix(count).map(\.row)
  }

  private func hashes(
    keys: [UInt64], salt: UInt64, upTo limit: UInt64
  ) -> [(hash: UInt64, row: Int)] {
    var rows: [(hash: UInt64, row: Int)] = []
    for row in keys.indices {
      // SplitMix64's key-th number: a bijection, so different keys never tie.
      let hash = SeededGenerator.mix(salt &+ keys[row] &* 0x9E37_79B9_7F4A_7C15)
      if hash <= limit { rows.append((hash, row)) }
    }
    return rows
  }
}
