/// How far predicted probabilities are the shares that come true.
public struct Calibration: Equatable, Sendable {
  /// Rows of similar predicted probability.
  public struct Bin: Equatable, Sendable {
    /// Mean of the predictions.
    public let predicted: Double
    /// Share of anomalies.
    public let observed: Double
    /// How many rows.
    public let count: Int
  }

  /// Bins that have rows, by rising prediction.
  public let bins: [Bin]
  /// Rows of similar predicted probability that promise about equally many anomalies each, by rising prediction: where
  /// anomalies are rare, equally wide bins put nearly all rows into the first.
  public let groups: [Bin]
  /// Mean squared difference of prediction and outcome (scikit-learn's `brier_score_loss`).
  public let brierScore: MetricValue
  /// Expected calibration error: the mean distance of prediction and share over the bins, weighted by rows.
  public let expectedError: MetricValue

  /// Compares `probabilities` with what happened, in `binCount` equally wide bins as scikit-learn's `calibration_curve`.
  ///
  /// - Throws: `EvaluationError` for a probability outside 0 ... 1, columns of different length, or no bin.
  public init(
    probabilities: [Double], labels: [Bool], binCount: Int = 10
  ) throws(EvaluationError) {
    guard probabilities.count == labels.count else {
      throw .rowCountMismatch(
        column: "label", expected: probabilities.count, actual: labels.count)
    }
    guard binCount > 0 else {
      throw .invalidParameter(name: "calibration bins", reason: "at least 1 is needed")
    }
    guard probabilities.allSatisfy({ (0...1).contains($0) }) else {
      throw .invalidParameter(name: "probability", reason: "every one must lie in 0 ... 1")
    }
    var sums = [(predicted: Double, observed: Double, count: Int)](
      repeating: (0, 0, 0), count: binCount)
    var squares = 0.0
    for (probability, isAnomaly) in zip(probabilities, labels) {
      // Bins hold their upper edge, the first one also 0.
      let bin = max(0, Int((probability * Double(binCount)).rounded(.up)) - 1)
      let outcome = isAnomaly ? 1.0 : 0
      sums[bin].predicted += probability
      sums[bin].observed += outcome
      sums[bin].count += 1
      squares += (probability - outcome) * (probability - outcome)
    }
    groups = Calibration.groups(probabilities, labels, count: binCount)
    let rowCount = Double(probabilities.count)
    bins = sums.filter { $0.count > 0 }.map { sum in
      Bin(
        predicted: sum.predicted / Double(sum.count), observed: sum.observed / Double(sum.count),
        count: sum.count)
    }
    let reason = "there is no row"
    brierScore = .ratio(squares, rowCount, otherwise: reason)
    expectedError = .ratio(
      bins.reduce(0) { $0 + Double($1.count) * abs($1.predicted - $1.observed) }, rowCount,
      otherwise: reason)
  }

  private static func groups(
    _ probabilities: [Double], _ labels: [Bool], count: Int
  ) -> [Bin] {
    let order = ScoreOrder.descending(probabilities, threadCount: 1).reversed()
    let promised = probabilities.reduce(0, +) / Double(count)
    var groups: [Bin] = []
    var sum = (predicted: 0.0, observed: 0, count: 0)
    var previous = -1.0
    func close() {
      guard sum.count > 0 else { return }
      groups.append(
        Bin(
          predicted: sum.predicted / Double(sum.count),
          observed: Double(sum.observed) / Double(sum.count), count: sum.count))
      sum = (0, 0, 0)
    }
    for row in order {
      let probability = probabilities[Int(row)]
      // Equal predictions stay together.
      if probability != previous && sum.predicted >= promised { close() }
      previous = probability
      sum.predicted += probability
      sum.observed += labels[Int(row)] ? 1 : 0
      sum.count += 1
    }
    close()
    return groups
  }
}
