import JSON
import Transactions

extension PromotionPolicy {
  /// Asks every gate; all of them answer, so that a refusal lists everything that is wrong at once.
  ///
  /// The decision depends on the arguments alone. A metric that is missing or undefined refuses: what was not measured
  /// is not good.
  ///
  /// - Complexity: O(gates).
  public func decide(_ evidence: PromotionEvidence) -> PromotionDecision {
    PromotionDecision(
      outcomes: gates.map { gate in
        let answer = gate.rule.answer(evidence)
        let isWarning = gate.isAdvisory && answer.verdict == .refused
        return GateOutcome(
          gate: gate.name, limit: answer.limit, value: answer.value,
          verdict: isWarning ? .warned : answer.verdict, note: answer.note)
      })
  }
}

private struct Answer {
  let limit: String
  let value: String
  let verdict: GateOutcome.Verdict
  let note: String

  init(limit: String, value: String, isPassed: Bool, note: String = "") {
    self.init(limit: limit, value: value, verdict: isPassed ? .passed : .refused, note: note)
  }

  init(limit: String, value: String, verdict: GateOutcome.Verdict, note: String) {
    self.limit = limit
    self.value = value
    self.verdict = verdict
    self.note = note
  }
}

extension Gate.Rule {
  fileprivate func answer(_ evidence: PromotionEvidence) -> Answer {
    switch self {
    case .atLeast(let metric, let limit):
      absolute(metric, limit: limit, sign: "≥", evidence) { $0 >= limit }
    case .atMost(let metric, let limit):
      absolute(metric, limit: limit, sign: "≤", evidence) { $0 <= limit }
    case .notWorseThanChampion(let comparison): comparison.answer(evidence)
    case .betterThanChampion(let interval, let direction):
      better(interval, direction, evidence)
    case .notOlderThan(let path, let span): age(path, span, evidence)
    case .check(let name): check(name, evidence)
    case .approvals(let count, let trainerMayApproveAlone):
      approvals(count, trainerMayApproveAlone, evidence)
    }
  }

  private func absolute(
    _ metric: MetricPath, limit: Double, sign: String, _ evidence: PromotionEvidence,
    _ isMet: (Double) -> Bool
  ) -> Answer {
    let limit = "\(sign) \(limit.rounded4)"
    guard let value = metric.number(in: evidence.challenger) else {
      return .init(
        limit: limit, value: "-", isPassed: false, note: metric.absence(in: evidence.challenger))
    }
    return .init(limit: limit, value: value.rounded4, isPassed: isMet(value))
  }

  private func better(
    _ interval: MetricPath, _ direction: Gate.Direction, _ evidence: PromotionEvidence
  ) -> Answer {
    let limit = direction == .higher ? "lower bound > 0" : "upper bound < 0"
    guard evidence.champion != nil else { return .noChampion(limit: limit) }
    guard let bounds = interval.bounds(in: evidence.challenger) else {
      return .init(
        limit: limit, value: "-", isPassed: false,
        note: "the metrics have no paired interval at \(interval)")
    }
    let isMet = direction == .higher ? bounds.lower > 0 : bounds.upper < 0
    let note = isMet ? "better" : "not shown to be better"
    return .init(limit: limit, value: bounds.text, isPassed: isMet, note: note)
  }

  private func age(_ path: MetricPath, _ span: TimeSpan, _ evidence: PromotionEvidence) -> Answer {
    let limit = "at most \(span) old"
    guard let value = path.value(in: evidence.challenger),
      let moment = value.stringValue.flatMap({ Timestamp(parsing: $0) })
    else {
      return .init(
        limit: limit, value: "-", isPassed: false,
        note: "the metrics have no moment at \(path)")
    }
    let isMet = evidence.moment - moment <= span
    return .init(limit: limit, value: moment.description, isPassed: isMet)
  }

  private func check(_ name: String, _ evidence: PromotionEvidence) -> Answer {
    guard let check = evidence.checks[name] else {
      return .init(limit: "passed", value: "-", isPassed: false, note: "the check was not made")
    }
    let value = check.isPassed ? "passed" : "failed"
    return .init(limit: "passed", value: value, isPassed: check.isPassed, note: check.note)
  }

  private func approvals(
    _ count: Int, _ trainerMayApproveAlone: Bool, _ evidence: PromotionEvidence
  ) -> Answer {
    let approvers = evidence.approvers
    let isTrainerAlone = !trainerMayApproveAlone && approvers == [evidence.trainer]
    return .init(
      limit: "\(count) approval\(count == 1 ? "" : "s")", value: "\(approvers.count)",
      isPassed: approvers.count >= count && !isTrainerAlone,
      note: isTrainerAlone ? "who trained a version cannot approve it alone" : "")
  }
}

extension Gate.Comparison {
  fileprivate func answer(_ evidence: PromotionEvidence) -> Answer {
    guard let champion = evidence.champion else {
      return .noChampion(limit: "champion \(allowance) \(tolerance.rounded4)")
    }
    if let bounds = interval?.bounds(in: evidence.challenger) { return nonInferiority(bounds) }
    guard let reference = metric.number(in: champion) else {
      return .init(
        limit: "champion \(allowance) \(tolerance.rounded4)", value: "-", isPassed: false,
        note: "champion: " + metric.absence(in: champion))
    }
    let worst = direction == .higher ? reference - tolerance : reference + tolerance
    let limit = "\(direction == .higher ? "≥" : "≤") \(worst.rounded4)"
    guard let value = metric.number(in: evidence.challenger) else {
      return .init(
        limit: limit, value: "-", isPassed: false, note: metric.absence(in: evidence.challenger))
    }
    if let comparable,
      comparable.value(in: champion) != comparable.value(in: evidence.challenger)
    {
      return .init(
        limit: limit, value: value.rounded4, isPassed: false,
        note: "the champion was measured on other data (\(comparable) differs); "
          + "evaluate both on the same rows")
    }
    let isMet = direction == .higher ? value >= worst : value <= worst
    let gain = direction == .higher ? value - reference : reference - value
    let words = gain > 0 ? "better" : gain == 0 ? "equal" : isMet ? "within tolerance" : "worse"
    return .init(limit: limit, value: value.rounded4, isPassed: isMet, note: words)
  }

  /// The bounds are of challenger − champion; mirrored when lower is better, so that one rule serves both.
  private func nonInferiority(_ bounds: Bounds) -> Answer {
    let worst = direction == .higher ? bounds.lower : -bounds.upper
    let best = direction == .higher ? bounds.upper : -bounds.lower
    let words =
      if worst > 0 { "better" }  //
      else if worst >= -margin { "not worse within the margin" }  //
      else if best < 0 { "worse" }  //
      else { "not enough evidence" }
    return Answer(
      limit: direction == .higher
        ? "difference ≥ -\(margin.rounded4)" : "difference ≤ \(margin.rounded4)",
      value: bounds.text, isPassed: worst >= -margin, note: words)
  }

  /// Which side of the champion the tolerance lies on.
  private var allowance: String { direction == .higher ? "−" : "+" }
}

/// The ends of a paired interval.
private struct Bounds {
  let lower: Double
  let upper: Double
  var text: String { "[\(lower.rounded4), \(upper.rounded4)]" }
}

extension Answer {
  fileprivate static func noChampion(limit: String) -> Answer {
    Answer(limit: limit, value: "-", verdict: .notApplicable, note: "there is no champion yet")
  }
}

extension MetricPath {
  fileprivate func bounds(in document: JSONValue) -> Bounds? {
    guard let interval = value(in: document), let lower = interval["lower"]?.doubleValue,
      let upper = interval["upper"]?.doubleValue, lower <= upper
    else { return nil }
    return Bounds(lower: lower, upper: upper)
  }

  fileprivate func absence(in document: JSONValue) -> String {
    if let reason = reason(in: document) { return "undefined: \(reason)" }
    return "the metrics have no number at \(self)"
  }
}

extension Double {
  /// Four decimals for tables; the JSON documents keep every digit.
  fileprivate var rounded4: String {
    let scaled = (self * 10_000).rounded()
    guard scaled.magnitude < 1e15 else { return description }
    let value = scaled / 10_000
    return value == value.rounded() ? String(Int64(value)) : value.description
  }
}
