import Files
import JSON
import Models
import Tabular
import Testing

@testable import Training

/// Ensembles whose weights come from labels.
@Suite struct FittedEnsembleTests {
  private let names = ["a", "b", "noise"]

  /// Anomalies raise `a` or `b`, never both; `noise` says nothing.
  private func table(_ rows: Int, seed: UInt64 = 1) -> (matrix: Matrix<Double>, labels: [Bool]) {
    var generator = SeededGenerator(seed: seed)
    var matrix = Matrix<Double>(rowCount: rows, columnCount: 3)
    var labels: [Bool] = []
    for row in 0..<rows {
      let kind = generator.chance(0.05) ? generator.below(2) : -1
      matrix[row, 0] = generator.normal() + (kind == 0 ? 4 : 0)
      matrix[row, 1] = generator.exponential(mean: 1) + (kind == 1 ? 6 : 0)
      matrix[row, 2] = generator.normal()
      labels.append(kind >= 0)
    }
    return (matrix, labels)
  }

  private let settings: JSONValue = [
    "combination": "fitted",
    "members": [
      ["kind": "gaussian", "features": ["a", "b"]],
      ["kind": "feature", "feature": "a"], ["kind": "feature", "feature": "b"],
      ["kind": "feature", "feature": "noise"],
    ],
  ]

  private func fit(
    _ table: (matrix: Matrix<Double>, labels: [Bool]), threadCount: Int = 1
  ) throws -> EnsembleDetector {
    try EnsembleLearner(parameters: EnsembleParameters(settings)).fit(
      table.matrix, featureNames: names, labels: table.labels, threadCount: threadCount)
  }

  @Test func `members that tell anomalies get weight, noise gets next to none`() throws {
    let ensemble = try fit(table(1_500))
    #expect(ensemble.combination == .fitted)
    #expect(ensemble.members.allSatisfy { $0.weight >= 0 })
    let curves = ensemble.members.compactMap(\.curve)
    #expect(curves.count == 4)
    let reach = zip(ensemble.members, curves).map { $0.weight * ($1.rises.last ?? 0) }
    #expect(min(reach[1], reach[2]) > 2 * reach[3])
  }

  @Test func `the score never falls when a member's evidence rises`() throws {
    let ensemble = try fit(table(1_500))
    for base in [-2.0, 0, 1.5] {
      let rows = (-20...60).map { [base, 0, Double($0) / 4] }
      let scores = try ensemble.scores(of: Matrix(rows: rows), threadCount: 1)
      #expect(scores == scores.sorted())
    }
  }

  @Test func `the probability is calibrated on rows that were not seen`() throws {
    let ensemble = try fit(table(2_500))
    let other = table(2_500, seed: 9)
    let scores = try ensemble.scores(of: other.matrix, threadCount: 2)
    let probabilities = scores.compactMap { ensemble.probability(ofScore: $0) }
    #expect(probabilities.count == scores.count)
    #expect(probabilities.allSatisfy { (0...1).contains($0) })
    for range in [0..<0.05, 0.05..<0.5, 0.5..<1.01] {
      let rows = probabilities.indices.filter { range.contains(probabilities[$0]) }
      let mean = rows.map { probabilities[$0] }.reduce(0, +) / Double(rows.count)
      let rate = Double(rows.count { other.labels[$0] }) / Double(rows.count)
      #expect(abs(mean - rate) < 0.12, "\(range): \(mean) against \(rate)")
    }
    let plain = try EnsembleLearner(
      parameters: EnsembleParameters([
        "combination": "maximum", "members": [["kind": "feature", "feature": "a"]],
      ])
    )
    .fit(other.matrix, featureNames: names)
    #expect(plain.probability(ofScore: 1) == nil)
  }

  @Test func `rows in any order and any number of threads give the same model`() throws {
    let table = table(800)
    let ensemble = try fit(table)
    #expect(try fit(table, threadCount: 2).encoded() == ensemble.encoded())
    var generator = SeededGenerator(seed: 3)
    let order = generator.sample(800, from: 800)
    let shuffled = try fit((table.matrix.selecting(rows: order), order.map { table.labels[$0] }))
    // The Gaussian's sums are in another order; what the labels say is not.
    #expect(shuffled.members[1].curve == ensemble.members[1].curve)
  }

  @Test func `parts name detector and feature and sum to the score`() throws {
    let ensemble = try fit(table(800))
    for row in [[5, 0.1, 0], [0, 9, 0], [.nan, 9, 1], [0, 0, 0]] {
      let score = try ensemble.scores(of: Matrix(rows: [row]), threadCount: 1)[0]
      let parts = try ensemble.parts(of: row)
      #expect(abs(parts.map(\.value).reduce(0, +) - score) < 1e-9)
      #expect(parts.allSatisfy { $0.value >= 0 && names.contains($0.feature) })
      #expect(Set(parts.map(\.detector)).isSubset(of: ["gaussian", "feature"]))
      let contributions = try ensemble.contributions(of: row)
      #expect(abs(contributions.reduce(0, +) - score) < 1e-9)
    }
  }

  @Test func `a stored fitted ensemble scores the same bits, an altered one is refused`() throws {
    let ensemble = try fit(table(1_000))
    let encoded = ensemble.encoded()
    let restored = try EnsembleDetector(decoding: encoded)
    let rows = table(100, seed: 5).matrix
    #expect(
      try restored.scores(of: rows, threadCount: 1) == ensemble.scores(of: rows, threadCount: 1))
    #expect(restored.encoded() == encoded)
    for name in ["1/curve_evidence", "1/curve_rises"] {
      var altered = encoded
      altered.tensors.removeAll { $0.name == name }
      #expect(throws: ModelError.self) { try EnsembleDetector(decoding: altered) }
    }
    for key in ["intercept", "combination"] {
      var altered = encoded
      altered.description[key] = nil
      #expect(throws: ModelError.self) { try EnsembleDetector(decoding: altered) }
    }
  }

  @Test func `too few labels are refused with a remedy`() throws {
    let (matrix, labels) = table(200)
    let learner = EnsembleLearner(parameters: try EnsembleParameters(settings))
    var few = [Bool](repeating: false, count: 200)
    for row in 0..<9 { few[row] = true }
    for given in [nil, few, few.map(!)] {
      let error = #expect(throws: TrainingError.self) {
        try learner.fit(matrix, featureNames: names, labels: given)
      }
      #expect(error?.description.contains("maximum") == true)
    }
    #expect(labels.count == 200)
    #expect(throws: TrainingError.self) {
      try EnsembleParameters([
        "combination": "fitted", "members": [["kind": "gaussian", "weight": 2]],
      ])
    }
  }
}
