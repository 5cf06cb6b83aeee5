public import HTTP
internal import JSON
internal import Models
public import SeriesStorage
internal import Transactions

/// The routes of per-series models.
public struct SeriesRoutes: Sendable {
  let store: SeriesStore

  /// Makes the routes of `store`.
  public init(_ store: SeriesStore) { self.store = store }

  /// All routes.
  public var routes: [Route] {
    [
      Route(
        "POST", "/fit/{series_id}",
        "Fits a new version of a series and stores it durably; with dry_run=1 only reports on the points.",
        access: .trainer, .deferred { request, respond in try fit(request, respond) }),
      Route(
        "POST", "/update/{series_id}",
        "Learns points that came after the fit, in the current version or, with new_version, as a new one.",
        access: .trainer, .deferred { request, respond in try update(request, respond) }),
      Route(
        "POST", "/predict/{series_id}", "Judges one value by the current or a named version.",
        access: .scorer, .immediate { request in try predict(request) }),
      Route(
        "POST", "/predict/{series_id}/batch",
        "Judges up to a million values and joins the anomalies into episodes.",
        access: .scorer,
        .deferred { request, respond in respond(try predictBatch(request)) }),
      Route(
        "POST", "/score/series",
        "Judges every point of a series by the points before it, without a fit, and gives one alert an episode.",
        access: .scorer,
        .deferred { request, respond in respond(try scoreSeries(request)) }),
      Route(
        "GET", "/series", "Lists the series, a page at a time.",
        .immediate { request in try list(request) }),
      Route(
        "GET", "/series/{series_id}",
        "Shows the current version of a series and how many there are.",
        .immediate { request in try show(request) }),
      Route(
        "GET", "/series/{series_id}/versions/{version}",
        "Shows one version of a series; with include_data=1 also its points.",
        .immediate { request in try showVersion(request) }),
      Route(
        "GET", "/plot", "Draws the points of a version with its band and what lies outside.",
        .deferred { request, respond in respond(try plot(request)) }),
      Route(
        "DELETE", "/series/{series_id}", "Deletes a series; its versions stay in the store.",
        access: .trainer, .deferred { request, respond in try delete(request, respond) }),
    ]
  }

  private func list(_ request: HTTPRequest) throws -> HTTPResponse {
    let limit = try request.wholeNumber("limit", in: 1...10_000) ?? 100
    let after = request.queryValue("after") ?? ""
    let prefix = request.queryValue("prefix") ?? ""
    let all = store.seriesIDs()
    let text = request.queryValue("contains") ?? ""
    let matching = all.filter {
      $0 > after && $0.hasPrefix(prefix) && (text.isEmpty || $0.contains(text))
    }
    let page = matching.prefix(limit)
    let items = try page.compactMap { id -> JSONValue? in
      do throws(SeriesStoreError) {
        return try store.version(of: id).json(seriesID: id)
      } catch .seriesNotFound {
        // Deleted since the list was made.
        return nil
      } catch {
        throw HTTPFailure(error)
      }
    }
    return .json([
      "series": .array(items),
      "total": .integer(Int64(all.count)),
      "next_after": matching.count > page.count ? page.last.map { .string($0) } ?? .null : .null,
    ])
  }

  private func show(_ request: HTTPRequest) throws -> HTTPResponse {
    let id = try request.seriesID()
    let version = try found { () throws(SeriesStoreError) in try store.version(of: id) }
    var object = version.json(seriesID: id).objectValue ?? JSONObject()
    object["versions"] = .integer(Int64(version.number))
    return .json(.object(object))
  }

  private func showVersion(_ request: HTTPRequest) throws -> HTTPResponse {
    let id = try request.seriesID()
    let number = try request.versionNumber(request.parameter("version"))
    let version = try found { () throws(SeriesStoreError) in try store.version(number, of: id) }
    var object = version.json(seriesID: id).objectValue ?? JSONObject()
    if request.flag("include_data") {
      let points = try found { () throws(SeriesStoreError) in
        try store.points(of: version.number, series: id)
      }
      object["timestamps"] = .array(points.timestamps.map { .string($0.description) })
      object["values"] = .array(points.values.map { .number($0) })
    }
    return .json(.object(object))
  }

  func found<Value>(
    _ body: () throws(SeriesStoreError) -> Value
  ) throws(HTTPFailure) -> Value {
    do throws(SeriesStoreError) {
      return try body()
    } catch {
      throw HTTPFailure(error)
    }
  }
}

extension SeriesVersion {
  /// What the lists say about a version.
  func json(seriesID: String) -> JSONValue {
    [
      "series_id": .string(seriesID),
      "version": .string(label),
      "fitted_at": .string(fittedAt.description),
      "digest": .string(digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()),
      "model": model.summary,
    ]
  }
}

extension ThreeSigmaModel {
  /// The stored form without the exact state, which is of use to programs only.
  var summary: JSONValue {
    var object = json.objectValue ?? JSONObject()
    object["moments"] = nil
    return .object(object)
  }
}

extension ThreeSigmaParameters {
  /// The optional `threshold`, `method`, `sides`, `threshold_rule`, `minimum_points`, `time_zone`, and `window` or
  /// `forgetting` of a request.
  init(requestedIn body: JSONObject) throws(HTTPFailure) {
    func choice<Value: RawRepresentable & CaseIterable>(
      _ name: String, default standard: Value
    ) throws(HTTPFailure) -> Value where Value.RawValue == String {
      guard let given = body[name] else { return standard }
      guard let value = given.stringValue.flatMap({ Value(rawValue: $0) }) else {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalid(name, "must be one of \(names)", code: "INVALID_PARAMETER")
      }
      return value
    }
    var threshold = 3.0
    if let given = body["threshold"] {
      guard let number = given.doubleValue else {
        throw .invalid(
          "threshold", "must be a number, not \(given.kindName)", code: "INVALID_PARAMETER")
      }
      threshold = number
    }
    var minimum = 2
    if let given = body["minimum_points"] {
      guard let number = given.integerValue, (2...1_000_000).contains(number) else {
        throw .invalid(
          "minimum_points", "must be a whole number from 2 to 1000000", code: "INVALID_PARAMETER")
      }
      minimum = Int(number)
    }
    let method = try choice("method", default: ThreeSigmaMethod.sigma)
    let sides = try choice("sides", default: AnomalySides.both)
    let rule = try choice("threshold_rule", default: ThresholdRule.plain)
    do throws(ThreeSigmaError) {
      try self.init(
        threshold: threshold, method: method, sides: sides, rule: rule,
        minimumPointCount: minimum, zone: CalendarZone(requestedIn: body),
        memory: SeriesMemory(requestedIn: body))
    } catch {
      throw HTTPFailure(error)
    }
  }
}

extension HTTPFailure {
  /// 404, 503 or 500 for a failure of the store.
  init(_ error: SeriesStoreError) {
    switch error {
    case .seriesNotFound: self.init(404, "SERIES_NOT_FOUND", error.description)
    case .versionNotFound: self.init(404, "VERSION_NOT_FOUND", error.description)
    case .unavailable:
      self.init(
        503, "STORE_UNAVAILABLE", "the series store cannot be reached now; nothing was changed",
        headers: [("Retry-After", "1")])
    case .refused(let error): self.init(error)
    case .damaged: self.init(500, "STORE_DAMAGED", "what the store holds cannot be read back")
    }
  }

  /// 422 for points or parameters that cannot be fitted.
  init(_ error: ThreeSigmaError) {
    var details = JSONObject()
    if let index = error.index { details["index"] = .integer(Int64(index)) }
    if case .invalidParameter(let name, _) = error { details["field"] = .string(name) }
    self.init(
      422, error.code, error.description, details: details.members.isEmpty ? nil : details)
  }
}

extension HTTPRequest {
  /// The whole number `name` of the query.
  func wholeNumber(_ name: String, in range: ClosedRange<Int>) throws(HTTPFailure) -> Int? {
    guard let text = queryValue(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .invalid(
        name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)",
        code: "INVALID_PARAMETER")
    }
    return number
  }
}
