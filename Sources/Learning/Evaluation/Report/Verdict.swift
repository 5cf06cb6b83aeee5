/// What an evaluation says in words, by the paired interval of the average precision.
public struct Verdict: Equatable, Sendable {
  /// The answer.
  public enum Status: String, Sendable {
    /// The whole interval of the difference lies above 0.
    case better
    /// The whole interval lies below 0.
    case worse
    /// The interval holds 0.
    case inconclusive
    /// The rows do not allow an answer.
    case undefined
  }

  /// The answer.
  public let status: Status
  /// The answer in a sentence.
  public let sentence: String
  /// The figures behind it.
  public let grounds: String

  /// Judges the primary detector; in a backtest the reference is a way of retraining, and nobody's champion.
  init(_ evaluation: Evaluation, isBacktest: Bool = false) {
    let name = evaluation.primary.name
    let metric = HeadlineMetric.averagePrecision
    guard let comparison = evaluation.reference,
      let difference = comparison.differences[metric]?.estimate,
      case .value(let value) = difference.value, let interval = difference.interval
    else {
      status = .undefined
      sentence = "These rows cannot judge \(name)"
      let reason = evaluation.primary.headline[metric]?.value.reason
      grounds = (reason ?? "the figures vary too much from replicate to replicate") + "."
      return
    }
    let other = evaluation.detectors[comparison.otherIndex]
    let isChampion = other.role == .champion && !isBacktest
    let rival = isChampion ? "the champion \(other.name)" : other.name
    if interval.lowerBound > 0 {
      status = .better
      sentence = "\(name) finds fraud better than \(rival)"
    } else if interval.upperBound < 0 {
      status = .worse
      sentence = "\(name) finds fraud worse than \(rival)"
    } else {
      status = .inconclusive
      sentence = "Not enough evidence that \(name) differs from \(rival)"
    }
    let own = evaluation.primary.headline[metric]?.value.value ?? 0
    grounds =
      "Average precision \(NumberText.fixed(own, 3)) against \(NumberText.fixed(own - value, 3)): "
      + "\(NumberText.difference(value, of: metric)), "
      + "\(NumberText.fixed(evaluation.settings.confidence * 100, 0)) % interval "
      + "\(NumberText.difference(interval.lowerBound, of: metric)) to "
      + "\(NumberText.difference(interval.upperBound, of: metric)) on the same rows."
  }
}

extension EvaluationReport {
  /// What is different from the champion, or from the better baseline, and what else needs a look: for the first screen.
  var changes: [String] {
    var sentences: [String] = []
    if let reference = evaluation.reference {
      let migration = reference.migration
      let own = migration.shared.count + migration.onlyPrimary.count
      sentences.append(
        "What changes against \(reference.otherName): of \(NumberText.grouped(own)) alerts "
          + "\(NumberText.grouped(migration.shared.count)) are the same; "
          + "\(NumberText.grouped(migration.onlyPrimary.fraudCount)) frauds are newly caught, "
          + "\(NumberText.grouped(migration.onlyOther.fraudCount)) are no longer.")
    }
    if let drift { sentences.append(driftSummary(drift)) }
    return sentences
  }
}
