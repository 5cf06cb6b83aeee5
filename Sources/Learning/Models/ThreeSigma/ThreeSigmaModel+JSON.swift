public import JSON
internal import Transactions

extension ThreeSigmaModel {
  /// The name of the kind in files.
  public static let kind = "three_sigma"
  /// The version of the form that `json` writes.
  public static let formatVersion: Int64 = 1

  /// The model as JSON: the derived numbers for people, and the exact state from which `init(_:)` makes the same model.
  ///
  /// Members: `kind`, `format_version`, `method`, `threshold`, `threshold_rule`, `sides`, `minimum_points`, `points`,
  /// `first_time`, `last_time` (RFC 3339), `mean`, `std`, `minimum`, `maximum`, `lower`, `upper`,
  /// `finite_sample_threshold` (or null), `moments`, `warnings`.
  public var json: JSONValue {
    let warnings = warnings.map { warning -> JSONValue in
      ["code": .string(warning.code), "message": .string(warning.message)]
    }
    return [
      "kind": .string(ThreeSigmaModel.kind),
      "format_version": .integer(ThreeSigmaModel.formatVersion),
      "method": .string(parameters.method.rawValue),
      "threshold": .number(parameters.threshold),
      "threshold_rule": .string(parameters.rule.rawValue),
      "sides": .string(parameters.sides.rawValue),
      "minimum_points": .integer(Int64(parameters.minimumPointCount)),
      "points": .integer(Int64(pointCount)),
      "first_time": .string(firstTime.description),
      "last_time": .string(lastTime.description),
      "mean": .number(mean),
      "std": .number(standardDeviation),
      "minimum": .number(minimum),
      "maximum": .number(maximum),
      "lower": .number(lowerBound),
      "upper": .number(upperBound),
      "finite_sample_threshold": finiteSampleThreshold.map { .number($0) } ?? .null,
      "moments": moments.json,
      "warnings": .array(warnings),
    ]
  }

  /// Restores a model; the derived numbers are computed again from the exact state.
  ///
  /// - Throws: `ModelError.malformed` when a member is missing, out of range or inconsistent.
  public init(_ json: JSONValue) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "3-sigma model: \(reason)") }
    guard json["kind"]?.stringValue == ThreeSigmaModel.kind else { throw fail("kind is another") }
    guard json["format_version"]?.integerValue == ThreeSigmaModel.formatVersion else {
      throw fail("format_version is not \(ThreeSigmaModel.formatVersion)")
    }
    let parameters = try ThreeSigmaParameters(storedIn: json)
    let moments = try ExactMoments(json["moments"] ?? .null)
    guard moments.count >= parameters.minimumPointCount else { throw fail("too few points") }
    guard json["points"]?.integerValue == Int64(moments.count) else {
      throw fail("points is not the count of the moments")
    }
    guard let first = json["first_time"]?.stringValue.flatMap({ Timestamp(parsing: $0) }),
      let last = json["last_time"]?.stringValue.flatMap({ Timestamp(parsing: $0) }), first < last
    else { throw fail("first_time and last_time are missing or not in order") }
    self.init(parameters: parameters, moments: moments, firstTime: first, lastTime: last)
    guard json["mean"]?.doubleValue == mean, json["std"]?.doubleValue == standardDeviation,
      json["lower"]?.doubleValue == lowerBound, json["upper"]?.doubleValue == upperBound
    else { throw fail("mean, std, lower or upper is not what the moments give") }
  }
}

extension ThreeSigmaParameters {
  /// Reads the parameters among the members of a stored model.
  init(storedIn json: JSONValue) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "3-sigma model: \(reason)") }
    guard let threshold = json["threshold"]?.doubleValue,
      let method = json["method"]?.stringValue.flatMap({ ThreeSigmaMethod(rawValue: $0) }),
      let sides = json["sides"]?.stringValue.flatMap({ AnomalySides(rawValue: $0) }),
      let rule = json["threshold_rule"]?.stringValue.flatMap({ ThresholdRule(rawValue: $0) }),
      let minimum = json["minimum_points"]?.integerValue
    else { throw fail("threshold, method, sides, threshold_rule or minimum_points is missing") }
    do {
      try self.init(
        threshold: threshold, method: method, sides: sides, rule: rule,
        minimumPointCount: Int(minimum))
    } catch {
      throw fail("\(error)")
    }
  }
}
