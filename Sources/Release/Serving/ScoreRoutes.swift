internal import Features
internal import HTTP
internal import JSON
internal import Models
internal import Transactions

/// The routes that score transactions by promoted models.
struct ScoreRoutes: Sendable {
  let models: ModelDirectory
  let now: @Sendable () -> Timestamp

  var routes: [Route] {
    [
      Route(
        "POST", "/score",
        "Scores one transaction, or one row of features, by the promoted model.",
        access: .scorer,
        .immediate { request in
          try score(request, by: try models.served(request.queryValue("model")))
        }),
      Route(
        "POST", "/score/batch",
        "Scores up to 100,000 rows: a JSON array, JSON lines or CSV in, the same out.",
        access: .scorer,
        .deferred { request, respond in
          respond(try scoreBatch(request, by: try models.served(request.queryValue("model"))))
        }),
      Route(
        "POST", "/v1/models/{name}/versions/{version}/score",
        "Scores one transaction or row of features by exactly this version.",
        access: .scorer,
        .deferred { request, respond in
          respond(try score(request, by: try models.pinned(request)))
        }),
    ]
  }

  private func scoreBatch(_ request: HTTPRequest, by served: ServedModel) throws(HTTPFailure)
    -> HTTPResponse
  {
    let form = try ScoreBatch.Form(request)
    var batch = ScoreBatch(served, now: now())
    switch form {
    case .json: try batch.read(json: request)
    case .lines: try batch.read(lines: request)
    case .csv: try batch.read(csv: request)
    }
    return try batch.answer(form, explains: request.flag("explain"))
  }

  private func score(_ request: HTTPRequest, by served: ServedModel) throws -> HTTPResponse {
    let body = try request.jsonObject()
    if let features = body["features"] {
      let row = try served.row(of: features)
      let judgement = try judged(row, by: served)
      for trial in models.trials(beside: served) {
        trial.compare(.row((served.featureNames, row)), with: judgement.assessment)
      }
      return response(judgement, JSONBuffer(capacity: 1_024))
    }
    let transaction = try Transaction(event: body, now: now())
    let assessed = served.assess(transaction)
    var judgement = try judged(assessed.row, findings: assessed.findings, by: served)
    let trials = models.trials(beside: served)
    for trial in trials { trial.compare(.transaction(transaction), with: judgement.assessment) }
    if let trial = trials.first(where: { $0.answers(transaction.userID) }),
      let challenger = trial.challenger.current
    {
      let other = challenger.assess(transaction)
      judgement = try judged(other.row, findings: other.findings, by: challenger)
      trial.noteAnswer()
    }
    var answer = JSONBuffer(capacity: 2_048)
    answer.raw("{")
    if let meta = body["meta"] {
      answer.raw("\"meta\":")
      answer.value(meta)
      answer.raw(",")
    }
    judgement.writeEvent(to: &answer)
    return response(judgement, answer)
  }

  private func judged(
    _ row: [Double], findings: [RuleFinding] = [], by served: ServedModel
  ) throws(HTTPFailure) -> Judgement {
    do throws(ModelError) {
      let judgement = try Judgement(of: row, findings: findings, by: served)
      served.observations.add(row, score: judgement.assessment.score)
      return judgement
    } catch {
      throw HTTPFailure(422, "INVALID_FEATURES", error.description)
    }
  }

  private func response(_ judgement: Judgement, _ start: JSONBuffer) -> HTTPResponse {
    var answer = start
    if answer.bytes.isEmpty { answer.raw("{") } else { answer.raw(",") }
    judgement.write(to: &answer)
    answer.raw("}")
    var response = HTTPResponse.json(answer)
    response.headers.append(("X-Model-Version", judgement.served.label))
    return response
  }
}

extension ServedModel {
  /// The row that `{"name": number, …}` stands for; null is a missing value.
  ///
  /// - Throws: 422 naming the features that are missing or unknown.
  func row(of features: JSONValue) throws(HTTPFailure) -> [Double] {
    guard let object = features.objectValue else {
      throw .invalid("features", "must be an object, not \(features.kindName)")
    }
    var row = [Double?](repeating: nil, count: featureNames.count)
    for (name, value) in object.members {
      guard let position = positions[name] else {
        throw unknownFeature
      }
      if value == .null {
        row[position] = .nan
      } else {
        guard let number = value.doubleValue else {
          throw .invalid("features.\(name)", "must be a number or null, not \(value.kindName)")
        }
        row[position] = number
      }
    }
    return try complete(row)
  }

  /// The row when nothing is missing in it.
  func complete(_ row: [Double?]) throws(HTTPFailure) -> [Double] {
    let missing = zip(featureNames, row).filter { $1 == nil }.map(\.0)
    guard missing.isEmpty else { throw missingFeatures(missing) }
    return row.compactMap { $0 }
  }

  /// The refusal of a name that is no feature's.
  var unknownFeature: HTTPFailure {
    .invalid(
      "features",
      "the model has no feature of one of these names; GET /v1/models/\(name)/metadata lists its features",
      code: "UNKNOWN_FEATURE")
  }

  /// The refusal of a row without some features.
  func missingFeatures(_ names: [String]) -> HTTPFailure {
    HTTPFailure(
      422, "MISSING_FEATURE", "the model also needs \(names.joined(separator: ", "))",
      details: ["missing": .array(names.map { .string($0) })])
  }
}
