internal import Tabular

/// Intervals from formulas instead of replicates: quick, and narrower than the truth when the rows of an entity are alike,
/// because every formula takes rows as independent.
///
/// Shares have Wilson's interval, the area under the ROC curve DeLong's variance, the average precision the logit interval
/// of Boyd, Eng & Page (2013). Differences add the variances, which is cautious for detectors that agree; the area's
/// difference has its covariance.
struct ClosedForm: Sendable {
  private let value: [HeadlineMetric: Double]
  private let standardError: [HeadlineMetric: Double]
  private let trials: [HeadlineMetric: Double]
  private let placements: DeLong.Placements?
  private let quantile: Double

  init(
    _ detector: JudgedDetector, figures: [HeadlineMetric: MetricValue], settings: EvaluationSettings
  ) {
    let positiveCount = detector.ranking.positiveWeight
    let places = Double(settings.alertsPerDay * detector.alerts.dayCount)
    var (value, standardError): ([HeadlineMetric: Double], [HeadlineMetric: Double]) = ([:], [:])
    var trials: [HeadlineMetric: Double] = [
      .averagePrecision: positiveCount, .recallAtBudget: positiveCount,
      .moneyRecallAtBudget: detector.alerts.effectiveFraudCount, .precisionAtBudget: places,
      .cardPrecisionAtBudget: places, .newCardPrecisionAtBudget: places,
    ]
    placements = DeLong.Placements(
      order: detector.order, scores: detector.scores.scores, labels: detector.labels)
    for (metric, figure) in figures {
      guard let number = figure.value else { continue }
      value[metric] = number
      switch metric {
      case .areaUnderROC: standardError[metric] = placements?.variance.squareRoot()
      case .alertsPerCatch:
        // The inverse of the precision, whose relative error it shares.
        let precision = 1 / number
        standardError[metric] = number * ((1 - precision) / (places * precision)).squareRoot()
        trials[metric] = places
      default:
        guard let count = trials[metric], count > 0 else { continue }
        standardError[metric] = (number * (1 - number) / count).squareRoot()
      }
    }
    self.value = value
    self.standardError = standardError
    self.trials = trials
    quantile = Distribution.normalQuantile((1 + settings.confidence) / 2)
  }

  /// The interval of a figure; `nil` where no formula applies.
  func interval(_ metric: HeadlineMetric) -> ClosedRange<Double>? {
    guard let number = value[metric], let error = standardError[metric] else { return nil }
    let half = quantile * error
    switch metric {
    case .areaUnderROC: return max(0, number - half)...min(1, number + half)
    case .alertsPerCatch: return max(1, number - half)...number + half
    case .averagePrecision:
      guard number > 0, number < 1, let count = trials[metric] else { return nil }
      let center = PortableMath.log(number / (1 - number))
      let width = quantile / (count * number * (1 - number)).squareRoot()
      func share(_ logit: Double) -> Double { 1 / (1 + PortableMath.exp(-logit)) }
      return share(center - width)...share(center + width)
    default:
      return trials[metric].flatMap {
        Estimate.wilson(number, trials: $0, quantile: quantile)
      }
    }
  }

  /// The interval of this figure minus the other's.
  func difference(_ other: ClosedForm, _ metric: HeadlineMetric) -> ClosedRange<Double>? {
    guard let number = value[metric], let rival = other.value[metric],
      let error = standardError[metric], let otherError = other.standardError[metric]
    else { return nil }
    var variance = error * error + otherError * otherError
    if metric == .areaUnderROC, let placements, let others = other.placements {
      variance -= 2 * placements.covariance(with: others)
    }
    let half = quantile * max(0, variance).squareRoot()
    return number - rival - half...number - rival + half
  }
}
