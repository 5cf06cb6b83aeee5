/// The primary detector's figures on the rows of one value of one dimension.
public struct SliceResult: Equatable, Sendable {
  /// What the rows are divided by.
  public let dimension: String
  /// The value that these rows share.
  public let name: String
  /// How many rows there are.
  public let rowCount: Int
  /// How many are fraud.
  public let fraudCount: Int
  /// How many are read within the daily budget.
  public let alertCount: Int
  /// Share of the frauds that are read, with Wilson's interval.
  public let recall: Estimate
  /// Share of the alerts that are fraud.
  public let precision: MetricValue
  /// The average precision among these rows.
  public let averagePrecision: MetricValue

  /// How many values of a dimension are shown by themselves; the rest is one line.
  public static let valueLimit = 8

  /// All slices of the rows: one line a value, the most frauds first, rare values together.
  ///
  /// - Parameter order: The rows by falling score.
  /// - Complexity: O(dimensions × rows), however many values there are.
  static func table(
    rows: EvaluationRows, order: [UInt32], scores: [Double], isAlerted: [Bool],
    confidence: Double
  ) -> [SliceResult] {
    SliceDimension.all(of: rows).flatMap { dimension -> [SliceResult] in
      let slots = dimension.slots(rows, limit: valueLimit)
      guard slots.names.count > 1 else { return [] }
      return results(
        dimension: dimension.title, names: slots.names, slotOfRow: slots.slotOfRow, rows: rows,
        order: order, scores: scores, isAlerted: isAlerted, confidence: confidence)
    }
  }

  /// The slices that `slotOfRow` divides the rows into.
  static func results(
    dimension: String, names: [String], slotOfRow: [Int32], rows: EvaluationRows,
    order: [UInt32], scores: [Double], isAlerted: [Bool], confidence: Double
  ) -> [SliceResult] {
    var tallies = [Tally](repeating: Tally(), count: names.count)
    for row in order {
      let row = Int(row)
      tallies[Int(slotOfRow[row])].add(
        score: scores[row], isFraud: rows.labels[row], isAlerted: isAlerted[row])
    }
    return tallies.indices.map { slot in
      tallies[slot].result(dimension: dimension, name: names[slot], confidence: confidence)
    }
  }

  /// The sums of one slice while rows come by falling score.
  private struct Tally {
    var rowCount = 0
    var frauds = 0
    var alerts = 0
    var caught = 0
    var score = Double.infinity
    var precisionSum = 0.0
    var fraudsOfScore = 0

    mutating func add(score: Double, isFraud: Bool, isAlerted: Bool) {
      if score != self.score { closeScore() }
      self.score = score
      rowCount += 1
      if isAlerted { alerts += 1 }
      guard isFraud else { return }
      frauds += 1
      fraudsOfScore += 1
      if isAlerted { caught += 1 }
    }

    /// Rows of one score count together, as in the average precision of all rows.
    mutating func closeScore() {
      if fraudsOfScore > 0 {
        precisionSum += Double(fraudsOfScore) * Double(frauds) / Double(rowCount)
      }
      fraudsOfScore = 0
    }

    func result(dimension: String, name: String, confidence: Double) -> SliceResult {
      var closed = self
      closed.closeScore()
      return SliceResult(
        dimension: dimension, name: name, rowCount: rowCount, fraudCount: frauds,
        alertCount: alerts,
        recall: Estimate.share(
          caught, of: frauds, confidence: confidence, otherwise: Ranking.noPositives),
        precision: .ratio(Double(caught), Double(alerts), otherwise: "no row is read"),
        averagePrecision: .ratio(
          closed.precisionSum, Double(frauds), otherwise: Ranking.noPositives))
    }
  }
}

extension Estimate {
  /// A share with Wilson's interval (1927), which stays within 0 ... 1 and holds for small counts.
  static func share(
    _ count: Int, of total: Int, confidence: Double, otherwise reason: String
  ) -> Estimate {
    guard total > 0 else { return Estimate(.undefined(reason)) }
    let p = Double(count) / Double(total)
    return Estimate(
      .value(p),
      interval: wilson(
        p, trials: Double(total), quantile: Distribution.normalQuantile((1 + confidence) / 2)))
  }

  /// Wilson's interval of the share `p` in `n` trials, `z` standard errors wide.
  static func wilson(
    _ p: Double, trials n: Double, quantile z: Double
  ) -> ClosedRange<Double>? {
    guard n > 0 else { return nil }
    let scale = 1 + z * z / n
    let center = (p + z * z / (2 * n)) / scale
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / scale
    return max(0, center - half)...min(1, center + half)
  }
}
