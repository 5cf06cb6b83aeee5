public import Transactions

extension ExactMoments {
  /// Adds one number as often as `occurrences` says; the same bits as adding it so often.
  ///
  /// - Precondition: `value` is finite, `occurrences` not negative.
  /// - Complexity: O(log occurrences).
  public mutating func add(_ value: Double, occurrences: Int) {
    precondition(occurrences >= 0, "a value comes no negative number of times")
    var doubling = ExactMoments()
    doubling.add(value)
    var rest = occurrences
    while rest > 0 {
      if !rest.isMultiple(of: 2) { merge(doubling) }
      rest /= 2
      if rest > 0 { doubling.merge(doubling) }
    }
  }
}

extension ThreeSigmaModel {
  /// The `sigma` model of points of which only the moments and the first and last time are known.
  ///
  /// It is the model that `fit(timestamps:values:parameters:)` makes of the points themselves.
  ///
  /// - Throws: `ThreeSigmaError.invalidParameter` for another method, which needs the points; `.tooFewPoints`;
  ///   `.duplicateTimestamp` when all points are of one moment.
  public static func fit(
    moments: ExactMoments, firstTime: Timestamp, lastTime: Timestamp,
    parameters: ThreeSigmaParameters = .standard
  ) throws(ThreeSigmaError) -> ThreeSigmaModel {
    guard parameters.method == .sigma else {
      throw .invalidParameter(name: "method", reason: "must be sigma where points are only counted")
    }
    guard parameters.memory == .everything else {
      throw .invalidParameter(
        name: "memory", reason: "needs the points, and here they are only counted")
    }
    guard moments.count >= parameters.minimumPointCount else {
      throw .tooFewPoints(actual: moments.count, minimum: parameters.minimumPointCount)
    }
    guard firstTime < lastTime else { throw .duplicateTimestamp(index: 1) }
    return ThreeSigmaModel(
      parameters: parameters, method: .sigma, trials: [], moments: moments, firstTime: firstTime,
      lastTime: lastTime, profile: nil)
  }
}
