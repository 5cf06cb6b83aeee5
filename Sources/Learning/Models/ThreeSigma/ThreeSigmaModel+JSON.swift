public import JSON
internal import Transactions

extension ThreeSigmaModel {
  /// The name of the kind in files.
  public static let kind = "three_sigma"
  /// The latest version of the form; `json` writes it for models that have a named time zone or forget, and 1 for others.
  public static let formatVersion: Int64 = 2

  /// The model as JSON: the derived numbers for people, and the exact state from which `init(_:)` makes the same model.
  ///
  /// Members: `kind`, `format_version`, `method` (as asked), `threshold`, `threshold_rule`, `sides`, `minimum_points`,
  /// `half_life_seconds` (or null), `utc_offset_seconds`, `method_used`, `method_trials` (method and error, of `auto`),
  /// `points`, `first_time`, `last_time` (RFC 3339), `time_range_microseconds` (the same, exact), `mean`, `std`, `minimum`, `maximum`, `lower`, `upper` (the band at
  /// `last_time`), `finite_sample_threshold` (or null), `moments`, `profile`, `warnings`; in version 2 also `time_zone` and `memory` (or
  /// null).
  public var json: JSONValue {
    let warnings = warnings.map { warning -> JSONValue in
      ["code": .string(warning.code), "message": .string(warning.message)]
    }
    let trials = trials.map { trial -> JSONValue in
      ["method": .string(trial.method.rawValue), "error": .number(trial.error)]
    }
    let isPlain = recollection == .everything && parameters.zone.name == nil
    var object: JSONObject = [
      "kind": .string(ThreeSigmaModel.kind),
      "format_version": .integer(isPlain ? 1 : ThreeSigmaModel.formatVersion),
      "method": .string(parameters.method.rawValue),
      "threshold": .number(parameters.threshold),
      "threshold_rule": .string(parameters.rule.rawValue),
      "sides": .string(parameters.sides.rawValue),
      "minimum_points": .integer(Int64(parameters.minimumPointCount)),
      "half_life_seconds": parameters.halfLife.map { .number($0.seconds) } ?? .null,
      "utc_offset_seconds": .number(parameters.zone.fixedOffset?.seconds ?? 0),
      "method_used": .string(method.rawValue),
      "method_trials": .array(trials),
      "points": .integer(Int64(pointCount)),
      "first_time": .string(firstTime.description),
      "last_time": .string(lastTime.description),
      "time_range_microseconds": [
        .integer(firstTime.microseconds), .integer(lastTime.microseconds),
      ],
      "mean": .number(mean),
      "std": .number(standardDeviation),
      "minimum": .number(minimum),
      "maximum": .number(maximum),
      "lower": .number(lowerBound),
      "upper": .number(upperBound),
      "finite_sample_threshold": finiteSampleThreshold.map { .number($0) } ?? .null,
      "moments": moments.json,
      "profile": profile.json,
      "warnings": .array(warnings),
    ]
    if !isPlain {
      object["time_zone"] = parameters.zone.json
      object["memory"] = recollection.json
    }
    return .object(object)
  }

  /// Restores a model; the derived numbers are computed again from the exact state.
  ///
  /// - Throws: `ModelError.malformed` when a member is missing, out of range or inconsistent.
  public init(_ json: JSONValue) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "3-sigma model: \(reason)") }
    guard json["kind"]?.stringValue == ThreeSigmaModel.kind else { throw fail("kind is another") }
    let isPlain = json["format_version"]?.integerValue == 1
    guard isPlain || json["format_version"]?.integerValue == ThreeSigmaModel.formatVersion else {
      throw fail("format_version is not 1 or \(ThreeSigmaModel.formatVersion)")
    }
    let (memory, recollection) = try SeriesRecollection.restored(
      isPlain ? .null : json["memory"] ?? .null)
    let parameters = try ThreeSigmaParameters(
      storedIn: json, zone: isPlain ? .null : json["time_zone"] ?? .null, memory: memory)
    guard let method = json["method_used"]?.stringValue.flatMap({ ThreeSigmaMethod(rawValue: $0) }),
      method != .auto, parameters.method == .auto || parameters.method == method
    else { throw fail("method_used is missing or does not fit method") }
    let moments = try ExactMoments(json["moments"] ?? .null)
    guard moments.count >= parameters.minimumPointCount else { throw fail("too few points") }
    guard json["points"]?.integerValue == Int64(moments.count) else {
      throw fail("points is not the count of the moments")
    }
    let range = (json["time_range_microseconds"]?.arrayValue ?? []).compactMap(\.integerValue)
    guard range.count == 2, range[0] < range[1] else {
      throw fail("time_range_microseconds is not two times in order")
    }
    let (first, last) = (Timestamp(microseconds: range[0]), Timestamp(microseconds: range[1]))
    let profile = try SeriesProfile(json["profile"] ?? .null, zone: parameters.zone)
    if case .window(let window) = recollection, window.moments != moments {
      throw fail("moments are not those of the window")
    }
    self.init(
      parameters: parameters, method: method, trials: try MethodTrial.list(json["method_trials"]),
      moments: moments, firstTime: first, lastTime: last, profile: profile,
      recollection: recollection)
    let fits =
      switch (method, profile) {
      case (.sigma, .level(mean, standardDeviation)), (.robust, .level), (.ewma, .exponential),
        (.seasonal, .seasonal):
        true
      default: false
      }
    guard fits else { throw fail("profile is not one of method_used") }
    guard json["mean"]?.doubleValue == mean, json["std"]?.doubleValue == standardDeviation,
      json["lower"]?.doubleValue == lowerBound, json["upper"]?.doubleValue == upperBound
    else { throw fail("mean, std, lower or upper is not what the state gives") }
  }
}

extension MethodTrial {
  static func list(_ json: JSONValue?) throws(ModelError) -> [MethodTrial] {
    guard let items = json?.arrayValue else {
      throw .malformed(reason: "3-sigma model: method_trials is not a list")
    }
    return try items.map { (item) throws(ModelError) in
      guard let method = item["method"]?.stringValue.flatMap({ ThreeSigmaMethod(rawValue: $0) }),
        let error = item["error"]?.doubleValue, error >= 0, error.isFinite
      else { throw .malformed(reason: "3-sigma model: a trial has no method or error") }
      return MethodTrial(method: method, error: error)
    }
  }
}

extension ThreeSigmaParameters {
  /// Reads the parameters among the members of a stored model.
  init(storedIn json: JSONValue, zone: JSONValue, memory: SeriesMemory) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "3-sigma model: \(reason)") }
    guard let threshold = json["threshold"]?.doubleValue,
      let method = json["method"]?.stringValue.flatMap({ ThreeSigmaMethod(rawValue: $0) }),
      let sides = json["sides"]?.stringValue.flatMap({ AnomalySides(rawValue: $0) }),
      let rule = json["threshold_rule"]?.stringValue.flatMap({ ThresholdRule(rawValue: $0) }),
      let minimum = json["minimum_points"]?.integerValue,
      let offset = json["utc_offset_seconds"]?.doubleValue.flatMap({ TimeSpan(storedSeconds: $0) })
    else { throw fail("threshold, method, sides, rule, minimum_points or offset is missing") }
    let halfLife: TimeSpan?
    switch json["half_life_seconds"] {
    case .null?: halfLife = nil
    case let value?:
      guard let span = value.doubleValue.flatMap({ TimeSpan(storedSeconds: $0) }) else {
        throw fail("half_life_seconds is not a length of time")
      }
      halfLife = span
    case nil: throw fail("half_life_seconds is missing")
    }
    let zone = try CalendarZone(zone, offset: offset)
    do {
      try self.init(
        threshold: threshold, method: method, sides: sides, rule: rule,
        minimumPointCount: Int(minimum), halfLife: halfLife, zone: zone, memory: memory)
    } catch {
      throw fail("\(error)")
    }
  }
}

extension TimeSpan {
  /// A span from its stored seconds; `nil` past the range.
  init?(storedSeconds seconds: Double) {
    guard let microseconds = Int64(exactly: (seconds * 1e6).rounded()) else { return nil }
    self.init(microseconds: microseconds)
  }
}
