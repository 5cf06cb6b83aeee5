public import JSON

/// The settings of a `GaussianDetector`; only valid ones exist.
public struct GaussianParameters: Equatable, Sendable {
  /// How far the covariance is drawn towards uncorrelated features of equal variance.
  public enum Shrinkage: Equatable, Sendable {
    /// By the share that Ledoit & Wolf (2004) estimate from the data.
    case ledoitWolf
    /// By this share, 0 ... 1; 0 leaves the covariance as it is.
    case fixed(Double)
  }

  /// The shrinkage; Ledoit–Wolf by default, because it needs no tuning and keeps the covariance invertible.
  public let shrinkage: Shrinkage
  /// Whether features are divided by their standard deviations before shrinking, so that units do not matter.
  ///
  /// `false` gives scikit-learn's `LedoitWolf` and `ShrunkCovariance`, which shrink in the units of the data.
  public let standardizes: Bool

  /// Checks and joins the settings.
  ///
  /// - Throws: `TrainingError.invalidParameter` for a share outside 0 ... 1.
  public init(
    shrinkage: Shrinkage = .ledoitWolf, standardizes: Bool = true
  ) throws(TrainingError) {
    if case .fixed(let share) = shrinkage, !(0...1).contains(share) {
      throw .invalidParameter(name: "shrinkage", given: "\(share)", allowed: "0 ... 1")
    }
    self.shrinkage = shrinkage
    self.standardizes = standardizes
  }

  static let names = ["shrinkage", "standardize"]

  /// Reads the settings from an object: `shrinkage` (`"ledoit_wolf"` or a share) and `standardize` (a boolean).
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
    let shrinkage: Shrinkage
    switch object["shrinkage"] {
    case nil, .string("ledoit_wolf")?: shrinkage = .ledoitWolf
    case .number(let share)?: shrinkage = .fixed(share)
    case .integer(let share)?: shrinkage = .fixed(Double(share))
    case let other?:
      throw .invalidParameter(
        name: "shrinkage", given: other.kindName, allowed: "\"ledoit_wolf\" or a share in 0 ... 1")
    }
    let standardizes: Bool
    switch object["standardize"] {
    case nil: standardizes = true
    case .bool(let flag)?: standardizes = flag
    case let other?:
      throw .invalidParameter(
        name: "standardize", given: other.kindName, allowed: "true or false")
    }
    try self.init(shrinkage: shrinkage, standardizes: standardizes)
  }

  /// The settings as `init(_:)` reads them, every one spelled out.
  public var json: JSONValue {
    let share: JSONValue =
      switch shrinkage {
      case .ledoitWolf: "ledoit_wolf"
      case .fixed(let share): .number(share)
      }
    return ["shrinkage": share, "standardize": .bool(standardizes)]
  }
}
