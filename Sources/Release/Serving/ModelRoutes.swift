internal import SeriesStorage
internal import Features
internal import HTTP
internal import JSON
internal import Models
internal import Registry

/// The routes that show which models are served and how they compare, and that load what is new.
struct ModelRoutes: Sendable {
  let models: ModelDirectory

  var routes: [Route] {
    [
      Route(
        "GET", "/v1/models", "Lists the models that are served.",
        .immediate { _ in .json(["models": .array(models.all.map { $0.json })]) }),
      Route(
        "GET", "/v1/models/{name}",
        "Shows a model: its versions, aliases and the one that answers.",
        .immediate { request in
          let name = request.parameter("name")
          var object = try models.follower(named: name).json.objectValue ?? JSONObject()
          let listing = models.listing(of: name)
          object["versions"] = .array(listing.versions.map { .string("\($0)") })
          object["aliases"] = .object(
            JSONObject(listing.aliases.map { (key: $0, value: .string("\($1)")) }))
          return .json(.object(object))
        }),
      Route(
        "GET", "/v1/models/{name}/metadata", "Gives the features, threshold and calibration.",
        .immediate { request in
          .json(try models.served(request.parameter("name")).metadata)
        }),
      Route(
        "GET", "/v1/models/{name}/versions/{version}",
        "Shows a version with its metrics and lineage.",
        .deferred { request, respond in
          let served = try models.pinned(request)
          var object = served.metadata.objectValue ?? JSONObject()
          for file in ["metrics", "lineage"] {
            object[file] = models.document("\(file).json", of: served) ?? .null
          }
          object["report"] = .string("/v1/models/\(served.name)/versions/\(served.version)/report")
          respond(.json(.object(object)))
        }),
      Route(
        "GET", "/v1/models/{name}/versions/{version}/report", "Gives the evaluation report.",
        .deferred { request, respond in
          let served = try models.pinned(request)
          guard let page = models.file("report.html", of: served) else {
            throw HTTPFailure(404, "REPORT_NOT_FOUND", "the version has no report")
          }
          respond(HTTPResponse(contentType: "text/html; charset=utf-8", body: page))
        }),
      Route(
        "GET", "/v1/models/{name}/comparison",
        "Compares the model with the challenger that judges beside it.",
        .immediate { request in
          let follower = try models.follower(named: request.parameter("name"))
          return .json([
            "champion": .string("\(follower.name)@\(follower.alias)"),
            "version": follower.current.map { .string("\($0.version)") } ?? .null,
            "trials": .array(models.trials(of: follower.name).map { $0.json }),
          ])
        }),
      Route(
        "POST", "/admin/reload", "Looks at the followed aliases now and loads what they name.",
        access: .promoter,
        .deferred { _, respond in
          let isChanged = models.refresh(isForced: true)
          respond(
            .json(
              ["changed": .bool(isChanged), "models": .array(models.all.map { $0.json })],
              status: models.all.allSatisfy { $0.status.problem == nil } ? 200 : 409))
        }),
    ]
  }
}

extension ModelDirectory {
  /// The follower of the model `name`, or the first one for `nil`.
  func follower(named name: String?) throws(HTTPFailure) -> ModelFollower {
    guard let follower = follower(of: name) else {
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

  /// The version that answers for the model `name`, or for the first one.
  func served(_ name: String?) throws(HTTPFailure) -> ServedModel {
    guard let model = try follower(named: name).current else {
      throw HTTPFailure(
        503, "NO_MODEL", "no version of the model could be loaded yet; see /v1/models",
        headers: [("Retry-After", "1")])
    }
    return model
  }

  /// The version that a path names.
  func pinned(_ request: HTTPRequest) throws(HTTPFailure) -> ServedModel {
    let name = try follower(named: request.parameter("name")).name
    let label = request.parameter("version")
    guard let number = SeriesVersion.number(of: label), !label.hasPrefix("v") else {
      throw HTTPFailure(404, "VERSION_NOT_FOUND", "versions are called 1, 2, 3, …")
    }
    let found: ServedModel?
    do {
      found = try version(number, of: name)
    } catch {
      throw HTTPFailure(503, "MODEL_UNAVAILABLE", "the version cannot be loaded: \(error)")
    }
    guard let found else {
      throw HTTPFailure(404, "VERSION_NOT_FOUND", "the model has no such version")
    }
    return found
  }
}

extension ServedModel {
  /// What clients have to know to call the model.
  var metadata: JSONValue {
    [
      "name": .string(name),
      "version": .string("\(version)"),
      "digest": .string("sha256:\(digest)"),
      "kind": .string(type(of: model.detector).kind),
      "features": model.features.json,
      "feature_names": .array(featureNames.map { .string($0) }),
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
      object["feature_count"] = .integer(Int64(served.featureNames.count))
      object["transactions_seen"] = .integer(served.processedCount)
    }
    object["loads"] = .integer(Int64(status.loadCount))
    object["failures"] = .integer(Int64(status.failureCount))
    object["problem"] = status.problem.map { .string($0) } ?? .null
    return .object(object)
  }
}
