public import Features
public import Files
public import JSON
public import Tabular

/// A model's files in a version folder: `model.json`, `model.safetensors` and `golden.json`.
extension ScoringModel {
  /// The file beside the model that holds the feature engine's histories at the end of the snapshot.
  public static let featureStateFile = "feature-state.safetensors"

  /// An engine that continues where the snapshot of the version in `folder` ended.
  ///
  /// - Throws: `FileError`, `SafetensorsError` or `FeatureError`.
  public func restoredEngine(from folder: String) throws -> FeatureEngine {
    var engine = FeatureEngine(features, rules: rules)
    try engine.restore(SafetensorsArchive(contentsOf: "\(folder)/\(Self.featureStateFile)"))
    return engine
  }

  /// Name and version of the format of `model.json`.
  public static let format = "anomalyze-model/1"

  /// The kinds of detectors that a model file may hold.
  static let kinds: [String: any AnomalyDetector.Type] = [
    IsolationForest.kind: IsolationForest.self, GaussianDetector.kind: GaussianDetector.self,
    EnsembleDetector.kind: EnsembleDetector.self,
  ]

  /// Writes the model with a few rows and their scores, against which every later load is checked.
  ///
  /// - Parameters:
  ///   - goldenRows: Rows of features without missing values, usually the first of the training set.
  ///   - notes: Further members of `model.json`, which reading the model ignores.
  public func write(
    to folder: borrowing StagedDirectory, goldenRows: Matrix<Double>, notes: JSONObject = [:]
  ) throws {
    let encoded = detector.encoded()
    var document: JSONObject = [
      "format": .string(Self.format),
      "kind": .string(type(of: detector).kind),
      "detector": .object(encoded.description),
      "features": features.json,
      "rules": rules.json,
      "threshold": .number(threshold),
      "calibration": calibration.json,
    ]
    for member in notes.members { document[member.key] = member.value }
    try folder.write(JSONValue.object(document).bytes(.indented), to: "model.json")
    let archive = SafetensorsArchive(
      metadata: ["format": Self.format], tensors: encoded.tensors)
    try folder.write(archive.encoded(), to: "model.safetensors")
    let scores = try detector.scores(of: goldenRows, threadCount: 1)
    let golden: JSONValue = [
      "features": .array(
        (0..<goldenRows.rowCount).map { row in
          .array(goldenRows.row(row).map { $0.isNaN ? .null : .number($0) })
        }),
      "scores": .array(scores.map { .number($0) }),
    ]
    try folder.write(golden.bytes(.indented), to: "golden.json")
  }

  /// Reads the model in `folder` and checks that it still gives the golden scores, bit for bit.
  ///
  /// - Throws: `FileError`, `SafetensorsError`, or `ModelError.malformed` naming the file.
  public init(loadingFrom folder: String) throws {
    let document = try Self.readJSON(folder + "/model.json")
    guard document["format"]?.stringValue == Self.format else {
      throw ModelError.malformed(reason: "model.json is not of the format \(Self.format)")
    }
    let rules = document["rules"] ?? []
    guard let kind = document["kind"]?.stringValue, let type = Self.kinds[kind] else {
      throw ModelError.malformed(reason: "model.json names no kind of detector that is known here")
    }
    guard let description = document["detector"]?.objectValue,
      let featureDocument = document["features"], let calibration = document["calibration"],
      let threshold = document["threshold"]?.doubleValue
    else {
      throw ModelError.malformed(
        reason: "model.json lacks one of detector, features, threshold, calibration")
    }
    let archive = try Self.readArchive(folder + "/model.safetensors")
    try self.init(
      detector: type.init(
        decoding: EncodedDetector(description: description, tensors: archive.tensors)),
      features: FeatureSpecification(featureDocument), rules: RuleSet(rules),
      threshold: threshold,
      calibration: ScoreCalibration(calibration))
    try checkGoldenScores(Self.readJSON(folder + "/golden.json"))
  }

  private func checkGoldenScores(_ golden: JSONValue) throws {
    let rows = golden["features"]?.arrayValue ?? []
    let scores = golden["scores"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    guard rows.count == scores.count else {
      throw ModelError.malformed(reason: "golden.json has not one score for each row")
    }
    for (index, (row, expected)) in zip(rows, scores).enumerated() {
      let values = row.arrayValue?.map { $0 == .null ? Double.nan : $0.doubleValue ?? .infinity }
      guard let values, try assess(values).score == expected else {
        throw ModelError.malformed(
          reason: "golden row \(index) does not get the score it had when the model was made")
      }
    }
  }

  private static func readArchive(_ path: String) throws -> SafetensorsArchive {
    do {
      return try SafetensorsArchive(contentsOf: path)
    } catch let error as SafetensorsError {
      throw ModelError.malformed(reason: "\(path): \(error)")
    }
  }

  private static func readJSON(_ path: String) throws -> JSONValue {
    let bytes = try FileSystem.read(path)
    do {
      return try JSONValue(parsing: bytes)
    } catch {
      throw ModelError.malformed(reason: "\(path): \(error)")
    }
  }
}
