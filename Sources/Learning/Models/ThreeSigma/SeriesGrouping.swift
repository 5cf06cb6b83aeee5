/// Points of many series in any order, put together series by series.
public struct SeriesGrouping: Equatable, Sendable {
  /// The values, series after series, each in the order in which it came.
  public let values: [Double]
  /// Series i is `values[offsets[i] ..< offsets[i + 1]]`; a series without points is empty.
  public let offsets: [Int]

  /// Counts the points of each series and copies each value to its place: two passes, nothing compared.
  ///
  /// - Parameters:
  ///   - values: One value a point.
  ///   - seriesIndices: The series of each point, 0 ..< `seriesCount`.
  ///   - seriesCount: How many series there are.
  /// - Precondition: There is a series for each value, in range.
  /// - Complexity: O(points + series).
  public init(values: [Double], seriesIndices: [Int32], seriesCount: Int) {
    precondition(values.count == seriesIndices.count, "every value has a series")
    var offsets = [Int](repeating: 0, count: seriesCount + 1)
    let indices = seriesIndices.span
    for position in indices.indices { offsets[Int(indices[position]) + 1] += 1 }
    for series in 0..<seriesCount { offsets[series + 1] += offsets[series] }
    self.offsets = offsets
    let source = values.span
    var next = offsets.map { Int32(truncatingIfNeeded: $0) }
    precondition(values.count <= Int(Int32.max), "positions are counted in 32 bits")
    var grouped = [Double](repeating: 0, count: values.count)
    var target = grouped.mutableSpan
    for position in source.indices {
      let series = Int(indices[position])
      target[Int(next[series])] = source[position]
      next[series] += 1
    }
    self.values = grouped
  }
}
