internal import Tabular

/// Count, extremes, mean and population standard deviation of one series: what `sigma` needs to predict.
///
/// The numbers have the bits of `ExactMoments`, so they depend on the set of points alone, but take a fraction of the time:
/// sums are kept to about 70 bits with a bound on their error, and only where that does not decide how the result is
/// rounded, the exact sums are made (Ziv's strategy).
public struct SeriesSummary: BitwiseCopyable, Equatable, Sendable {
  /// How many points there are.
  public let count: Int
  /// The smallest value.
  public let minimum: Double
  /// The largest value.
  public let maximum: Double
  /// The mean, correctly rounded.
  public let mean: Double
  /// The square root of the correctly rounded population variance; 0 only for a constant series.
  public let standardDeviation: Double

  /// Sums up many series that lie one after another: series i is `values[offsets[i] ..< offsets[i + 1]]`.
  ///
  /// - Precondition: `offsets` ascend from 0 to `values.count`, and no series is empty.
  /// - Throws: `ThreeSigmaError.notFinite` with the index in `values` of the first value of the first series at fault.
  /// - Complexity: O(points).
  public static func summarize(
    _ values: [Double], offsets: [Int], threadCount: Int
  ) throws(ThreeSigmaError) -> [SeriesSummary] {
    precondition(
      offsets.first == 0 && offsets.last == values.count
        && zip(offsets, offsets.dropFirst()).allSatisfy(<),
      "offsets ascend from the first value to the last")
    return try BlockParallel.elements(
      count: offsets.count - 1, blockSize: 512, threadCount: threadCount
    ) { (block, summaries) throws(ThreeSigmaError) in
      func range(_ series: Int) -> Range<Int> { offsets[series]..<offsets[series + 1] }
      var lanes = SummaryLanes()
      for series in block {
        lanes.append(QuickSums(of: values.span, range(series)))
        guard lanes.isFull || series + 1 == block.upperBound else { continue }
        let first = series + 1 - lanes.count
        let quick = lanes.removeAll()
        for own in first...series {
          if let summary = quick[own - first] {
            summaries.append(summary)
          } else {
            summaries.append(try careful(values, range(own)))
          }
        }
      }
    }
  }

  /// The summary of one series.
  ///
  /// - Precondition: `values` is not empty.
  /// - Throws: `ThreeSigmaError.notFinite` with the index of the first value at fault.
  public init(of values: [Double]) throws(ThreeSigmaError) {
    self = try SeriesSummary.summarize(values, offsets: [0, values.count], threadCount: 1)[0]
  }

  /// The summary by the best frame, or else by exact sums.
  private static func careful(
    _ values: [Double], _ range: Range<Int>
  ) throws(ThreeSigmaError) -> SeriesSummary {
    var lanes = SummaryLanes()
    lanes.append(QuickSums(precisely: values.span, range))
    if let summary = lanes.removeAll()[0] { return summary }
    for index in range where !values[index].isFinite { throw .notFinite(index: index) }
    return SeriesSummary(ExactMoments(values[range]))
  }

  init(_ moments: ExactMoments) {
    self.init(
      count: moments.count, minimum: moments.minimum, maximum: moments.maximum,
      mean: moments.mean, standardDeviation: moments.standardDeviation)
  }

  init(
    count: Int, minimum: Double, maximum: Double, mean: Double, standardDeviation: Double
  ) {
    self.count = count
    self.minimum = minimum
    self.maximum = maximum
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}
