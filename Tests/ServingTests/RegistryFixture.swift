import Features
import Files
import HTTPTestKit
import JSON
import Models
import Registry
import Tabular
import Training
import Transactions

/// A registry with really trained models in a folder of its own.
struct RegistryFixture {
  let root: String
  static let moment = Timestamp(seconds: 1_700_000_000)

  init(root: String) { self.root = root }

  static func specification() throws -> FeatureSpecification {
    try FeatureSpecification([
      "amount", "weekend", "night", ["kind": "count", "entity": "user", "windows": ["1d"]],
    ])
  }

  /// Trains a small forest; another seed gives another model.
  static func model(seed: UInt64, threshold: Double = 0.6) throws -> (ScoringModel, Matrix<Double>)
  {
    let specification = try specification()
    var generator = SeededGenerator(seed: 5)
    let matrix = Matrix<Double>(
      rows: (0..<300).map { _ in
        [20 + 5 * generator.normal(), 0, 0, 1 + (generator.normal() > 1 ? 1 : 0)]
      })
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(treeCount: 20, seed: seed)
    ).fit(matrix, featureNames: specification.names)
    let model = try ScoringModel(
      detector: forest, features: specification, threshold: threshold,
      calibration: ScoreCalibration(trainingScores: forest.scores(of: matrix, threadCount: 1)))
    return (model, matrix)
  }

  /// Trains a forest and the amount itself to judge together.
  static func ensemble() throws -> (ScoringModel, Matrix<Double>) {
    let (single, matrix) = try model(seed: 1)
    let detector = try EnsembleLearner(
      parameters: EnsembleParameters([
        "combination": "mean",
        "members": [
          ["kind": "isolation_forest", "parameters": ["n_estimators": 20]],
          ["kind": "feature", "feature": "amount"],
        ],
      ])
    ).fit(matrix, featureNames: single.features.names, threadCount: 1)
    let model = try ScoringModel(
      detector: detector, features: single.features, threshold: 2,
      calibration: ScoreCalibration(trainingScores: detector.scores(of: matrix, threadCount: 1)))
    return (model, matrix)
  }

  /// Registers a model, else a forest of `seed`; the number of its version.
  @discardableResult func register(
    _ name: String = "fraud", seed: UInt64 = 1, alias: String? = nil, state: FeatureEngine? = nil,
    model given: (ScoringModel, Matrix<Double>)? = nil
  ) throws -> Int {
    let (model, matrix) = try given ?? RegistryFixture.model(seed: seed)
    let registry = try Registry(root: root)
    let registration = try registry.register(
      name: name, by: "tests", at: RegistryFixture.moment
    ) { folder in
      try model.write(to: folder, goldenRows: matrix.selecting(rows: 0..<4))
      let engine = state ?? FeatureEngine(model.features, rules: model.rules)
      try folder.write(engine.encodedState().encoded(), to: ScoringModel.featureStateFile)
    }
    if let alias { try move(alias, of: name, to: registration.version) }
    return registration.version
  }

  /// Moves an alias.
  func move(_ alias: String, of name: String = "fraud", to version: Int) throws {
    let registry = try Registry(root: root)
    try registry.setAlias(
      alias, of: name, to: version, by: "tests", at: RegistryFixture.moment)
  }

  /// Moves the champion's link past the registry, as a damaged registry would have it.
  func link(_ alias: String, to version: Int) throws {
    try linkRaw(alias, target: "../\(version)")
  }

  /// Lets an alias lead anywhere.
  func linkRaw(_ alias: String, target: String) throws {
    try FileSystem.replaceSymbolicLink(
      at: RegistryLayout(root: root).aliasLink("fraud", alias), target: target)
  }

  /// Changes one byte of a registered file.
  func damage(_ file: String, of name: String = "fraud", version: Int) throws {
    let path = RegistryLayout(root: root).versionFolder(name, version)
    var bytes = try FileSystem.read("\(path)/\(file)")
    bytes[bytes.count / 2] ^= 1
    makeWritable(path)
    try FileSystem.writeAtomically(bytes, to: "\(path)/\(file)")
  }
}

/// A transaction in the event schema.
func event(
  _ id: String = "tx_555", amount: JSONValue = 4500.50, time: JSONValue = "2025-12-20T12:00:00Z",
  user: String = "user_99"
) -> JSONValue {
  [
    "meta": [
      "trace_id": "abc-123-xyz", "timestamp": time, "source": "REALTIME_API",
      "user_id": .string(user),
    ],
    "data": [
      "tx_id": .string(id), "amount": amount, "currency": "USD", "location": "NY",
    ],
  ]
}
