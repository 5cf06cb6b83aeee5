public import JSON

extension GaussianParameters {
  private static let names = [
    "shrinkage", "standardize", "estimator", "support_fraction", "random_state",
    "explained_variance",
  ]

  /// Reads the settings from an object.
  ///
  /// `shrinkage`: `"ledoit_wolf"` (default) or a share. `standardize`: a boolean (default true). `estimator`: `"moments"`
  /// (default) or `"mcd"`, with `support_fraction` (default 0.75) and `random_state` (default 0). `explained_variance`: a
  /// share; with it the score is the residual of the principal components that explain it.
  ///
  /// - Throws: `TrainingError.unknownParameter` and `TrainingError.invalidParameter`.
  public init(_ json: JSONValue) throws(TrainingError) {
    guard let object = json.objectValue else {
      throw .invalidParameter(
        name: "gaussian", given: json.kindName, allowed: "an object of parameters")
    }
    for key in object.keys where !GaussianParameters.names.contains(key) {
      throw .unknownParameter(name: key, known: GaussianParameters.names)
    }
    func share(_ key: String, default usual: Double) throws(TrainingError) -> Double {
      guard let member = object[key] else { return usual }
      guard let value = member.doubleValue else {
        throw .invalidParameter(name: key, given: member.kindName, allowed: "a share")
      }
      return value
    }
    let shrinkage: Shrinkage =
      switch object["shrinkage"] {
      case nil, .string("ledoit_wolf")?: .ledoitWolf
      case .number?, .integer?: .fixed(try share("shrinkage", default: 0))
      case let other?:
        throw .invalidParameter(
          name: "shrinkage", given: other.kindName,
          allowed: "\"ledoit_wolf\" or a share in 0 ... 1")
      }
    let standardizes: Bool
    switch object["standardize"] {
    case nil: standardizes = true
    case .bool(let flag)?: standardizes = flag
    case let other?:
      throw .invalidParameter(
        name: "standardize", given: other.kindName, allowed: "true or false")
    }
    let estimator: Estimator
    switch object["estimator"] ?? "moments" {
    case "moments":
      for key in ["support_fraction", "random_state"] where object[key] != nil {
        throw .invalidParameter(
          name: key, given: "a value", allowed: "only with the estimator \"mcd\"")
      }
      estimator = .moments
    case "mcd":
      guard let seed = (object["random_state"] ?? 0).integerValue, seed >= 0 else {
        throw .invalidParameter(
          name: "random_state", given: "no such number", allowed: "a whole number from 0")
      }
      estimator = .minimumCovarianceDeterminant(
        supportFraction: try share("support_fraction", default: 0.75), seed: UInt64(seed))
    case let other:
      throw .invalidParameter(
        name: "estimator", given: other.text(), allowed: "\"moments\" or \"mcd\"")
    }
    let measure: Measure =
      object["explained_variance"] == nil
      ? .distance : .residual(explainedShare: try share("explained_variance", default: 0))
    try self.init(
      shrinkage: shrinkage, standardizes: standardizes, estimator: estimator, measure: measure)
  }

  /// The settings as `init(_:)` reads them, every one spelled out that applies.
  public var json: JSONValue {
    var object: JSONObject = [:]
    object["shrinkage"] =
      switch shrinkage {
      case .ledoitWolf: "ledoit_wolf"
      case .fixed(let share): .number(share)
      }
    object["standardize"] = .bool(standardizes)
    switch estimator {
    case .moments: object["estimator"] = "moments"
    case .minimumCovarianceDeterminant(let share, let seed):
      object["estimator"] = "mcd"
      object["support_fraction"] = .number(share)
      object["random_state"] = .integer(Int64(seed))
    }
    if case .residual(let share) = measure { object["explained_variance"] = .number(share) }
    return .object(object)
  }
}
