internal import Transactions

/// Which alerts two detectors share and which only one of them raises: what changes for the people who read them.
public struct AlertMigration: Equatable, Sendable {
  /// A set of alerts.
  public struct Group: Equatable, Sendable {
    /// How many alerts.
    public var count = 0
    /// How many of them are fraud.
    public var fraudCount = 0
    /// Keys of the first frauds, in order of time; at most `keyLimit`.
    public var fraudKeys: [String] = []

    mutating func add(isFraud: Bool, key: String) {
      count += 1
      guard isFraud else { return }
      fraudCount += 1
      if fraudKeys.count < AlertMigration.keyLimit { fraudKeys.append(key) }
    }
  }

  /// How many keys a group lists.
  public static let keyLimit = 25

  /// Alerts of both detectors.
  public private(set) var shared = Group()
  /// Alerts of the primary detector alone.
  public private(set) var onlyPrimary = Group()
  /// Alerts of the other detector alone.
  public private(set) var onlyOther = Group()

  /// What either detector's alerts and misses cost, of `frauds` in all.
  public func costs(_ matrix: CostMatrix, frauds: Int) -> (own: Double, other: Double) {
    func cost(_ group: Group) -> Double {
      matrix.cost(
        alerts: Double(shared.count + group.count),
        missedFrauds: Double(frauds - shared.fraudCount - group.fraudCount))
    }
    return (cost(onlyPrimary), cost(onlyOther))
  }

  init(primary: [Bool], other: [Bool], rows: EvaluationRows) {
    for row in primary.indices where primary[row] || other[row] {
      let (isFraud, key) = (rows.labels[row], rows.ids[row])
      switch (primary[row], other[row]) {
      case (true, true): shared.add(isFraud: isFraud, key: key)
      case (true, false): onlyPrimary.add(isFraud: isFraud, key: key)
      default: onlyOther.add(isFraud: isFraud, key: key)
      }
    }
  }
}

/// A fraud that a detector ranks low.
public struct MissedFraud: Equatable, Sendable {
  /// Key of the row.
  public let key: String
  /// Its scenario, when known.
  public let scenario: String?
  /// Its anomaly score.
  public let score: Double
  /// Share of all rows that score at least as high.
  public let rankShare: Double

  /// The frauds with the lowest scores; equal scores in order of time.
  static func worst(
    _ detector: JudgedDetector, rows: EvaluationRows, count: Int = 20
  ) -> [MissedFraud] {
    let scores = detector.scores.scores
    let frauds = rows.labels.indices.filter { rows.labels[$0] }
      .sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(count)
    let steps = detector.ranking.steps
    return frauds.map { row in
      // The first step whose threshold is not above the score is the step of the row.
      var (low, high) = (0, steps.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if steps[middle].threshold <= scores[row] { high = middle } else { low = middle + 1 }
      }
      return MissedFraud(
        key: rows.ids[row], scenario: rows.scenarios[row], score: scores[row],
        rankShare: steps[low].flagged / Double(rows.count))
    }
  }
}
