/// What a decision costs: the cost matrix with nothing for what is left alone rightly.
public struct CostMatrix: Equatable, Sendable {
  /// The price of reading one alert, in the currency's unit.
  public let perAlert: Double
  /// The price of one fraud that nobody sees.
  public let perMissedFraud: Double

  /// A few minutes of an analyst against the loss and the trouble of a typical fraud.
  public static let standard = CostMatrix(unchecked: 5, 100)

  private init(unchecked perAlert: Double, _ perMissedFraud: Double) {
    self.perAlert = perAlert
    self.perMissedFraud = perMissedFraud
  }

  /// Makes a matrix.
  ///
  /// - Throws: `EvaluationError.invalidParameter` for a price that is negative or not finite.
  public init(perAlert: Double, perMissedFraud: Double) throws(EvaluationError) {
    guard perAlert >= 0, perMissedFraud >= 0, perAlert.isFinite, perMissedFraud.isFinite else {
      throw .invalidParameter(name: "cost", reason: "prices are not negative")
    }
    self.init(unchecked: perAlert, perMissedFraud)
  }

  /// The cost of `alerts` that leave `missedFrauds` unseen.
  public func cost(alerts: Double, missedFrauds: Double) -> Double {
    perAlert * alerts + perMissedFraud * missedFrauds
  }
}

/// How the score is chosen from which on a row is flagged: always on validation rows, never on the test.
public enum ThresholdRule: Equatable, Sendable {
  /// Flag at most this share of the rows.
  case contamination(Double)
  /// Flag at most this many rows a day on average.
  case alertsPerDay(Int)
  /// Make the cost least: one price for reading an alert, one for every fraud that is missed.
  case cost(CostMatrix)
  /// Flag as much as possible while this share of the flagged rows is fraud.
  case precision(Double)
}

/// A threshold with what it does on the rows it was chosen on.
public struct ThresholdChoice: Equatable, Sendable {
  /// Rows with this score or a higher one are flagged; undefined when the rule flags nothing.
  public let threshold: MetricValue
  /// Share of all rows that are flagged.
  public let flaggedShare: Double
  /// Share of the flagged rows that are fraud.
  public let precision: MetricValue
  /// Share of the frauds that are flagged.
  public let recall: MetricValue
}

extension Ranking {
  /// The threshold that `rule` gives on these rows; equal scores are flagged together or not at all.
  ///
  /// - Parameters:
  ///   - rule: What the threshold has to achieve.
  ///   - dayCount: How many days the rows cover; only `alertsPerDay` needs it.
  /// - Throws: `EvaluationError.invalidParameter` for a share outside 0 ... 1, a negative price, or no day.
  public func threshold(
    by rule: ThresholdRule, dayCount: Int = 1
  ) throws(EvaluationError) -> ThresholdChoice {
    switch rule {
    case .contamination(let share):
      guard share > 0, share <= 0.5 else {
        throw .invalidParameter(name: "contamination", reason: "it must lie in 0 ... 0.5")
      }
      return choice(
        steps.last { $0.flagged <= share * total },
        otherwise: "not even the first row fits the share")
    case .alertsPerDay(let count):
      guard count > 0, dayCount > 0 else {
        throw .invalidParameter(
          name: "alerts per day", reason: "at least 1 alert on at least 1 day is needed")
      }
      let room = Double(count) * Double(dayCount)
      return choice(
        steps.last { $0.flagged <= room }, otherwise: "not even the first row fits the budget")
    case .cost(let costs):
      var best: (step: Step?, cost: Double) = (
        nil, costs.cost(alerts: 0, missedFrauds: positiveWeight)
      )
      for step in steps {
        let cost = costs.cost(
          alerts: step.flagged, missedFrauds: positiveWeight - step.truePositives)
        if cost < best.cost { best = (step, cost) }
      }
      return choice(best.step, otherwise: "reading any alert costs more than it saves")
    case .precision(let target):
      guard target > 0, target <= 1 else {
        throw .invalidParameter(name: "precision", reason: "it must lie in 0 ... 1")
      }
      return choice(
        steps.last { $0.truePositives >= target * $0.flagged && $0.truePositives > 0 },
        otherwise: "no threshold reaches the precision")
    }
  }

  private var total: Double { positiveWeight + negativeWeight }

  private func choice(_ step: Step?, otherwise reason: String) -> ThresholdChoice {
    guard let step else {
      return ThresholdChoice(
        threshold: .undefined(reason), flaggedShare: 0, precision: .undefined("nothing is flagged"),
        recall: .ratio(0, positiveWeight, otherwise: Ranking.noPositives))
    }
    return ThresholdChoice(
      threshold: .value(step.threshold), flaggedShare: step.flagged / total,
      precision: .ratio(step.truePositives, step.flagged, otherwise: "nothing is flagged"),
      recall: .ratio(step.truePositives, positiveWeight, otherwise: Ranking.noPositives))
  }
}

extension Ranking.Step {
  /// Weight of all rows at or above the threshold.
  var flagged: Double { truePositives + falsePositives }
}
