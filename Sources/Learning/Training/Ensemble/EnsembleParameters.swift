public import JSON
public import Models

/// The settings of an `EnsembleDetector`: its members, their weights, and how their evidence is combined.
public struct EnsembleParameters: Equatable, Sendable {
  /// What a member is made of.
  public enum Source: Equatable, Sendable {
    /// An Isolation Forest.
    case isolationForest(IsolationForestParameters)
    /// A Gaussian detector.
    case gaussian(GaussianParameters)
    /// The value of a feature.
    case feature(String)
  }

  /// One member to be fitted.
  public struct Member: Equatable, Sendable {
    /// What it is made of.
    public let source: Source
    /// The features it sees; all when `nil`.
    public let features: [String]?
    /// How much its evidence counts; positive.
    public let weight: Double

    /// Describes a member.
    public init(_ source: Source, features: [String]? = nil, weight: Double = 1) {
      self.source = source
      self.features = features
      self.weight = weight
    }
  }

  /// The members.
  public let members: [Member]
  /// How evidence becomes one score.
  public let combination: EnsembleDetector.Combination

  /// Checks and joins the settings.
  ///
  /// - Throws: `TrainingError.invalidParameter` without members, for a weight that is not positive, and for any weight
  ///   where weights are fitted.
  public init(
    members: [Member], combination: EnsembleDetector.Combination = .mean
  ) throws(TrainingError) {
    guard !members.isEmpty else {
      throw .invalidParameter(name: "members", given: "an empty list", allowed: "at least one")
    }
    for member in members where combination == .fitted && member.weight != 1 {
      throw .invalidParameter(
        name: "weight", given: "\(member.weight)",
        allowed: "none with the combination fitted, which learns the weights from labels")
    }
    for member in members where !(member.weight > 0 && member.weight <= 1e6) {
      throw .invalidParameter(
        name: "weight", given: "\(member.weight)", allowed: "greater than 0, at most 1000000")
    }
    self.members = members
    self.combination = combination
  }

  private static let names = ["members", "combination"]
  private static let memberNames = ["kind", "feature", "features", "weight", "parameters"]

  /// Reads the settings from an object.
  ///
  /// `combination`: `"mean"` (default), `"maximum"` or `"fitted"`. `members`: a list of objects with `kind` (`isolation_forest`,
  /// `gaussian` or `feature`), `weight` (default 1), `features` (a list of names, default all), `parameters` (those of the
  /// kind) and, for the kind `feature`, its name as `feature`. The default members are a forest and a Gaussian.
  ///
  /// - Throws: `TrainingError.unknownParameter` and `TrainingError.invalidParameter`.
  public init(_ json: JSONValue) throws(TrainingError) {
    guard let object = json.objectValue else {
      throw .invalidParameter(
        name: "ensemble", given: json.kindName, allowed: "an object of parameters")
    }
    for key in object.keys where !EnsembleParameters.names.contains(key) {
      throw .unknownParameter(name: key, known: EnsembleParameters.names)
    }
    let word = object["combination"] ?? "mean"
    guard
      let combination = word.stringValue.flatMap({ EnsembleDetector.Combination(rawValue: $0) })
    else {
      throw .invalidParameter(
        name: "combination", given: word.kindName, allowed: "\"mean\", \"maximum\" or \"fitted\"")
    }
    let list = object["members"] ?? [["kind": "isolation_forest"], ["kind": "gaussian"]]
    guard let items = list.arrayValue else {
      throw .invalidParameter(name: "members", given: list.kindName, allowed: "a list")
    }
    try self.init(
      members: items.map { (item) throws(TrainingError) in try EnsembleParameters.member(item) },
      combination: combination)
  }

  private static func member(_ json: JSONValue) throws(TrainingError) -> Member {
    for key in json.objectValue?.keys ?? [] where !memberNames.contains(key) {
      throw .unknownParameter(name: key, known: memberNames)
    }
    let parameters = json["parameters"] ?? [:]
    let source: Source
    switch json["kind"]?.stringValue {
    case IsolationForest.kind: source = .isolationForest(try IsolationForestParameters(parameters))
    case GaussianDetector.kind: source = .gaussian(try GaussianParameters(parameters))
    case "feature":
      guard let name = json["feature"]?.stringValue else {
        throw .invalidParameter(name: "feature", given: "nothing", allowed: "the name of a feature")
      }
      source = .feature(name)
    default:
      throw .invalidParameter(
        name: "kind", given: json["kind"]?.kindName ?? "nothing",
        allowed: "\(IsolationForest.kind), \(GaussianDetector.kind), feature")
    }
    guard let weight = (json["weight"] ?? 1).doubleValue else {
      throw .invalidParameter(name: "weight", given: "not a number", allowed: "a positive number")
    }
    guard let features = json["features"] else { return Member(source, weight: weight) }
    let names = (features.arrayValue ?? []).compactMap(\.stringValue)
    guard !names.isEmpty, names.count == features.arrayValue?.count else {
      throw .invalidParameter(
        name: "features", given: features.kindName, allowed: "a list of names")
    }
    return Member(source, features: names, weight: weight)
  }
}

extension EnsembleParameters {
  /// The settings as `init(_:)` reads them, every one spelled out.
  public var json: JSONValue {
    let list = members.map { member -> JSONValue in
      var object: JSONObject
      switch member.source {
      case .isolationForest(let parameters):
        object = ["kind": .string(IsolationForest.kind), "parameters": parameters.json]
      case .gaussian(let parameters):
        object = ["kind": .string(GaussianDetector.kind), "parameters": parameters.json]
      case .feature(let name): object = ["kind": "feature", "feature": .string(name)]
      }
      object["weight"] = .number(member.weight)
      if let features = member.features {
        object["features"] = .array(features.map { .string($0) })
      }
      return .object(object)
    }
    return ["combination": .string(combination.rawValue), "members": .array(list)]
  }
}
