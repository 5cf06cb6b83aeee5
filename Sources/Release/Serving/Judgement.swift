internal import Features
internal import JSON
internal import Models

/// What a model says about one row, in the words of the event schema.
struct Judgement {
  let served: ServedModel
  let row: [Double]
  /// What the rules found, the most serious first.
  let findings: [RuleFinding]
  let assessment: ScoringModel.Assessment
  let contributions: [Double]
  /// The contributions by member and feature, where several detectors decide together.
  let parts: [ScorePart]
  /// What the rules found, then how unusual the row is and which features say so.
  let explanation: String

  init(
    of row: [Double], findings: [RuleFinding] = [], by served: ServedModel
  ) throws(ModelError) {
    self.served = served
    self.findings = findings.sorted { $0.severity > $1.severity }
    self.row = row
    if let ensemble = served.model.detector as? EnsembleDetector {
      assessment = try served.model.assess(row)
      parts = try ensemble.parts(of: row)
      var sums = [Double](repeating: 0, count: row.count)
      for part in parts {
        if let position = served.positions[part.feature] { sums[position] += part.value }
      }
      contributions = sums
    } else {
      parts = []
      let (score, contributions) = try served.model.detector.explained(row)
      assessment = served.model.assessment(ofScore: score)
      self.contributions = contributions
    }
    explanation = Judgement.explanation(
      of: assessment, self.findings, row, contributions, served.featureNames)
  }

  /// `ANOMALY` above the threshold, else `NORMAL`.
  var prediction: String { assessment.isAnomaly ? "ANOMALY" : "NORMAL" }

  /// How soon somebody should look: an anomaly is `HIGH`, one beyond 99.9 % of the training rows `CRITICAL`; below the
  /// threshold the top 1 % is `MEDIUM`. A rule can raise it, never lower it.
  var severity: String {
    let score: Severity =
      switch (assessment.isAnomaly, assessment.probability) {
      case (true, 0.999...): .critical
      case (true, _): .high
      case (false, 0.99...): .medium
      case (false, _): .low
      }
    return max(score, findings.first?.severity ?? .low).rawValue.uppercased()
  }

  /// The flags of the rules that fired.
  var ruleFlags: JSONValue { .array(findings.map { .string($0.name) }) }

  private static func explanation(
    of assessment: ScoringModel.Assessment, _ findings: [RuleFinding], _ row: [Double],
    _ contributions: [Double], _ names: [String]
  ) -> String {
    var text = ""
    text.reserveCapacity(256)
    for finding in findings { text += finding.explanation + ". " }
    let percent = (assessment.probability * 10_000).rounded() / 100
    text += "More unusual than \(percent) % of the training data"
    text += assessment.isAnomaly ? ", above the threshold" : ", below the threshold"
    var separator = "; mostly because of "
    for feature in leading(contributions) {
      text += separator
      text += names[feature]
      text += " = "
      let value = row[feature]
      text += value.isFinite ? "\((value * 1_000).rounded() / 1_000)" : "missing"
      separator = ", "
    }
    text += "."
    return text
  }

  /// The features that speak loudest for an anomaly, at most three; of equal ones the earlier first.
  private static func leading(_ contributions: [Double]) -> [Int] {
    var leading: [Int] = []
    for (feature, value) in contributions.enumerated() where value > 0 {
      let place = leading.firstIndex { contributions[$0] < value } ?? leading.count
      guard place < 3 else { continue }
      leading.insert(feature, at: place)
      if leading.count > 3 { leading.removeLast() }
    }
    return leading
  }

  /// Writes the members of the flat answer.
  func write(to answer: inout JSONBuffer) {
    answer.raw("\"ml_score\":")
    answer.number(assessment.probability)
    answer.raw(",\"ml_prediction\":")
    answer.string(prediction)
    answer.raw(",\"anomaly_score\":")
    answer.number(assessment.score)
    answer.raw(",\"threshold\":")
    answer.number(served.model.threshold)
    answer.raw(",\"contributions\":")
    write(contributions, to: &answer)
    if !parts.isEmpty { answer.raw(",\"parts\":") }
    for (index, part) in parts.enumerated() {
      answer.raw(index == 0 ? "[{\"detector\":" : ",{\"detector\":")
      answer.string(part.detector)
      answer.raw(",\"feature\":")
      answer.string(part.feature)
      answer.raw(",\"value\":")
      answer.number(part.value)
      answer.raw(index == parts.count - 1 ? "}]" : "}")
    }
    if let probability = assessment.anomalyProbability {
      answer.raw(",\"anomaly_probability\":")
      answer.number(probability)
    }
    answer.raw(",\"rule_flags\":")
    answer.value(ruleFlags)
    answer.raw(",\"severity\":")
    answer.string(severity)
    answer.raw(",\"explanation\":")
    answer.string(explanation)
    answer.raw(",\"model\":")
    answer.string(served.name)
    answer.raw(",\"model_version\":")
    answer.string("\(served.version)")
  }

  /// Writes the parts of the event schema that the answer adds.
  func writeEvent(to answer: inout JSONBuffer) {
    answer.raw("\"enrichment\":")
    write(row, to: &answer)
    answer.raw(",\"analysis\":{\"rule_flags\":")
    answer.value(ruleFlags)
    answer.raw(",\"ml_score\":")
    answer.number(assessment.probability)
    answer.raw(",\"ml_prediction\":")
    answer.string(prediction)
    answer.raw("},\"verdict\":{\"final_severity\":")
    answer.string(severity)
    answer.raw(",\"explanation\":")
    answer.string(explanation)
    answer.raw("}")
  }

  /// Writes an object of one number a feature.
  private func write(_ numbers: [Double], to answer: inout JSONBuffer) {
    answer.raw("{")
    for (index, key) in served.featureKeys.enumerated() {
      if index > 0 { answer.raw(",") }
      answer.raw(key)
      answer.number(numbers[index])
    }
    answer.raw("}")
  }
}
