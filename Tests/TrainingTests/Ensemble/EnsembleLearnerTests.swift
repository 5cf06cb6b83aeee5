import Files
import JSON
import Models
import Tabular
import Testing
import Training

@Suite struct EnsembleLearnerTests {
  private let names = ["a", "b", "risk"]

  private func matrix(_ rows: Int, seed: UInt64 = 1) -> Matrix<Double> {
    var generator = SeededGenerator(seed: seed)
    var matrix = Matrix<Double>(rowCount: rows, columnCount: 3)
    for row in 0..<rows {
      matrix[row, 0] = generator.normal()
      matrix[row, 1] = matrix[row, 0] + 0.3 * generator.normal()
      matrix[row, 2] = generator.chance(0.1) ? generator.exponential(mean: 1) : 0
    }
    return matrix
  }

  private func fit(_ json: JSONValue) throws -> EnsembleDetector {
    try EnsembleLearner(parameters: EnsembleParameters(json)).fit(
      matrix(2_000), featureNames: names, threadCount: 2)
  }

  private let settings: JSONValue = [
    "combination": "mean",
    "members": [
      ["kind": "isolation_forest", "parameters": ["n_estimators": 20], "features": ["b", "a"]],
      ["kind": "gaussian", "weight": 2],
      ["kind": "feature", "feature": "risk"],
    ],
  ]

  @Test func `evidence of the members is averaged by weight`() throws {
    let ensemble = try fit(settings)
    let rows = matrix(50, seed: 4)
    let evidence = try ensemble.memberEvidence(of: rows, threadCount: 1)
    let scores = try ensemble.scores(of: rows, threadCount: 2)
    for row in 0..<50 {
      let expected = (evidence[0][row] + 2 * evidence[1][row] + evidence[2][row]) / 4
      #expect(abs(scores[row] - expected) < 1e-12)
    }
    #expect(ensemble.members.map(\.source.name) == ["isolation_forest", "gaussian", "risk"])
  }

  @Test func `the maximum takes the surest member`() throws {
    var altered = try #require(settings.objectValue)
    altered["combination"] = "maximum"
    let ensemble = try fit(.object(altered))
    let rows = matrix(50, seed: 4)
    let evidence = try ensemble.memberEvidence(of: rows, threadCount: 1)
    let scores = try ensemble.scores(of: rows, threadCount: 1)
    for row in 0..<50 {
      #expect(scores[row] == max(evidence[0][row], 2 * evidence[1][row], evidence[2][row]))
    }
  }

  @Test(arguments: ["mean", "maximum"])
  func `contributions are not negative and sum to the score`(combination: String) throws {
    var altered = try #require(settings.objectValue)
    altered["combination"] = .string(combination)
    let ensemble = try fit(.object(altered))
    for row: [Double] in [[5, -5, 0], [0, 0, 9], [.nan, 1, .nan], [0.1, 0.1, 0], [9, 9, 20]] {
      let score = try ensemble.scores(of: Matrix(rows: [row]), threadCount: 1)[0]
      let contributions = try ensemble.contributions(of: row)
      #expect(contributions.allSatisfy { $0 >= 0 })
      #expect(abs(contributions.reduce(0, +) - score) < 1e-9 * max(score, 1))
    }
    let contributions = try ensemble.contributions(of: [0, 0, 9])
    #expect(contributions[2] > contributions[0] + contributions[1])
  }

  @Test func `a stored ensemble scores the same bits`() throws {
    let ensemble = try fit(settings)
    let encoded = ensemble.encoded()
    let restored = try EnsembleDetector(decoding: encoded)
    let rows = matrix(80, seed: 6)
    #expect(
      try restored.scores(of: rows, threadCount: 1) == ensemble.scores(of: rows, threadCount: 1))
    #expect(restored.encoded() == encoded)
  }

  @Test func `an altered ensemble is refused, never a trap`() throws {
    let good = try fit(settings).encoded()
    for key in good.description.keys {
      for value: JSONValue? in [nil, .null, "x", 7, [], [["weight": 1, "tail_scale": 1]]] {
        var altered = good
        altered.description[key] = value
        #expect(throws: ModelError.self, "\(key)") { try EnsembleDetector(decoding: altered) }
      }
    }
    for index in good.tensors.indices {
      let tensor = good.tensors[index]
      if tensor.name == "0/missing" { continue }
      var altered = good
      altered.tensors.remove(at: index)
      #expect(throws: ModelError.self, "\(tensor.name)") { try EnsembleDetector(decoding: altered) }
      altered.tensors.append(Tensor(tensor.name, .float64([.nan])))
      #expect(throws: ModelError.self, "\(tensor.name)") { try EnsembleDetector(decoding: altered) }
    }
  }

  @Test func `settings are checked`() throws {
    for json: JSONValue in [
      ["members": []], ["members": 3], ["combination": "median"], ["weights": [1]], [],
      ["members": [["kind": "svm"]]], ["members": [["kind": "feature"]]],
      ["members": [["kind": "gaussian", "weight": 0]]],
      ["members": [["kind": "gaussian", "weight": "x"]]],
      ["members": [["kind": "gaussian", "features": []]]],
      ["members": [["kind": "gaussian", "colour": 1]]],
      ["members": [["kind": "gaussian", "parameters": ["shrinkage": 2]]]],
    ] {
      #expect(throws: TrainingError.self) { try EnsembleParameters(json) }
    }
    #expect(try EnsembleParameters([:]).members.count == 2)
    let parameters = try EnsembleParameters(settings)
    #expect(try EnsembleParameters(parameters.json) == parameters)
    let unknown = try EnsembleParameters(["members": [["kind": "feature", "feature": "none"]]])
    #expect(throws: TrainingError.self) {
      try EnsembleLearner(parameters: unknown).fit(matrix(10), featureNames: names)
    }
  }
}
