internal import SeriesStorage
internal import HTTP
internal import JSON
internal import Models

extension SeriesRoutes {
  typealias Respond = @Sendable (HTTPResponse) -> Void

  /// `POST /fit/{series_id}`: answers once the new version is on the disk.
  func fit(_ request: HTTPRequest, _ respond: @escaping Respond) throws {
    let id = try request.seriesID()
    let isDryRun = request.flag("dry_run")
    let body = try PointsBody(request, allowsMissing: isDryRun)
    let parameters = try ThreeSigmaParameters(requestedIn: body.options)
    if isDryRun {
      let preflight = SeriesPreflight(
        timestamps: body.points.timestamps, values: body.points.values,
        minimumPointCount: parameters.minimumPointCount)
      var report = preflight.json.objectValue ?? JSONObject()
      report["series_id"] = .string(id)
      report["dry_run"] = true
      return respond(.json(.object(report)))
    }
    let model: ThreeSigmaModel
    do {
      model = try ThreeSigmaModel.fit(
        timestamps: body.points.timestamps, values: body.points.values, parameters: parameters)
    } catch {
      throw HTTPFailure(error)
    }
    store.add(model, points: body.points, to: id) { result in
      respond(SeriesRoutes.answer(id, result))
    }
  }

  /// `POST /update/{series_id}`: learns later points, in the current version or as a new one.
  func update(_ request: HTTPRequest, _ respond: @escaping Respond) throws {
    let id = try request.seriesID()
    let body = try PointsBody(request)
    var makesVersion = request.flag("new_version")
    if let given = body.options["new_version"] {
      guard let flag = given.boolValue else {
        throw HTTPFailure.invalid("new_version", "must be true or false", code: "INVALID_PARAMETER")
      }
      makesVersion = flag
    }
    store.update(id, with: body.points, makingVersion: makesVersion) { result in
      respond(SeriesRoutes.answer(id, result))
    }
  }

  /// `DELETE /series/{series_id}`.
  func delete(_ request: HTTPRequest, _ respond: @escaping Respond) throws {
    store.delete(try request.seriesID()) { result in
      switch result {
      case .success: respond(HTTPResponse(status: 204, contentType: nil))
      case .failure(let error): respond(HTTPResponse(HTTPFailure(error)))
      }
    }
  }

  private static func answer(
    _ id: String, _ result: Result<SeriesStore.WriteOutcome, SeriesStoreError>
  ) -> HTTPResponse {
    switch result {
    case .success(.created(let version)): answer(id, version, isNew: true)
    case .success(.unchanged(let version)), .success(.updated(let version)):
      answer(id, version, isNew: false)
    case .success(.deleted): preconditionFailure("only a deletion is answered as one")
    case .failure(let error): HTTPResponse(HTTPFailure(error))
    }
  }

  private static func answer(_ id: String, _ version: SeriesVersion, isNew: Bool) -> HTTPResponse {
    .json([
      "series_id": .string(id),
      "version": .string(version.label),
      "model_version": .string(version.label),
      "points_used": .integer(Int64(version.model.pointCount)),
      "created": .bool(isNew),
      "model": version.model.summary,
    ])
  }
}

extension HTTPRequest {
  /// Whether the query switches `name` on: `?name`, `?name=1` or `?name=true`.
  func flag(_ name: String) -> Bool {
    ["", "1", "true"].contains(queryValue(name) ?? "0")
  }
}
