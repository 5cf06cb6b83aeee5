import Files
import JSON
import Models
import Tabular
import Testing

@testable import Training

/// The robust estimator and the residual, against scikit-learn and scipy (`make_robust.py`).
@Suite struct RobustGaussianTests {
  private static func fixture() throws -> JSONValue {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return try JSONValue(parsing: FileSystem.read("/\(folder)/Fixtures/sigma/robust.json"))
  }

  private static func numbers(_ json: JSONValue?) -> [Double] {
    (json?.arrayValue ?? []).compactMap(\.doubleValue)
  }

  private static func matrix(_ json: JSONValue?) -> Matrix<Double> {
    Matrix(rows: (json?.arrayValue ?? []).map { numbers($0) })
  }

  private static func names(_ count: Int) -> [String] { (0..<count).map { "f\($0)" } }

  private func robust(_ share: Double = 0.75) throws -> GaussianLearner {
    GaussianLearner(
      parameters: try GaussianParameters(
        shrinkage: .fixed(0), standardizes: false,
        estimator: .minimumCovarianceDeterminant(supportFraction: share)))
  }

  @Test(arguments: 0..<4)
  func `robust means and distances are scikit-learn's`(index: Int) throws {
    let item = try #require(
      RobustGaussianTests.fixture()["minimum_covariance_determinant"]?.arrayValue?[index])
    let rows = RobustGaussianTests.matrix(item["rows"])
    let share = item["support_fraction"]?.doubleValue ?? 0
    let detector = try robust(share).fit(
      rows, featureNames: RobustGaussianTests.names(rows.columnCount))
    // Where scikit-learn's own answers differ by seed (by 5 % of a distance in these cases), ours is only near them.
    let hasOneAnswer = item["agreed"] == true
    if hasOneAnswer {
      #expect(detector.notes.rowCount == item["inliers"]?.integerValue.map { Int($0) })
    }
    for (own, expected) in zip(detector.location, RobustGaussianTests.numbers(item["location"])) {
      #expect(abs(own - expected) < (hasOneAnswer ? 1e-9 : 0.1) * max(1, abs(expected)))
    }
    let scores = try detector.scores(of: rows, threadCount: 1)
    for (own, expected) in zip(scores, RobustGaussianTests.numbers(item["distances"])) {
      #expect(abs(own - expected) < (hasOneAnswer ? 1e-8 : 0.1) * max(1, expected))
    }
  }

  @Test func `residuals are scikit-learn's`() throws {
    let fixture = try #require(RobustGaussianTests.fixture()["residual"])
    let rows = RobustGaussianTests.matrix(fixture["rows"])
    for item in fixture["cases"]?.arrayValue ?? [] {
      let parameters = try GaussianParameters(
        shrinkage: .fixed(0), measure: .residual(explainedShare: item["share"]?.doubleValue ?? 0))
      let detector = try GaussianLearner(parameters: parameters).fit(
        rows, featureNames: RobustGaussianTests.names(6))
      let scores = try detector.scores(of: rows, threadCount: 1)
      for (row, expected) in RobustGaussianTests.numbers(item["scores"]).enumerated() {
        // The components that are explained still weigh 1e-8.
        #expect(abs(scores[row] * scores[row] - expected * expected) < 1e-5)
        let parts = try detector.contributions(of: rows.row(row))
        #expect(abs(parts.reduce(0, +) - scores[row]) < 1e-6 * max(1, scores[row]))
      }
    }
  }

  @Test func `quantiles are scipy's`() throws {
    for item in try RobustGaussianTests.fixture()["chi_squared"]?.arrayValue ?? [] {
      let degrees = try #require(item["degrees"]?.integerValue)
      let quantile = ChiSquaredDistribution(degrees: Int(degrees)).quantile(
        item["probability"]?.doubleValue ?? 0)
      let expected = item["quantile"]?.doubleValue ?? 0
      #expect(abs(quantile - expected) < 1e-10 * expected)
    }
  }

  @Test func `a fifth of far rows does not move the robust model, which does not see their order`()
    throws
  {
    var generator = SeededGenerator(seed: 8)
    var rows = Matrix<Double>(rowCount: 300, columnCount: 3)
    for row in 0..<300 {
      for column in 0..<3 { rows[row, column] = generator.normal() + (row < 60 ? 50 : 0) }
    }
    let names = RobustGaussianTests.names(3)
    let detector = try robust().fit(rows, featureNames: names)
    let scores = try detector.scores(of: rows, threadCount: 1)
    #expect((scores[..<60].min() ?? 0) > 3 * (scores[60...].max() ?? 0))
    let plain = try GaussianLearner(parameters: GaussianParameters()).fit(rows, featureNames: names)
    let masked = try plain.scores(of: rows, threadCount: 1)
    #expect((masked[..<60].max() ?? 0) < 5)
    let order = generator.sample(300, from: 300)
    let shuffled = try robust().fit(rows.selecting(rows: order), featureNames: names)
    #expect(shuffled.notes.rowCount == detector.notes.rowCount)
    #expect(zip(shuffled.location, detector.location).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func `constants, collinear columns, rare flags, gaps and extreme numbers are no trouble`()
    throws
  {
    var generator = SeededGenerator(seed: 9)
    var rows = Matrix<Double>(rowCount: 200, columnCount: 6)
    for row in 0..<200 {
      rows[row, 0] = generator.normal()
      rows[row, 1] = 2 * rows[row, 0]
      rows[row, 2] = 7
      rows[row, 3] = row % 50 == 0 ? 1 : 0
      rows[row, 4] = .leastNonzeroMagnitude * Double(row % 3)
      rows[row, 5] = row % 20 == 0 ? .nan : 1e130 * generator.normal()
    }
    let detector = try robust().fit(rows, featureNames: RobustGaussianTests.names(6))
    let scores = try detector.scores(of: rows, threadCount: 1)
    #expect(scores.allSatisfy { $0.isFinite })
    #expect(detector.constantFeatures == ["f2", "f4"])
    // A flag that no inlier has still counts, by its spread over all rows.
    #expect(scores[150] > scores[151])
    rows[3, 1] = 1e308
    #expect(
      throws: TrainingError.invalidValue(
        row: 3, feature: "f1", reason: "is too large to be squared and summed (1e140 or more)")
    ) { try robust().fit(rows, featureNames: RobustGaussianTests.names(6)) }
    rows[3, 1] = .infinity
    #expect(throws: TrainingError.self) {
      try robust().fit(rows, featureNames: RobustGaussianTests.names(6))
    }
    #expect(throws: TrainingError.tooFewRows(complete: 5, needed: 12)) {
      try robust().fit(
        Matrix(rowCount: 5, columnCount: 6, repeating: 1),
        featureNames: RobustGaussianTests.names(6)
      )
    }
  }

  @Test func `settings of the estimator are checked and read back`() throws {
    for json: JSONValue in [
      ["estimator": "median"], ["support_fraction": 0.6], ["random_state": 1],
      ["estimator": "mcd", "support_fraction": 0.4], ["estimator": "mcd", "random_state": -1],
      ["estimator": "mcd", "support_fraction": "x"], ["explained_variance": 1],
      ["explained_variance": "x"],
    ] {
      #expect(throws: TrainingError.self) { try GaussianParameters(json) }
    }
    for json: JSONValue in [
      [:], ["estimator": "mcd", "support_fraction": 0.6, "random_state": 4],
      ["explained_variance": 0.9, "shrinkage": 0.25],
    ] {
      let parameters = try GaussianParameters(json)
      #expect(try GaussianParameters(parameters.json) == parameters)
    }
  }
}
