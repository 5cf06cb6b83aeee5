public import JSON
public import Models
public import Tabular
public import Training

/// A kind of detector with its parameters, as the configuration names them.
public enum DetectorConfiguration: Equatable, Sendable {
  case isolationForest(IsolationForestParameters)
  /// With the preset that the training rows choose.
  case isolationForestChoice(PresetChoice)
  /// With the share of training rows that the threshold puts above it.
  case gaussian(GaussianParameters, contamination: Double)

  /// With the share of training rows that the threshold puts above it.
  case ensemble(EnsembleParameters, contamination: Double)

  /// A parameter of a detector that cannot be used.
  public struct Failure: Error {
    /// The key below the detector.
    public let key: String
    /// What is wrong with it.
    public let reason: String
  }

  /// One row in a hundred: what a fraud team can look at, and far above the share of fraud.
  static let defaultContamination = 0.01

  /// Reads `kind` and the parameters of that kind.
  ///
  /// - Throws: `Failure` naming the key.
  public init(_ json: JSONValue) throws(Failure) {
    guard var object = json.objectValue, let kind = object["kind"]?.stringValue else {
      throw Failure(key: "kind", reason: "expected isolation_forest, gaussian or ensemble")
    }
    object["kind"] = nil
    do throws(TrainingError) {
      switch kind {
      case IsolationForest.kind where object["preset"] == "auto":
        object["preset"] = nil
        self = .isolationForestChoice(try PresetChoice(settings: object))
      case IsolationForest.kind:
        self = .isolationForest(try IsolationForestParameters(.object(object)))
      case GaussianDetector.kind:
        let share = try Self.contamination(takenFrom: &object)
        self = .gaussian(try GaussianParameters(.object(object)), contamination: share)
      case EnsembleDetector.kind:
        let share = try Self.contamination(takenFrom: &object)
        self = .ensemble(try EnsembleParameters(.object(object)), contamination: share)
      default:
        throw TrainingError.invalidParameter(
          name: "kind", given: kind,
          allowed: "\(IsolationForest.kind), \(GaussianDetector.kind), \(EnsembleDetector.kind)")
      }
    } catch {
      switch error {
      case .invalidParameter(let name, _, _), .unknownParameter(let name, _):
        throw Failure(key: name, reason: error.description)
      default: throw Failure(key: "kind", reason: error.description)
      }
    }
  }

  private static func contamination(
    takenFrom object: inout JSONObject
  ) throws(TrainingError) -> Double {
    let contamination = object["contamination"] ?? .number(defaultContamination)
    object["contamination"] = nil
    guard let share = contamination.doubleValue, share > 0, share <= 0.5 else {
      throw .invalidParameter(
        name: "contamination", given: contamination.text(), allowed: "a share above 0 and up to 0.5"
      )
    }
    return share
  }

  /// Name of the kind.
  public var kind: String {
    switch self {
    case .isolationForest, .isolationForestChoice: IsolationForest.kind
    case .gaussian: GaussianDetector.kind
    case .ensemble: EnsembleDetector.kind
    }
  }

  /// Every parameter spelled out, with the kind first.
  public var json: JSONValue {
    var object: JSONObject = ["kind": .string(kind)]
    let parameters: JSONValue
    switch self {
    case .isolationForest(let own): parameters = own.json
    case .isolationForestChoice(let choice):
      object["preset"] = "auto"
      parameters = .object(choice.settings)
    case .gaussian(let own, let contamination):
      object["contamination"] = .number(contamination)
      parameters = own.json
    case .ensemble(let own, let contamination):
      object["contamination"] = .number(contamination)
      parameters = own.json
    }
    for member in parameters.objectValue?.members ?? [] { object[member.key] = member.value }
    return .object(object)
  }

  /// The same detector where the columns `names` are categories as well.
  ///
  /// - Throws: `TrainingError.invalidParameter` for a kind that takes numbers alone.
  public func knowing(categorical names: [String]) throws(TrainingError) -> DetectorConfiguration {
    if names.isEmpty { return self }
    switch self {
    case .isolationForest(let parameters):
      return .isolationForest(parameters.addingCategoricalFeatures(names))
    case .isolationForestChoice(let choice):
      var settings = choice.settings
      let own = settings["categorical_features"]?.arrayValue ?? []
      settings["categorical_features"] = .array(own + names.map { .string($0) })
      return .isolationForestChoice(try PresetChoice(settings: settings))
    case .gaussian, .ensemble:
      throw .invalidParameter(
        name: "kind", given: "\(kind) with the categories \(names.joined(separator: ", "))",
        allowed:
          "\(IsolationForest.kind); the others take numbers alone, so give their model features of its own"
      )
    }
  }

  /// The columns that the detector itself declares categorical.
  public var categoricalFeatures: [String] {
    switch self {
    case .isolationForest(let parameters): parameters.categoricalFeatures
    case .isolationForestChoice(let choice):
      (choice.settings["categorical_features"]?.arrayValue ?? []).compactMap(\.stringValue)
    case .gaussian, .ensemble: []
    }
  }

  /// Fits the detector; the result does not depend on `threadCount`.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`, the training rows.
  ///   - featureNames: Names of the columns, in their order.
  ///   - rowKeys: A key of each row that does not depend on its place, from which samples are drawn.
  ///   - labels: Whether each row is known to be an anomaly when training takes place; an ensemble whose weights are fitted and a
  ///     choice of presets read them.
  ///   - threadCount: How many threads work; no result depends on it.
  public func fit(
    _ matrix: Matrix<Double>, featureNames: [String], rowKeys: [UInt64], labels: [Bool],
    threadCount: Int
  ) throws(TrainingError) -> (
    detector: any AnomalyDetector, threshold: Double, presets: PresetComparison?
  ) {
    switch self {
    case .isolationForest(let parameters):
      let forest = try IsolationForestLearner(parameters: parameters).fit(
        matrix, featureNames: featureNames, rowKeys: rowKeys, threadCount: threadCount)
      return (forest, forest.threshold, nil)
    case .isolationForestChoice(let choice):
      let comparison = try choice.compare(
        on: matrix, featureNames: featureNames, rowKeys: rowKeys, labels: labels,
        threadCount: threadCount)
      let forest = try IsolationForestLearner(parameters: comparison.best.parameters).fit(
        matrix, featureNames: featureNames, rowKeys: rowKeys, threadCount: threadCount)
      return (forest, forest.threshold, comparison)
    case .gaussian(let parameters, let contamination):
      let gaussian = try GaussianLearner(parameters: parameters).fit(
        matrix, featureNames: featureNames, threadCount: threadCount)
      let scores = try scores(of: matrix, by: gaussian, threadCount: threadCount)
      return (
        gaussian, ScoreCalibration.quantile(ofSorted: scores.sorted(), at: 1 - contamination),
        nil
      )
    case .ensemble(let parameters, let contamination):
      let ensemble = try EnsembleLearner(parameters: parameters).fit(
        matrix, featureNames: featureNames, rowKeys: rowKeys, labels: labels,
        threadCount: threadCount)
      let scores = try scores(of: matrix, by: ensemble, threadCount: threadCount)
      return (
        ensemble, ScoreCalibration.quantile(ofSorted: scores.sorted(), at: 1 - contamination),
        nil
      )
    }
  }

  private func scores(
    of matrix: Matrix<Double>, by detector: some AnomalyDetector, threadCount: Int
  ) throws(TrainingError) -> [Double] {
    do throws(ModelError) {
      return try detector.scores(of: matrix, threadCount: threadCount)
    } catch {
      throw .model(error)
    }
  }
}
