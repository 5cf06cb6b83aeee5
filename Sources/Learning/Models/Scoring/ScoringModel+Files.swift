public import Features
public import Files
public import JSON
public import Tabular

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

  /// Writes the model with a few rows and their scores, against which every later load is checked.
  ///
  /// - Parameters:
  ///   - folder: Receives the files.
  ///   - goldenRows: Rows of features without missing values, usually the first of the training set.
  ///   - notes: Further members of `model.json`, which reading the model ignores.
  public func write(
    to folder: borrowing StagedDirectory, goldenRows: Matrix<Double>, notes: JSONObject = [:]
  ) throws {
    var members: JSONObject = [
      "features": features.json, "rules": rules.json, "threshold": .number(threshold),
      "calibration": calibration.json,
    ]
    for note in notes.members { members[note.key] = note.value }
    try ModelFiles.write(
      detector, format: ModelFiles.scoringFormat, members: members, goldenRows: goldenRows,
      to: folder)
  }

  /// Reads the model in `folder`: its checksums must be right and it must give the golden scores, bit for bit.
  ///
  /// - Throws: `FileError`, `FeatureError`, or `ModelError.malformed` naming the file.
  public init(loadingFrom folder: String) throws {
    let files = try ModelFiles(in: folder)
    guard let features = files.document["features"],
      let calibration = files.document["calibration"]
    else {
      throw ModelError.malformed(
        reason: "\(folder)/model.json has no features and no calibration: it is not a model over "
          + "transactions")
    }
    let trained = try files.trainedDetector()
    try self.init(
      detector: trained.detector, features: FeatureSpecification(features),
      rules: RuleSet(files.document["rules"] ?? []), threshold: trained.threshold,
      calibration: ScoreCalibration(calibration))
  }
}
