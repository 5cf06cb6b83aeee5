internal import Tabular

/// Robust location and spread of a set of values.
public struct RobustLevel: Equatable, Sendable {
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
  /// - Complexity: O(values · log values).
  public init(of values: some Sequence<Double>) {
    // Adding zero turns −0 into 0, so that equal values have equal bits.
    var sorted = values.map { $0 + 0 }
    AscendingOrder.sort(&sorted)
    let centre = RobustLevel.middle(sorted)
    let median = RobustLevel.medianDistance(sorted, from: centre)
    var scale = max(median * 1.4826022185056018, RobustLevel.step(sorted))
    if median == 0 {
      let distances = sorted.map { RobustLevel.distance($0, centre) }
      scale = max(scale, ExactMoments(distances).mean * 1.2533141373155003)
    }
    self.centre = centre
    self.scale = min(scale, .greatestFiniteMagnitude)
  }

  /// Takes many series that lie one after another: series i is `values[offsets[i] ..< offsets[i + 1]]`.
  ///
  /// - Precondition: `offsets` ascend from 0 to `values.count`, no series is empty, and all values are finite.
  public static func levels(
    of values: [Double], offsets: [Int], threadCount: Int
  ) -> [RobustLevel] {
    precondition(
      offsets.first == 0 && offsets.last == values.count, "offsets lead from first to last value")
    let blocks = BlockParallel.map(
      count: offsets.count - 1, blockSize: 256, threadCount: threadCount
    ) { block in
      block.map { RobustLevel(of: values[offsets[$0]..<offsets[$0 + 1]]) }
    }
    return Array(blocks.joined())
  }

  /// The middle value of a sorted list, or the mean of the two.
  static func middle(_ sorted: [Double]) -> Double {
    let upper = sorted[sorted.count / 2]
    guard sorted.count.isMultiple(of: 2) else { return upper }
    return between(sorted[sorted.count / 2 - 1], upper)
  }

  private static func between(_ lower: Double, _ upper: Double) -> Double {
    let gap = upper - lower
    return gap.isFinite ? lower + gap / 2 : lower / 2 + upper / 2
  }

  /// The median distance of sorted values from `centre`: the two halves are merged from the centre outwards, so nothing is
  /// sorted a second time.
  private static func medianDistance(_ sorted: [Double], from centre: Double) -> Double {
    let values = sorted.span
    var right = values.count / 2
    while right > 0 && values[right - 1] >= centre { right -= 1 }
    var left = right - 1
    var (before, last) = (0.0, 0.0)
    for _ in 0...values.count / 2 {
      before = last
      let leftDistance = left >= 0 ? distance(values[left], centre) : .infinity
      let rightDistance = right < values.count ? distance(values[right], centre) : .infinity
      if leftDistance <= rightDistance {
        last = leftDistance
        left -= 1
      } else {
        last = rightDistance
        right += 1
      }
    }
    return values.count.isMultiple(of: 2) ? between(before, last) : last
  }

  /// The smallest gap that is not rounding noise; 0 when there is none.
  private static func step(_ sorted: [Double]) -> Double {
    let values = sorted.span
    let noise = 4 * max(values[0].magnitude, values[values.count - 1].magnitude).ulp
    var smallest = Double.infinity
    for index in 1..<max(values.count, 1) {
      let gap = distance(values[index], values[index - 1])
      if gap > noise && gap < smallest { smallest = gap }
    }
    return smallest.isFinite ? smallest : 0
  }

  private static func distance(_ a: Double, _ b: Double) -> Double {
    min((a - b).magnitude, .greatestFiniteMagnitude)
  }
}
