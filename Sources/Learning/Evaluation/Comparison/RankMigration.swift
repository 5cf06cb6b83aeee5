internal import Tabular

/// How the order of the rows differs between two detectors.
public struct RankMigration: Equatable, Sendable {
  /// A row that the two detectors place differently; no more is known of it than its key.
  public struct Change: Equatable, Sendable {
    /// Key of the row.
    public let key: String
    /// Whether it is fraud.
    public let isFraud: Bool
    /// Share of the rows that the primary detector puts above it, equal scores counting half.
    public let ownRank: Double
    /// The same for the other detector.
    public let otherRank: Double
  }

  /// Limits of the bands of rank shares: the top thousandth, hundredth, tenth, and the rest.
  public static let bandLimits = [0.001, 0.01, 0.1, 1]

  /// Names of the bands.
  public static let bandNames = ["top 0.1 %", "0.1 to 1 %", "1 to 10 %", "the rest"]

  /// Rows by the primary detector's band and the other's.
  public let rowCounts: [[Int]]
  /// Frauds by the primary detector's band and the other's.
  public let fraudCounts: [[Int]]
  /// Spearman's rank correlation of the two scores.
  public let rankCorrelation: MetricValue
  /// The rows that move farthest, most first.
  public let changes: [Change]

  /// How many rows `changes` lists.
  public static let changeLimit = 50

  /// - Parameter ranks: Per detector, each row's rank from 1, equal scores sharing the mean of theirs.
  init(own: [Double], other: [Double], rows: EvaluationRows) {
    let count = Double(rows.count)
    let bandCount = RankMigration.bandLimits.count
    func band(_ rank: Double) -> Int {
      RankMigration.bandLimits.firstIndex { rank <= $0 * count } ?? bandCount - 1
    }
    var rowCounts = [[Int]](repeating: [Int](repeating: 0, count: bandCount), count: bandCount)
    var fraudCounts = rowCounts
    // A move from place 10 to place 1,000 matters more than one from 500,000 to 600,000: the ratio of the ranks decides.
    var farthest: [(row: Int, ratio: Double)] = []
    var least = 0.0
    for row in 0..<rows.count {
      let (left, right) = (own[row], other[row])
      rowCounts[band(left)][band(right)] += 1
      if rows.labels[row] { fraudCounts[band(left)][band(right)] += 1 }
      let ratio = max(left, right) / min(left, right)
      guard ratio > max(least, 1) else { continue }
      farthest.append((row, ratio))
      if farthest.count >= 8 * RankMigration.changeLimit {
        farthest = RankMigration.top(farthest)
        least = farthest.last?.ratio ?? 0
      }
    }
    self.rowCounts = rowCounts
    self.fraudCounts = fraudCounts
    rankCorrelation = RankCorrelation.ofRanks(own, other)
    changes = RankMigration.top(farthest).map { row, _ in
      Change(
        key: rows.ids[row], isFraud: rows.labels[row], ownRank: (own[row] - 0.5) / count,
        otherRank: (other[row] - 0.5) / count)
    }
  }

  private static func top(_ rows: [(row: Int, ratio: Double)]) -> [(row: Int, ratio: Double)] {
    Array(
      rows.sorted { ($1.ratio, $0.row) < ($0.ratio, $1.row) }.prefix(changeLimit))
  }
}

/// Spearman's rank correlation, equal values sharing the mean of their ranks (as scipy's `spearmanr`).
public enum RankCorrelation {
  /// The correlation of two columns.
  ///
  /// - Precondition: both have the same length and no NaN.
  public static func of(_ left: [Double], _ right: [Double], threadCount: Int = 1) -> MetricValue {
    precondition(left.count == right.count, "a correlation is of pairs")
    return ofRanks(
      ranks(left, order: ScoreOrder.descending(left, threadCount: threadCount)),
      ranks(right, order: ScoreOrder.descending(right, threadCount: threadCount)))
  }

  /// Each row's rank by falling score, from 1; equal scores share the mean of their ranks.
  static func ranks(_ scores: [Double], order: [UInt32]) -> [Double] {
    var ranks = [Double](repeating: 0, count: scores.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      let score = scores[Int(order[start])]
      while end < order.count && scores[Int(order[end])] == score { end += 1 }
      let rank = Double(start + 1 + end) / 2
      for position in start..<end { ranks[Int(order[position])] = rank }
      start = end
    }
    return ranks
  }

  static func ofRanks(_ left: [Double], _ right: [Double]) -> MetricValue {
    let center = Double(left.count + 1) / 2
    var (product, leftSquare, rightSquare) = (0.0, 0.0, 0.0)
    for (a, b) in zip(left, right) {
      product += (a - center) * (b - center)
      leftSquare += (a - center) * (a - center)
      rightSquare += (b - center) * (b - center)
    }
    return .ratio(
      product, (leftSquare * rightSquare).squareRoot(), otherwise: "one of the scores is constant")
  }
}
