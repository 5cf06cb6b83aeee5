import Foundation
import JSON
import Models
import Tabular
import Testing
import Training

@Suite struct GaussianLearnerTests {
  private static func fixture() throws -> JSONValue {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: root.appending(path: "Fixtures/sigma/gaussian.json"))
    return try JSONValue(parsing: Array(data))
  }

  private static func matrix(_ json: JSONValue?) -> Matrix<Double> {
    Matrix(
      rows: (json?.arrayValue ?? []).map { row in
        (row.arrayValue ?? []).map { $0.doubleValue ?? .nan }
      })
  }

  private static func names(_ count: Int) -> [String] { (0..<count).map { "f\($0)" } }

  private func random(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix<Double> {
    var generator = SeededGenerator(seed: seed)
    var matrix = Matrix<Double>(rowCount: rows, columnCount: columns)
    for row in 0..<rows {
      let common = generator.normal()
      for column in 0..<columns { matrix[row, column] = generator.normal() + 0.5 * common }
    }
    return matrix
  }

  @Test func `distances and shrinkage are scikit-learn's`() throws {
    let fixture = try GaussianLearnerTests.fixture()
    let train = GaussianLearnerTests.matrix(fixture["train"])
    let test = GaussianLearnerTests.matrix(fixture["test"])
    for item in fixture["cases"]?.arrayValue ?? [] {
      let parameters = try GaussianParameters([
        "shrinkage": item["shrinkage"] ?? .null, "standardize": item["standardize"] ?? .null,
      ])
      let detector = try GaussianLearner(parameters: parameters).fit(
        train, featureNames: GaussianLearnerTests.names(5))
      let name = item["name"]?.stringValue ?? ""
      let share = item["fitted_shrinkage"]?.doubleValue ?? .nan
      #expect(abs(detector.notes.shrinkage - share) < 1e-12, "\(name)")
      let expected = (item["distances"]?.arrayValue ?? []).map { $0.doubleValue ?? .nan }
      let scores = try detector.scores(of: test, threadCount: 1)
      #expect(scores.count == expected.count)
      for (score, distance) in zip(scores, expected) {
        #expect(abs(score - distance) < 1e-11 * distance, "\(name)")
      }
    }
  }

  @Test func `rows with missing values have the marginal distance`() throws {
    let fixture = try GaussianLearnerTests.fixture()
    let detector = try GaussianLearner(parameters: GaussianParameters(shrinkage: .fixed(0))).fit(
      GaussianLearnerTests.matrix(fixture["train"]), featureNames: GaussianLearnerTests.names(5))
    let scores = try detector.scores(
      of: GaussianLearnerTests.matrix(fixture["missing"]), threadCount: 1)
    let expected = (fixture["marginal"]?.arrayValue ?? []).map { $0.doubleValue ?? .nan }
    for (score, distance) in zip(scores, expected) {
      #expect(abs(score - distance) <= 1e-11 * distance)
    }
    #expect(scores[0] == 0)
  }

  @Test func `model and scores have the same bits for every number of threads`() throws {
    let matrix = random(20_000, 6)
    let learner = GaussianLearner(parameters: try GaussianParameters())
    let names = GaussianLearnerTests.names(6)
    let one = try learner.fit(matrix, featureNames: names, threadCount: 1)
    let scores = try one.scores(of: matrix, threadCount: 1)
    for threads in [2, 5] {
      #expect(try learner.fit(matrix, featureNames: names, threadCount: threads) == one)
      #expect(try one.scores(of: matrix, threadCount: threads) == scores)
    }
    #expect(try one.scores(of: matrix.selecting(rows: [7]), threadCount: 1) == [scores[7]])
  }

  @Test func `constant and always missing columns do not count`() throws {
    var matrix = random(200, 4)
    for row in 0..<200 {
      matrix[row, 1] = 0.1
      matrix[row, 3] = .nan
    }
    let learner = GaussianLearner(parameters: try GaussianParameters())
    let detector = try learner.fit(matrix, featureNames: ["a", "same", "b", "none"])
    #expect(detector.constantFeatures == ["same", "none"])
    #expect(detector.location[1] == 0.1)
    var kept = Matrix<Double>(rowCount: 200, columnCount: 2)
    for row in 0..<200 { (kept[row, 0], kept[row, 1]) = (matrix[row, 0], matrix[row, 2]) }
    let smaller = try learner.fit(kept, featureNames: ["a", "b"])
    let scores = try detector.scores(of: matrix, threadCount: 1)
    for (one, other) in zip(scores, try smaller.scores(of: kept, threadCount: 1)) {
      #expect(abs(one - other) < 1e-9)
    }
    let constant = try learner.fit(
      Matrix(rowCount: 5, columnCount: 2, repeating: 7), featureNames: ["a", "b"])
    #expect(try constant.scores(of: Matrix(rows: [[7, 8]]), threadCount: 1) == [0])
  }

  @Test func `columns that repeat each other get a ridge, not an infinite distance`() throws {
    var matrix = random(300, 3)
    for row in 0..<300 { matrix[row, 2] = 2 * matrix[row, 0] }
    let detector = try GaussianLearner(parameters: GaussianParameters(shrinkage: .fixed(0)))
      .fit(matrix, featureNames: ["a", "b", "twice a"])
    #expect(detector.notes.ridge > 0 && detector.notes.ridge < 1e-6)
    #expect(try detector.scores(of: matrix, threadCount: 1).allSatisfy { $0.isFinite && $0 < 20 })
  }

  @Test func `missing values in training leave the rest as it is`() throws {
    var matrix = random(4_000, 3)
    let learner = GaussianLearner(parameters: try GaussianParameters(shrinkage: .fixed(0)))
    let names = GaussianLearnerTests.names(3)
    let whole = try learner.fit(matrix, featureNames: names)
    for row in stride(from: 0, to: 4_000, by: 7) { matrix[row, row % 3] = .nan }
    let holed = try learner.fit(matrix, featureNames: names, threadCount: 2)
    let probe = random(50, 3, seed: 9)
    for (one, other) in zip(
      try whole.scores(of: probe, threadCount: 1), try holed.scores(of: probe, threadCount: 1))
    {
      #expect(abs(one - other) < 0.1 * one)
    }
  }

  @Test(arguments: [Double.infinity, -.infinity, 1e200])
  func `a value that cannot be learned from is named`(value: Double) throws {
    var matrix = random(9_000, 3)
    matrix[8_765, 1] = value
    matrix[8_999, 0] = value
    let learner = GaussianLearner(parameters: try GaussianParameters())
    do {
      _ = try learner.fit(matrix, featureNames: ["a", "b", "c"], threadCount: 2)
      Issue.record("the fit did not refuse")
    } catch {
      guard case .invalidValue(let row, let feature, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(row == 8_765)
      #expect(feature == "b")
    }
  }

  @Test func `shapes and parameters are checked`() throws {
    let learner = GaussianLearner(parameters: try GaussianParameters())
    #expect(throws: TrainingError.emptyData(rows: 0, columns: 2)) {
      try learner.fit(Matrix(rowCount: 0, columnCount: 2), featureNames: ["a", "b"])
    }
    #expect(throws: TrainingError.featureCountMismatch(names: 1, columns: 2)) {
      try learner.fit(Matrix(rowCount: 1, columnCount: 2), featureNames: ["a"])
    }
    for json: JSONValue in [
      ["shrinkage": 1.5], ["shrinkage": "oracle"], ["standardize": 1], ["shrink": 0.1], [], 5,
    ] {
      #expect(throws: TrainingError.self) { try GaussianParameters(json) }
    }
    let parameters = try GaussianParameters(["shrinkage": 0.25, "standardize": false])
    #expect(try GaussianParameters(parameters.json) == parameters)
    #expect(try GaussianParameters([:]) == GaussianParameters())
  }
}
