internal import Tabular

/// The rows from the highest score to the lowest; rows of equal score keep their order.
enum ScoreOrder {
  private static let digitBits = 11
  private static let digitCount = 6

  /// Row indices by falling score. NaN must have been refused before.
  ///
  /// Each thread sorts a block by its bits (a radix sort, least digit first); the blocks are then merged. The result is
  /// unique, so it does not depend on `threadCount`.
  static func descending(_ scores: [Double], threadCount: Int) -> [UInt32] {
    precondition(scores.count <= Int(UInt32.max), "more rows than a 32-bit index counts")
    let blockSize = max(65_536, (scores.count + threadCount - 1) / max(threadCount, 1))
    var runs = BlockParallel.map(
      count: scores.count, blockSize: blockSize, threadCount: threadCount
    ) { range in sortedRun(scores, range) }
    while runs.count > 1 {
      var merged: [Run] = []
      for index in stride(from: 0, to: runs.count - 1, by: 2) {
        merged.append(merge(runs[index], runs[index + 1]))
      }
      if !runs.count.isMultiple(of: 2), let last = runs.last { merged.append(last) }
      runs = merged
    }
    return runs.first?.rows ?? []
  }

  private struct Run: Sendable {
    var keys: [UInt64]
    var rows: [UInt32]
  }

  /// Maps a score to bits that rise when the score falls; both zeros give the same bits.
  private static func key(_ score: Double) -> UInt64 {
    let bits = (score + 0).bitPattern
    let rising = bits >> 63 == 0 ? bits | (1 << 63) : ~bits
    return ~rising
  }

  private static func sortedRun(_ scores: [Double], _ range: Range<Int>) -> Run {
    var run = Run(keys: range.map { key(scores[$0]) }, rows: range.map { UInt32($0) })
    let count = run.keys.count
    var histograms = [[Int]](
      repeating: [Int](repeating: 0, count: 1 << digitBits), count: digitCount)
    for digit in 0..<digitCount {
      let shift = UInt64(digit * digitBits)
      for key in run.keys { histograms[digit][Int(truncatingIfNeeded: key >> shift) & 2047] += 1 }
    }
    var other = Run(
      keys: [UInt64](repeating: 0, count: count), rows: [UInt32](repeating: 0, count: count))
    for digit in 0..<digitCount where !histograms[digit].contains(count) {
      let shift = UInt64(digit * digitBits)
      var position = 0
      var starts = histograms[digit].map { size in
        defer { position += size }
        return position
      }
      for index in 0..<count {
        let key = run.keys[index]
        let bucket = Int(truncatingIfNeeded: key >> shift) & 2047
        let target = starts[bucket]
        starts[bucket] = target + 1
        other.keys[target] = key
        other.rows[target] = run.rows[index]
      }
      swap(&run, &other)
    }
    return run
  }

  private static func merge(_ left: Run, _ right: Run) -> Run {
    let count = left.keys.count + right.keys.count
    var merged = Run(keys: [], rows: [])
    merged.keys.reserveCapacity(count)
    merged.rows.reserveCapacity(count)
    var (i, j) = (0, 0)
    while i < left.keys.count && j < right.keys.count {
      if left.keys[i] <= right.keys[j] {
        merged.keys.append(left.keys[i])
        merged.rows.append(left.rows[i])
        i += 1
      } else {
        merged.keys.append(right.keys[j])
        merged.rows.append(right.rows[j])
        j += 1
      }
    }
    merged.keys.append(contentsOf: left.keys[i...])
    merged.rows.append(contentsOf: left.rows[i...])
    merged.keys.append(contentsOf: right.keys[j...])
    merged.rows.append(contentsOf: right.rows[j...])
    return merged
  }
}
