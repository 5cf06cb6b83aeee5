/// A rule, the threshold it chose on the validation rows, and what that does on the test rows.
public struct ThresholdOutcome: Equatable, Sendable {
  /// How the threshold was chosen.
  public let rule: ThresholdRule
  /// The choice with its figures on the validation rows.
  public let choice: ThresholdChoice
  /// The figures on the test rows; `nil` when the rule chose nothing.
  public let test: ThresholdEffect?
}

/// What a threshold does on rows that did not choose it.
public struct ThresholdEffect: Equatable, Sendable {
  /// Share of all rows that are flagged.
  public let flaggedShare: Double
  /// Flagged rows a day.
  public let alertsPerDay: Double
  /// Share of the flagged rows that are fraud.
  public let precision: MetricValue
  /// Share of the frauds that are flagged.
  public let recall: MetricValue
  /// The harmonic mean of precision and recall.
  public let fScore: MetricValue
  /// Share of the money lost to fraud that is flagged.
  public let moneyRecall: MetricValue
  /// The cost of the alerts and of the missed frauds.
  public let cost: Double

  init(
    threshold: Double, scores: [Double], rows: EvaluationRows, dayCount: Int, costs: CostMatrix
  ) {
    var (flagged, caught) = (0, 0)
    var (caughtMoney, fraudMoney) = (0.0, 0.0)
    for (row, score) in scores.enumerated() {
      let isFlagged = score >= threshold
      if isFlagged { flagged += 1 }
      guard rows.labels[row] else { continue }
      let amount = Double(rows.amounts[row]) / 1_000_000
      fraudMoney += amount
      if isFlagged {
        caught += 1
        caughtMoney += amount
      }
    }
    let frauds = rows.positiveCount
    flaggedShare = Double(flagged) / Double(max(rows.count, 1))
    alertsPerDay = Double(flagged) / Double(max(dayCount, 1))
    precision = .ratio(Double(caught), Double(flagged), otherwise: "nothing is flagged")
    recall = .ratio(Double(caught), Double(frauds), otherwise: Ranking.noPositives)
    fScore = .ratio(
      Double(2 * caught), Double(flagged + frauds),
      otherwise: "nothing is flagged and no row is an anomaly")
    moneyRecall = .ratio(caughtMoney, fraudMoney, otherwise: "no money was lost to fraud")
    cost = costs.cost(alerts: Double(flagged), missedFrauds: Double(frauds - caught))
  }
}

extension ThresholdRule {
  /// Key of the rule in `metrics.json`.
  public var key: String {
    switch self {
    case .contamination: "contamination"
    case .alertsPerDay: "alert_budget"
    case .cost: "cost_matrix"
    case .precision: "target_precision"
    }
  }

  /// The rule in words.
  public var title: String {
    switch self {
    case .contamination(let share): "Flag \(NumberText.percent(share)) of the rows"
    case .alertsPerDay(let count): "At most \(count) alerts a day"
    case .cost(let costs):
      "Least cost: \(NumberText.short(costs.perAlert)) an alert, "
        + "\(NumberText.short(costs.perMissedFraud)) a missed fraud"
    case .precision(let share): "Precision of at least \(NumberText.percent(share))"
    }
  }
}
