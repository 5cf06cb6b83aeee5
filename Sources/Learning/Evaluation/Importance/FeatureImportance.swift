public import Tabular

/// How much a detector relies on one feature.
public struct FeatureImportance: Equatable, Sendable {
  /// Name of the feature.
  public let name: String
  /// How much average precision is lost when the feature's values are shuffled over the rows (Breiman 2001).
  public let precisionLoss: MetricValue
  /// Mean share that the feature has in explaining the highest scores: its absolute contribution by the sum of all.
  public let alertShare: MetricValue

  /// How many rows are shuffled, and how many of the highest scores are explained.
  public static let limits = (rows: 8_000, alerts: 200)

  /// The importance of every feature, most important first.
  ///
  /// At most `limits.rows` rows are used: all anomalies that fit into half of them, and genuine rows at even distances; the
  /// precision lost is therefore that of a sample with more anomalies, and serves to order the features.
  ///
  /// - Parameters:
  ///   - names: Names of the columns.
  ///   - features: `rows × features`.
  ///   - labels: True for an anomaly, one a row.
  ///   - seed: Seed of the shuffling.
  ///   - score: The detector's scores of a table.
  ///   - contributions: What each feature adds to one row's score.
  /// - Throws: what the two functions throw.
  public static func table<Failure: Error>(
    names: [String], features: Matrix<Double>, labels: [Bool], seed: UInt64,
    score: (Matrix<Double>) throws(Failure) -> [Double],
    contributions: ([Double]) throws(Failure) -> [Double]
  ) throws(Failure) -> [FeatureImportance] {
    precondition(names.count == features.columnCount, "a feature has a name and a column")
    precondition(labels.count == features.rowCount, "a row has a label")
    let sample = sampledRows(labels)
    let table = features.selecting(rows: sample)
    let truth = sample.map { labels[$0] }
    let scores = try score(table)
    let base = precision(scores, truth)
    let shares = try alertShares(names.count, table, scores, contributions)
    var generator = SeededGenerator(seed: seed, stream: 0x5348_5546)
    var results: [FeatureImportance] = []
    for column in names.indices {
      var loss = base
      if case .value(let before) = base {
        var shuffled = table
        // Fisher–Yates on one column.
        for row in stride(from: table.rowCount - 1, to: 0, by: -1) {
          let other = generator.below(row + 1)
          let value = shuffled[row, column]
          shuffled[row, column] = shuffled[other, column]
          shuffled[other, column] = value
        }
        if case .value(let after) = precision(try score(shuffled), truth) {
          loss = .value(before - after)
        }
      }
      results.append(
        FeatureImportance(name: names[column], precisionLoss: loss, alertShare: shares[column]))
    }
    func weight(_ item: FeatureImportance) -> (Double, Double) {
      (item.precisionLoss.value ?? 0, item.alertShare.value ?? 0)
    }
    return results.enumerated().sorted { left, right in
      let (a, b) = (weight(left.element), weight(right.element))
      return a == b ? left.offset < right.offset : a > b
    }.map(\.element)
  }

  private static func precision(_ scores: [Double], _ labels: [Bool]) -> MetricValue {
    guard scores.allSatisfy({ $0.isFinite }) else { return .undefined("a score is not finite") }
    let order = ScoreOrder.descending(scores, threadCount: 1)
    return Ranking(order: order, scores: scores, labels: labels).averagePrecision
  }

  private static func sampledRows(_ labels: [Bool]) -> [Int] {
    guard labels.count > limits.rows else { return Array(labels.indices) }
    func spread(_ rows: [Int], _ count: Int) -> [Int] {
      guard rows.count > count else { return rows }
      return (0..<count).map { rows[$0 * rows.count / count] }
    }
    let anomalies = spread(labels.indices.filter { labels[$0] }, limits.rows / 2)
    let others = spread(labels.indices.filter { !labels[$0] }, limits.rows - anomalies.count)
    return (anomalies + others).sorted()
  }

  private static func alertShares<Failure: Error>(
    _ featureCount: Int, _ table: Matrix<Double>, _ scores: [Double],
    _ contributions: ([Double]) throws(Failure) -> [Double]
  ) throws(Failure) -> [MetricValue] {
    var sums = [Double](repeating: 0, count: featureCount)
    var explained = 0.0
    for row in ScoreOrder.descending(scores, threadCount: 1).prefix(limits.alerts) {
      let parts = try contributions(table.row(Int(row))).map { $0.magnitude }
      let total = parts.reduce(0, +)
      guard total > 0, total.isFinite else { continue }
      explained += 1
      for index in sums.indices { sums[index] += parts[index] / total }
    }
    return sums.map {
      .ratio($0, explained, otherwise: "no alert has an explanation")
    }
  }
}
