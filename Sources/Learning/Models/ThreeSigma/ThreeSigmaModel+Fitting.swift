public import Transactions

extension ThreeSigmaModel {
  /// Fits the model to the points of one series.
  ///
  /// - Parameters:
  ///   - timestamps: When the values were seen, strictly ascending.
  ///   - values: The values, finite, one for each timestamp.
  ///   - parameters: Threshold, method and sides.
  /// - Throws: `ThreeSigmaError` with the index of the first point at fault.
  /// - Complexity: O(points).
  public static func fit(
    timestamps: [Timestamp], values: [Double], parameters: ThreeSigmaParameters = .standard
  ) throws(ThreeSigmaError) -> ThreeSigmaModel {
    try check(
      timestamps: timestamps, values: values, minimumPointCount: parameters.minimumPointCount)
    return ThreeSigmaModel(
      parameters: parameters, moments: ExactMoments(values), firstTime: timestamps[0],
      lastTime: timestamps[timestamps.count - 1])
  }

  /// Checks that the points are pairs, enough, finite and strictly ascending in time.
  ///
  /// - Throws: `ThreeSigmaError` with the index of the first point at fault.
  public static func check(
    timestamps: [Timestamp], values: [Double], minimumPointCount: Int
  ) throws(ThreeSigmaError) {
    guard timestamps.count == values.count else {
      throw .lengthMismatch(timestamps: timestamps.count, values: values.count)
    }
    if values.isEmpty { throw .empty }
    for index in values.indices {
      guard values[index].isFinite else { throw .notFinite(index: index) }
      if index > 0, timestamps[index] <= timestamps[index - 1] {
        if timestamps[index] == timestamps[index - 1] { throw .duplicateTimestamp(index: index) }
        throw .unsortedTimestamp(index: index)
      }
    }
    guard values.count >= minimumPointCount else {
      throw .tooFewPoints(actual: values.count, minimum: minimumPointCount)
    }
  }
}
