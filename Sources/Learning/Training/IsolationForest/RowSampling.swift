internal import Tabular

/// Which rows each tree is grown from, a function of the seed, the tree and the set of rows alone.
///
/// Trees come in rounds of ⌊rows / ψ⌋, and the trees of a round share no row: tree t of a round takes the ranks t·ψ ..<
/// (t + 1)·ψ of its order of the rows. With K = trees × ψ rows or more there is one round. How many trees are asked for
/// does not matter, so a forest that is grown later has the trees that it would have had from the start.
///
/// Rows with keys are ordered by a hash of seed and key: the lowest hashes of one pass are all that fitting needs, so
/// neither the order of the rows nor their division into parts matters. Rows without keys are drawn by position,
/// without a pass. Weights make rows more likely in proportion (Efraimidis & Spirakis 2006); then
/// every tree draws from all rows.
struct RowSampling {
  let seed: UInt64
  let sampleCount: Int
  let drawsWithReplacement: Bool

  /// The positions of the rows of `trees` among `rowCount`: ψ for each tree, in the order of trees.
  ///
  /// - Parameters:
  ///   - keys: Distinct, one a row.
  ///   - weights: Not negative and finite, one a row; at least ψ are positive.
  func rows(
    of trees: Range<Int>, rowCount: Int, keys: [UInt64]?, weights: [Double]?
  ) -> [Int] {
    // Trees that share no row would take weight from one another.
    let perRound =
      drawsWithReplacement || weights != nil ? 1 : max(1, rowCount / sampleCount)
    var rows: [Int] = []
    rows.reserveCapacity(trees.count * sampleCount)
    var tree = trees.lowerBound
    while tree < trees.upperBound {
      let round = tree / perRound
      let end = min((round + 1) * perRound, trees.upperBound)
      let salt = salt(round)
      if drawsWithReplacement {
        rows += drawn(rowCount: rowCount, keys: keys, weights: weights, salt: salt)
      } else {
        let first = (tree - round * perRound) * sampleCount
        let last = (end - round * perRound) * sampleCount
        rows += ordered(last, of: rowCount, keys: keys, weights: weights, salt: salt)[first..<last]
      }
      tree = end
    }
    return rows
  }

  private func salt(_ round: Int) -> UInt64 { Self.salt(seed: seed, round: round) }

  static func salt(seed: UInt64, round: Int) -> UInt64 {
    SeededGenerator.mix(SeededGenerator.mix(seed) &+ UInt64(round))
  }

  /// ψ rows of one tree, each drawn from all.
  private func drawn(
    rowCount: Int, keys: [UInt64]?, weights: [Double]?, salt: UInt64
  ) -> [Int] {
    var generator = SeededGenerator(seed: salt)
    // With keys the n-th row is the n-th by hash, wherever it stands.
    let order = keys.map {
      lowestRows(keys: $0, weights: nil, count: rowCount, salt: SeededGenerator.mix(seed))
    }
    guard let weights else {
      return (0..<sampleCount).map { _ in
        let rank = generator.below(rowCount)
        return order?[rank] ?? rank
      }
    }
    var cumulated: [Double] = []
    var total = 0.0
    for rank in 0..<rowCount {
      total += weights[order?[rank] ?? rank]
      cumulated.append(total)
    }
    return (0..<sampleCount).map { _ in
      let mark = generator.uniform() * total
      var (low, high) = (0, rowCount - 1)
      while low < high {
        let middle = (low + high) / 2
        if cumulated[middle] <= mark { low = middle + 1 } else { high = middle }
      }
      return order?[low] ?? low
    }
  }

  /// The first `count` rows of the order that `salt` gives.
  private func ordered(
    _ count: Int, of rowCount: Int, keys: [UInt64]?, weights: [Double]?, salt: UInt64
  ) -> [Int] {
    if let keys { return lowestRows(keys: keys, weights: weights, count: count, salt: salt) }
    if let weights {
      return lowestRows(
        keys: (0..<UInt64(rowCount)).map { $0 }, weights: weights, count: count, salt: salt)
    }
    var generator = SeededGenerator(seed: salt)
    if rowCount <= 65_536 {
      var rows = Array(0..<rowCount)
      for index in 0..<count { rows.swapAt(index, index + generator.below(rowCount - index)) }
      return Array(rows[..<count])
    }
    // Draw again what was drawn before; a bit per row remembers.
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
  private func lowestRows(
    keys: [UInt64], weights: [Double]?, count: Int, salt: UInt64
  ) -> [Int] {
    if let weights { return lowestRows(keys: keys, weights: weights, count: count, salt: salt) }
    // The hashes are uniform: this limit keeps a few more than `count` rows, so that few are sorted.
    var limit = UInt64.max
    let share = (Double(count) + 8 * Double(count).squareRoot() + 64) / Double(keys.count)
    if share < 0.9 { limit = UInt64(share * 0x1p64) }
    var lowest = hashes(keys: keys, salt: salt, upTo: limit)
    if lowest.count < count { lowest = hashes(keys: keys, salt: salt, upTo: .max) }
    lowest.sort { $0.hash < $1.hash }
    return lowest.prefix(count).map(\.row)
  }

  /// The `count` rows with the lowest −log(u) / weight, where u is the hash as a share.
  private func lowestRows(
    keys: [UInt64], weights: [Double], count: Int, salt: UInt64
  ) -> [Int] {
    var races: [(time: Double, hash: UInt64, row: Int)] = []
    var latest = Double.infinity
    func keepFirst() {
      races.sort { ($0.time, $0.hash) < ($1.time, $1.hash) }
      races.removeLast(max(races.count - count, 0))
    }
    for row in keys.indices {
      let hash = Self.hash(keys[row], salt)
      let share = (Double(hash >> 11) + 0.5) * 0x1p-53
      // Rows without weight come last.
      let time = weights[row] > 0 ? -PortableMath.log(share) / weights[row] : .infinity
      guard time <= latest else { continue }
      races.append((time, hash, row))
      if races.count >= 4 * count + 64 {
        keepFirst()
        latest = races[races.count - 1].time
      }
    }
    keepFirst()
    return races.map(\.row)
  }

  private func hashes(
    keys: [UInt64], salt: UInt64, upTo limit: UInt64
  ) -> [(hash: UInt64, row: Int)] {
    var rows: [(hash: UInt64, row: Int)] = []
    for row in keys.indices {
      let hash = Self.hash(keys[row], salt)
      if hash <= limit { rows.append((hash, row)) }
    }
    return rows
  }

  /// SplitMix64's key-th number: a bijection, so different keys never tie.
  static func hash(_ key: UInt64, _ salt: UInt64) -> UInt64 {
    SeededGenerator.mix(salt &+ key &* 0x9E37_79B9_7F4A_7C15)
  }
}
