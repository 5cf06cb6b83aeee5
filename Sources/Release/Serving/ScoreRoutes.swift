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
        .immediate { request in try score(request) }),
      Route(
        "GET", "/v1/models", "Lists the models that are served.",
        .immediate { _ in
          .json(["models": .array(models.all.map { $0.json })])
        }),
      Route(
        "GET", "/v1/models/{name}", "Shows a model: the version that answers and its threshold.",
        .immediate { request in .json(try follower(request.parameter("name")).json) }),
      Route(
        "GET", "/v1/models/{name}/metadata", "Gives the features, threshold and calibration.",
        .immediate { request in
          .json(try served(request.parameter("name")).metadata)
        }),
      Route(
        "POST", "/admin/reload", "Looks at the followed aliases now and loads what they name.",
        .deferred { _, respond in
          let isChanged = models.refresh(isForced: true)
          respond(
            .json(
              ["changed": .bool(isChanged), "models": .array(models.all.map { $0.json })],
              status: models.all.allSatisfy { $0.status.problem == nil } ? 200 : 409))
        }),
    ]
  }

  private func follower(_ name: String?) throws(HTTPFailure) -> ModelFollower {
    guard let follower = models.follower(of: name) else {
      if name == nil {
        throw HTTPFailure(
          503, "NO_MODEL",
          "no model is served; promote one with anomalyze promote NAME --version N --to champion",
          headers: [("Retry-After", "1")])
      }
      throw HTTPFailure(404, "MODEL_NOT_FOUND", "no model of that name is served; see /v1/models")
    }
    return follower
  }

  func served(_ name: String?) throws(HTTPFailure) -> ServedModel {
    guard let model = try follower(name).current else {
      throw HTTPFailure(
        503, "NO_MODEL", "no version of the model could be loaded yet; see /v1/models",
        headers: [("Retry-After", "1")])
    }
    return model
  }

  private func score(_ request: HTTPRequest) throws -> HTTPResponse {
    let served = try served(request.queryValue("model"))
    let body = try request.jsonObject()
    let row: [Double]
    var findings: [RuleFinding] = []
    let isEvent: Bool
    if let features = body["features"] {
      row = try served.row(of: features)
      isEvent = false
    } else {
      let transaction = try Transaction(event: body)
      // One moment far in the future would make every history look too old.
      guard transaction.time < now() + .days(1) else {
        throw HTTPFailure.invalid(
          "meta.timestamp", "lies more than a day in the future", code: "INVALID_TIMESTAMP")
      }
      let assessed = served.assess(transaction)
      row = assessed.row
      findings = assessed.findings
      isEvent = true
    }
    let judgement: Judgement
    do throws(ModelError) {
      judgement = try Judgement(of: row, findings: findings, by: served)
    } catch {
      throw HTTPFailure(422, "INVALID_FEATURES", error.description)
    }
    var answer = judgement.json
    if isEvent {
      if let meta = body["meta"] { answer["meta"] = meta }
      answer["enrichment"] = .object(
        JSONObject(
          zip(served.model.features.names, row).map {
            (key: $0, value: $1.isFinite ? .number($1) : .null)
          }))
      answer["analysis"] = [
        "rule_flags": judgement.ruleFlags,
        "ml_score": .number(judgement.assessment.probability),
        "ml_prediction": .string(judgement.prediction),
      ]
      answer["verdict"] = [
        "final_severity": .string(judgement.severity),
        "explanation": .string(judgement.explanation),
      ]
    }
    var response = HTTPResponse.json(.object(answer))
    response.headers.append(("X-Model-Version", "\(served.name)/\(served.version)"))
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
    var row = [Double?](repeating: nil, count: model.features.names.count)
    for (name, value) in object.members {
      guard let position = positions[name] else {
        throw .invalid(
          "features",
          "the model has no feature of one of these names; GET /v1/models/\(self.name)/metadata lists its features",
          code: "UNKNOWN_FEATURE")
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
    let missing = zip(model.features.names, row).filter { $1 == nil }.map(\.0)
    guard missing.isEmpty else {
      throw HTTPFailure(
        422, "MISSING_FEATURE", "the model also needs \(missing.joined(separator: ", "))",
        details: ["missing": .array(missing.map { .string($0) })])
    }
    return row.compactMap { $0 }
  }

  /// What clients have to know to call the model.
  var metadata: JSONValue {
    [
      "name": .string(name),
      "version": .string("\(version)"),
      "digest": .string("sha256:\(digest)"),
      "kind": .string(type(of: model.detector).kind),
      "features": model.features.json,
      "feature_names": .array(model.features.names.map { .string($0) }),
      "threshold": .number(model.threshold),
      "calibration": model.calibration.json,
    ]
  }
}

extension ModelFollower {
  /// What the lists say about a followed model.
  var json: JSONValue {
    let status = status
    var object: JSONObject = ["name": .string(name), "alias": .string(alias)]
    if let served = current {
      object["version"] = .string("\(served.version)")
      object["digest"] = .string("sha256:\(served.digest)")
      object["kind"] = .string(type(of: served.model.detector).kind)
      object["threshold"] = .number(served.model.threshold)
      object["feature_count"] = .integer(Int64(served.model.features.names.count))
      object["transactions_seen"] = .integer(served.processedCount)
    }
    object["loads"] = .integer(Int64(status.loadCount))
    object["failures"] = .integer(Int64(status.failureCount))
    object["problem"] = status.problem.map { .string($0) } ?? .null
    return .object(object)
  }
}
