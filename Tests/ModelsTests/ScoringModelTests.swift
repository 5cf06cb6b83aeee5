import Features
import Files
import Glibc
import JSON
import Models
import Tabular
import Testing
import Training

@Suite struct ScoringModelTests {
  let features: FeatureSpecification
  let matrix: Matrix<Double>

  init() throws {
    features = try FeatureSpecification(["amount", "weekend", "night"])
    var generator = SeededGenerator(seed: 1)
    matrix = Matrix(rows: (0..<300).map { _ in (0..<3).map { _ in generator.normal() } })
  }

  private func model() throws -> ScoringModel {
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(treeCount: 10)
    ).fit(matrix, featureNames: features.names)
    return try ScoringModel(
      detector: forest, features: features, threshold: 0.6,
      calibration: ScoreCalibration(trainingScores: forest.scores(of: matrix, threadCount: 1)))
  }

  private func folder(of model: ScoringModel) throws -> String {
    var generator = SystemRandomNumberGenerator()
    let path = "/tmp/anomalyze-model-\(getpid())-\(generator.next())"
    let staged = try StagedDirectory(destination: path)
    try model.write(to: staged, goldenRows: matrix.selecting(rows: 0..<4))
    try staged.commit(readOnly: false)
    return path
  }

  @Test func `a model that was written gives the same judgements after reading`() throws {
    let model = try model()
    let path = try folder(of: model)
    defer { try? FileSystem.removeTree(path) }
    let read = try ScoringModel(loadingFrom: path)
    for row in 0..<matrix.rowCount {
      #expect(try read.assess(matrix.row(row)) == model.assess(matrix.row(row)))
    }
  }

  @Test(arguments: ["model.json", "model.safetensors", "golden.json"])
  func `a missing or cut file is an error, never a crash`(name: String) throws {
    let path = try folder(of: try model())
    defer { try? FileSystem.removeTree(path) }
    let bytes = try FileSystem.read("\(path)/\(name)")
    for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 50)) {
      try FileSystem.writeAtomically(Array(bytes[..<length]), to: "\(path)/\(name)")
      #expect(throws: (any Error).self) { try ScoringModel(loadingFrom: path) }
    }
    try FileSystem.removeTree("\(path)/\(name)")
    #expect(throws: (any Error).self) { try ScoringModel(loadingFrom: path) }
  }

  @Test func `a row of another width is refused`() throws {
    #expect(throws: ModelError.featureCountMismatch(expected: 3, actual: 2)) {
      try model().assess([1, 2])
    }
  }

  @Test func `a detector of other features is refused`() throws {
    let other = try FeatureSpecification(["amount", "night", "weekend"])
    let model = try model()
    #expect(throws: ModelError.self) {
      try ScoringModel(
        detector: model.detector, features: other, threshold: 0.5, calibration: model.calibration)
    }
  }
}
