/// The figures by which detectors are compared; the raw value is the key in `metrics.json`.
public enum HeadlineMetric: String, CaseIterable, Sendable {
  case averagePrecision = "average_precision"
  case recallAtBudget = "recall_at_budget"
  case moneyRecallAtBudget = "money_recall_at_budget"
  case cardPrecisionAtBudget = "card_precision_at_budget"
  case areaUnderROC = "area_under_roc"
  case precisionAtBudget = "precision_at_budget"
  case newCardPrecisionAtBudget = "new_card_precision_at_budget"
  case alertsPerCatch = "alerts_per_catch"

  /// Name for people.
  public var title: String {
    switch self {
    case .averagePrecision: "Average precision"
    case .recallAtBudget: "Fraud caught"
    case .moneyRecallAtBudget: "Money caught"
    case .cardPrecisionAtBudget: "Card precision"
    case .areaUnderROC: "AUROC"
    case .precisionAtBudget: "Alert precision"
    case .newCardPrecisionAtBudget: "New-card precision"
    case .alertsPerCatch: "Alerts per catch"
    }
  }

  /// What the figure says, in one line; `budget` is the number of alerts a day.
  public func explanation(budget: Int) -> String {
    switch self {
    case .averagePrecision: "area under the precision–recall curve"
    case .recallAtBudget: "share of frauds among the day's \(budget) top payments"
    case .moneyRecallAtBudget: "share of the fraud amount among the day's \(budget) top payments"
    case .cardPrecisionAtBudget: "compromised cards among the day's \(budget) top cards"
    case .areaUnderROC: "chance that a fraud outranks a genuine payment"
    case .precisionAtBudget: "frauds among the day's \(budget) top payments"
    case .newCardPrecisionAtBudget:
      "the same when a caught card is not shown again on later days"
    case .alertsPerCatch: "payments read for one fraud found"
    }
  }

  /// Whether the figure is a share, shown in percent.
  public var isShare: Bool {
    switch self {
    case .averagePrecision, .areaUnderROC, .alertsPerCatch: false
    default: true
    }
  }

  /// Whether more is better.
  public var isHigherBetter: Bool { self != .alertsPerCatch }
}

/// A figure with the range in which it would have fallen on other rows of the same kind.
public struct Estimate: Equatable, Sendable {
  /// The figure on these rows.
  public let value: MetricValue
  /// The interval; `nil` when the figure is undefined here or on too many of the replicates.
  public let interval: ClosedRange<Double>?

  /// Joins a figure and its interval.
  public init(_ value: MetricValue, interval: ClosedRange<Double>? = nil) {
    self.value = value
    self.interval = interval
  }
}
