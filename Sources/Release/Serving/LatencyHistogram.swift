internal import Synchronization

/// Durations in cells that grow with the value: sixteen to every power of two, so a quantile is right to 4 %.
///
/// Histograms of the same kind add up, so the quantile of several routes is the quantile of all their requests.
public struct LatencyHistogram: Equatable, Sendable {
  private var cells = [UInt64](repeating: 0, count: 16 * 37)
  /// How many durations were added.
  public private(set) var count: UInt64 = 0
  /// The sum of all durations, in nanoseconds.
  public private(set) var sumNanoseconds: UInt64 = 0
  /// How many durations fell between each of `LatencyHistogram.bounds` and the one below; the last is beyond all bounds.
  private var buckets = [UInt64](repeating: 0, count: LatencyHistogram.limits.count + 1)

  /// Upper ends of the buckets that are shown, in nanoseconds with their text in seconds.
  public static var bounds: [(nanoseconds: UInt64, seconds: String)] {
    let texts = [
      "0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
      "0.05", "0.1", "0.25", "0.5", "1", "2.5", "10",
    ]
    return zip(limits, texts).map { ($0, $1) }
  }

  /// The same without text; a list in one piece is there without being made first.
  private static let limits: [UInt64] = [
    50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
    50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000,
    10_000_000_000,
  ]

  /// Makes an empty histogram.
  public init() {}

  /// Adds one duration.
  public mutating func add(nanoseconds: UInt64) {
    cells[LatencyHistogram.cell(of: nanoseconds)] += 1
    count += 1
    sumNanoseconds &+= nanoseconds
    var bucket = 0
    while bucket < LatencyHistogram.limits.count, nanoseconds > LatencyHistogram.limits[bucket] {
      bucket += 1
    }
    buckets[bucket] += 1
  }

  /// How many durations were at most each of `LatencyHistogram.bounds`.
  public var atMost: [UInt64] {
    var sum: UInt64 = 0
    return buckets.dropLast().map { count in
      sum += count
      return sum
    }
  }

  /// Adds everything that `other` holds.
  public mutating func merge(_ other: LatencyHistogram) {
    for index in cells.indices { cells[index] += other.cells[index] }
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    count += other.count
    sumNanoseconds &+= other.sumNanoseconds
  }

  /// The mean in milliseconds; 0 when there is nothing.
  public var meanMilliseconds: Double {
    count == 0 ? 0 : Double(sumNanoseconds) / Double(count) / 1e6
  }

  /// The duration, in milliseconds, that `share` of all durations do not exceed; 0 when there is nothing.
  public func quantileMilliseconds(_ share: Double) -> Double {
    guard count > 0 else { return 0 }
    let rank = max(1, UInt64((share * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for (index, cell) in cells.enumerated() {
      seen += cell
      if seen >= rank { return LatencyHistogram.middle(ofCell: index) / 1e6 }
    }
    return LatencyHistogram.middle(ofCell: cells.count - 1) / 1e6
  }

  /// Values below 16 have a cell each; above, the four bits after the leading one choose among sixteen.
  private static func cell(of nanoseconds: UInt64) -> Int {
    guard nanoseconds >= 16 else { return Int(nanoseconds) }
    let exponent = 63 - nanoseconds.leadingZeroBitCount
    let index = (exponent - 3) * 16 + Int(nanoseconds >> (exponent - 4) & 15)
    return min(index, 16 * 37 - 1)
  }

  private static func middle(ofCell index: Int) -> Double {
    guard index >= 16 else { return Double(index) }
    let (group, part) = index.quotientAndRemainder(dividingBy: 16)
    let width = Double(UInt64(1) << (group - 1))
    return (16 + Double(part) + 0.5) * width
  }

  public static func == (left: LatencyHistogram, right: LatencyHistogram) -> Bool {
    left.cells == right.cells && left.count == right.count
      && left.sumNanoseconds == right.sumNanoseconds && left.buckets == right.buckets
  }
}
