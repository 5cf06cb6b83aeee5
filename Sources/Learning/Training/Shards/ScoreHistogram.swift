public import Files

/// How many scores lie below, in and above an interval, and which they are inside: all that an exact quantile needs.
///
/// Scores are held as integers in the order of the numbers. Inside the interval distinct scores are kept with their counts
/// while they are few; beyond that only counts in equal bins, and the search goes on in one bin with another pass.
public struct ScoreHistogram: ShardResult {
  public static let kind = "histogram"

  /// The position of a score of rank `r`, the highest having rank 0.
  public enum Place: Equatable, Sendable {
    /// The score.
    case value(Double)
    /// The interval in which it lies, for the next pass.
    case within(ClosedRange<Double>)
  }

  private static let binCount = 65_536
  /// How many distinct scores are kept, at most.
  static let valueLimit = 1 << 18

  private let low: Int64
  private let high: Int64
  private var belowCount = 0
  private var aboveCount = 0
  private var bins = [Int64](repeating: 0, count: ScoreHistogram.binCount)
  /// Counts of distinct scores; `nil` when they were too many.
  private var counts: [Int64: Int64]? = [:]

  /// A histogram of no scores.
  ///
  /// - Precondition: `interval` has finite bounds.
  public init(of interval: ClosedRange<Double>) {
    precondition(
      interval.lowerBound.isFinite && interval.upperBound.isFinite, "the interval has finite bounds"
    )
    low = Self.position(interval.lowerBound)
    high = Self.position(interval.upperBound)
  }

  /// How many scores there are.
  public var rowCount: Int { belowCount + aboveCount + bins.reduce(0) { $0 + Int($1) } }

  /// The scores between which `interval` lies in the distribution of a sample: wide enough that rank `rank` of `rowCount`
  /// scores almost surely lies in it.
  ///
  /// - Precondition: `scores` is not empty.
  public static func bracket(
    ofRank rank: Int, among rowCount: Int, sampled scores: [Double]
  ) -> ClosedRange<Double> {
    let sorted = scores.sorted(by: >)
    let share = Double(rank) / Double(max(rowCount - 1, 1))
    let count = Double(sorted.count)
    // Six standard deviations of a rank in the sample, and some for the smallest samples.
    let slack = 6 * (count * share * (1 - share)).squareRoot() + 12
    let first = Int(max(0, share * count - slack))
    let last = Int(min(count - 1, share * count + slack))
    // The sample's highest score is hardly ever that of all rows.
    let upper = Double(first) <= 12 ? 1 : sorted[min(first, last)]
    // Nor is its lowest.
    let lower = Double(last) >= count - 13 ? 0 : sorted[last]
    return min(lower, upper)...max(lower, upper)
  }

  /// Adds scores.
  ///
  /// - Precondition: the scores are finite.
  public mutating func add(_ scores: [Double]) {
    let shift = shift
    for score in scores {
      let position = Self.position(score)
      if position < low {
        belowCount += 1
      } else if position > high {
        aboveCount += 1
      } else {
        bins[Int(UInt64(bitPattern: position &- low) >> shift)] += 1
        counts?[position, default: 0] += 1
        if let count = counts?.count, count > Self.valueLimit { counts = nil }
      }
    }
  }

  /// Where the score of `rank` is.
  ///
  /// - Precondition: `rank` is in `0 ..< rowCount`.
  public func place(ofRank rank: Int) -> Place {
    precondition(rank >= 0 && rank < rowCount, "a rank is below the number of scores")
    var remaining = rank
    if remaining < aboveCount {
      return .within(Self.value(high + 1)...Double.greatestFiniteMagnitude)
    }
    remaining -= aboveCount
    if let counts, remaining < counts.values.reduce(0, { $0 + Int($1) }) {
      for (position, count) in counts.sorted(by: { $0.key > $1.key }) {
        if remaining < Int(count) { return .value(Self.value(position)) }
        remaining -= Int(count)
      }
    }
    for bin in bins.indices.reversed() {
      if remaining < Int(bins[bin]) {
        let offset = UInt64(bin) << shift
        let last = min(UInt64(bitPattern: high &- low), offset + ((1 << shift) - 1))
        let start = low &+ Int64(bitPattern: offset)
        let end = low &+ Int64(bitPattern: last)
        return start == end
          ? .value(Self.value(start)) : .within(Self.value(start)...Self.value(end))
      }
      remaining -= Int(bins[bin])
    }
    return .within(-Double.greatestFiniteMagnitude...Self.value(low - 1))
  }

  /// How many low bits of a position do not tell bins apart.
  private var shift: UInt64 {
    let width = UInt64(bitPattern: high &- low)
    return UInt64(max(0, 48 - width.leadingZeroBitCount))
  }

  /// An integer that is larger for a larger number.
  private static func position(_ score: Double) -> Int64 {
    let bits = Int64(bitPattern: (score + 0).bitPattern)
    return bits >= 0 ? bits : Int64.min &- bits
  }

  private static func value(_ position: Int64) -> Double {
    let bits = position >= 0 ? position : Int64.min &- position
    return Double(bitPattern: UInt64(bitPattern: bits))
  }

  public mutating func merge(_ other: ScoreHistogram) throws(ShardResultError) {
    guard low == other.low, high == other.high else {
      throw .differentParameters(
        expected: "\(Self.value(low))", actual: "\(Self.value(other.low))")
    }
    belowCount += other.belowCount
    aboveCount += other.aboveCount
    for bin in bins.indices { bins[bin] += other.bins[bin] }
    guard var merged = counts, let added = other.counts else {
      counts = nil
      return
    }
    for (position, count) in added { merged[position, default: 0] += count }
    // Whether there are too many depends on all scores, not on who joined them first.
    counts = merged.count > Self.valueLimit ? nil : merged
  }

  public var tensors: [Tensor] {
    let filled = bins.indices.filter { bins[$0] > 0 }
    let values = counts?.sorted { $0.key < $1.key } ?? []
    return [
      Tensor(
        "sizes",
        .int64([low, high, Int64(belowCount), Int64(aboveCount), counts == nil ? 0 : 1])),
      Tensor("bins", .int64(filled.map { Int64($0) })),
      Tensor("bin_counts", .int64(filled.map { bins[$0] })),
      Tensor("positions", .int64(values.map(\.key))),
      Tensor("position_counts", .int64(values.map(\.value))),
    ]
  }

  public init(_ archive: SafetensorsArchive) throws(ShardResultError) {
    let sizes = try archive.integers("sizes")
    let filled = try archive.integers("bins")
    let binCounts = try archive.integers("bin_counts")
    let positions = try archive.integers("positions")
    let positionCounts = try archive.integers("position_counts")
    guard sizes.count == 5, sizes[0] <= sizes[1], sizes[2] >= 0, sizes[3] >= 0,
      filled.count == binCounts.count, filled.allSatisfy({ (0..<65_536).contains($0) }),
      positions.count == positionCounts.count, positions.count <= Self.valueLimit,
      (binCounts + positionCounts).allSatisfy({ $0 > 0 && $0 < 1 << 53 }),
      Set(positions).count == positions.count,
      positions.allSatisfy({ (sizes[0]...sizes[1]).contains($0) })
    else { throw .malformed(reason: "the sizes of the histogram do not fit") }
    low = sizes[0]
    high = sizes[1]
    belowCount = Int(sizes[2])
    aboveCount = Int(sizes[3])
    for (bin, count) in zip(filled, binCounts) { bins[Int(bin)] = count }
    counts =
      sizes[4] == 0 ? nil : Dictionary(uniqueKeysWithValues: zip(positions, positionCounts))
  }
}
