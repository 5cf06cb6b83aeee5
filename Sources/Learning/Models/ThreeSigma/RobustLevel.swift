internal import Tabular

/// Robust location and spread of a set of values.
public struct RobustLevel: BitwiseCopyable, Equatable, Sendable {
  /// The median.
  public let centre: Double
  /// The median absolute deviation from it, scaled to a standard deviation of normal values.
  ///
  /// At least the step of the data (the smallest gap between different values). When more than half of the values are one
  /// and the same, the MAD is 0 and the mean absolute deviation, scaled alike, stands in; so it is 0 only for constant
  /// values.
  public let scale: Double

  /// Takes the values of one series.
  ///
  /// - Precondition: `values` is not empty, and all are finite.
  /// - Complexity: O(values); O(values · log values) where more than half are the same or all lie within rounding noise.
  public init(of values: some Sequence<Double>) {
    let values = Array(values)
    var scratch = RobustScratch()
    self = scratch.level(of: values.span)
  }

  init(centre: Double, scale: Double) {
    self.centre = centre
    self.scale = scale
  }

  /// Takes many series that lie one after another: series i is `values[offsets[i] ..< offsets[i + 1]]`.
  ///
  /// - Precondition: `offsets` ascend from 0 to `values.count`, no series is empty, and all values are finite.
  public static func levels(
    of values: [Double], offsets: [Int], threadCount: Int
  ) -> [RobustLevel] {
    precondition(
      offsets.first == 0 && offsets.last == values.count, "offsets lead from first to last value")
    return BlockParallel.elements(
      count: offsets.count - 1, blockSize: 256, threadCount: threadCount
    ) { block, levels in
      var scratch = RobustScratch()
      for series in block {
        let own = values.span.extracting(offsets[series]..<offsets[series + 1])
        levels.append(scratch.level(of: own))
      }
    }
  }

  /// The middle value of a sorted list, or the mean of the two.
  static func middle(_ sorted: [Double]) -> Double {
    let upper = sorted[sorted.count / 2]
    guard sorted.count.isMultiple(of: 2) else { return upper }
    return between(sorted[sorted.count / 2 - 1], upper)
  }

  static func between(_ lower: Double, _ upper: Double) -> Double {
    let gap = upper - lower
    return gap.isFinite ? lower + gap / 2 : lower / 2 + upper / 2
  }
}
