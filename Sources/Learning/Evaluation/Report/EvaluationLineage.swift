public import JSON
public import Transactions

/// Where the evaluated detectors and rows come from, so that somebody else can make the same report again.
public struct EvaluationLineage: Equatable, Sendable {
  /// Digest of the snapshot that trained and judged.
  public var snapshotDigest: String?
  /// Where the snapshot was pulled from, without a password.
  public var source: String?
  /// Names of the features, in order.
  public var features: [String]
  /// The periods of training and test.
  public var split: TimeSplit?
  /// How many rows trained.
  public var trainingRowCount: Int?
  /// How many test rows were left out because their entity was known to be compromised.
  public var excludedRowCount: Int?
  /// Parameters, one object a detector.
  public var parameters: [(detector: String, values: JSONObject)]
  /// Version of the code.
  public var codeVersion: String?
  /// The commands that make this report again.
  public var commands: [String]
  /// When the report was made; `nil` leaves the moment out, so that equal evaluations give equal bytes.
  public var evaluatedAt: Timestamp?

  /// Describes an origin; what is not known is left out of the report.
  public init(
    snapshotDigest: String? = nil, source: String? = nil, features: [String] = [],
    split: TimeSplit? = nil, trainingRowCount: Int? = nil, excludedRowCount: Int? = nil,
    parameters: [(detector: String, values: JSONObject)] = [], codeVersion: String? = nil,
    commands: [String] = [], evaluatedAt: Timestamp? = nil
  ) {
    self.snapshotDigest = snapshotDigest
    self.source = source
    self.features = features
    self.split = split
    self.trainingRowCount = trainingRowCount
    self.excludedRowCount = excludedRowCount
    self.parameters = parameters
    self.codeVersion = codeVersion
    self.commands = commands
    self.evaluatedAt = evaluatedAt
  }

  public static func == (left: EvaluationLineage, right: EvaluationLineage) -> Bool {
    left.json == right.json
  }

  /// The origin as it stands in `metrics.json`.
  public var json: JSONObject {
    var object = JSONObject()
    object["snapshot"] = snapshotDigest.map { .string($0) }
    object["source"] = source.map { .string($0) }
    object["features"] = features.isEmpty ? nil : .array(features.map { .string($0) })
    if let split {
      var periods: JSONObject = [
        "training": EvaluationLineage.json(split.training), "delay": .string("\(split.delay)"),
      ]
      periods["validation"] = split.validation.map(EvaluationLineage.json)
      periods["test"] = EvaluationLineage.json(split.test)
      object["split"] = .object(periods)
    }
    object["training_rows"] = trainingRowCount.map { .integer(Int64($0)) }
    object["excluded_rows"] = excludedRowCount.map { .integer(Int64($0)) }
    if !parameters.isEmpty {
      object["parameters"] = .object(
        JSONObject(parameters.map { (key: $0.detector, value: .object($0.values)) }))
    }
    object["code_version"] = codeVersion.map { .string($0) }
    object["commands"] = commands.isEmpty ? nil : .array(commands.map { .string($0) })
    object["evaluated_at"] = evaluatedAt.map { .string($0.description) }
    return object
  }

  private static func json(_ range: Range<Timestamp>) -> JSONValue {
    [
      "from": .string(range.lowerBound.description), "until": .string(range.upperBound.description),
    ]
  }
}
