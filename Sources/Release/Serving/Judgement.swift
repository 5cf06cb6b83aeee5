internal import Features
internal import JSON
internal import Models

/// What a model says about one row, in the words of the event schema.
struct Judgement {
  let served: ServedModel
  let row: [Double]
  let assessment: ScoringModel.Assessment
  let contributions: [Double]

  init(of row: [Double], by served: ServedModel) throws(ModelError) {
    self.served = served
    self.row = row
    assessment = try served.model.assess(row)
    contributions = try served.model.detector.contributions(of: row)
  }

  /// `ANOMALY` above the threshold, else `NORMAL`.
  var prediction: String { assessment.isAnomaly ? "ANOMALY" : "NORMAL" }

  /// How soon somebody should look: an anomaly is `HIGH`, one beyond 99.9 % of the training rows `CRITICAL`; below the
  /// threshold the top 1 % is `MEDIUM`.
  var severity: String {
    switch (assessment.isAnomaly, assessment.probability) {
    case (true, 0.999...): "CRITICAL"
    case (true, _): "HIGH"
    case (false, 0.99...): "MEDIUM"
    case (false, _): "LOW"
    }
  }

  /// One sentence: how unusual, and which features say so.
  var explanation: String {
    let percent = (assessment.probability * 10_000).rounded() / 100
    var text = "More unusual than \(percent) % of the training data"
    text += assessment.isAnomaly ? ", above the threshold" : ", below the threshold"
    let leading = zip(served.model.features.names, zip(row, contributions))
      .filter { $1.1 > 0 }.sorted { $0.1.1 > $1.1.1 }.prefix(3)
    guard !leading.isEmpty else { return text + "." }
    let parts = leading.map { name, pair in
      "\(name) = \(pair.0.isFinite ? "\((pair.0 * 1_000).rounded() / 1_000)" : "missing")"
    }
    return text + "; mostly because of \(parts.joined(separator: ", "))."
  }

  /// The flat answer.
  var json: JSONObject {
    [
      "ml_score": .number(assessment.probability),
      "ml_prediction": .string(prediction),
      "anomaly_score": .number(assessment.score),
      "threshold": .number(served.model.threshold),
      "contributions": .object(
        JSONObject(
          zip(served.model.features.names, contributions).map {
            (key: $0, value: $1.isFinite ? .number($1) : .null)
          })),
      "rule_flags": .array([]),
      "severity": .string(severity),
      "explanation": .string(explanation),
      "model": .string(served.name),
      "model_version": .string("\(served.version)"),
    ]
  }
}
