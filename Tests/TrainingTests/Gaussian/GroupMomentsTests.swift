import Models
import Tabular
import Testing
import Training

@Suite struct GroupMomentsTests {
  private let names = ["a", "b", "c", "d"]

  private func matrix(_ rows: Int, seed: UInt64) -> Matrix<Double> {
    var generator = SeededGenerator(seed: seed)
    var matrix = Matrix<Double>(rowCount: rows, columnCount: 4)
    for row in 0..<rows {
      let common = generator.normal()
      for column in 0..<4 { matrix[row, column] = 1e6 + common + generator.normal() }
    }
    return matrix
  }

  @Test(arguments: 1...20)
  func `any split merged in any order gives the moments of all rows`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let matrix = matrix(200, seed: seed)
    let whole = try GroupMoments(of: matrix, featureNames: names)
    var groups: [GroupMoments] = []
    var start = 0
    while start < 200 {
      let end = min(200, start + 1 + generator.below(60))
      groups.append(
        try GroupMoments(of: matrix.selecting(rows: start..<end), featureNames: names))
      start = end
    }
    groups.append(GroupMoments(featureCount: 4))
    // Pairs are merged at random, so that every shape of tree occurs.
    while groups.count > 1 {
      var one = groups.remove(at: generator.below(groups.count))
      one.merge(groups.remove(at: generator.below(groups.count)))
      groups.append(one)
    }
    #expect(groups[0].rowCount == 200)
    #expect(zip(groups[0].means, whole.means).allSatisfy { abs($0 - $1) <= 1e-15 * abs($1) })
    for row in 0..<4 {
      for column in 0...row {
        let expected = whole.comoments[row, column]
        #expect(abs(groups[0].comoments[row, column] - expected) < 1e-9 * 200)
      }
    }
    let learner = GaussianLearner(parameters: try GaussianParameters(shrinkage: .fixed(0.1)))
    let merged = try learner.fit(groups[0], featureNames: names)
    let direct = try learner.fit(matrix, featureNames: names)
    let scores = try merged.scores(of: matrix, threadCount: 1)
    for (own, expected) in zip(scores, try direct.scores(of: matrix, threadCount: 1)) {
      #expect(abs(own - expected) < 1e-9)
    }
  }

  @Test func `settings that need the rows are refused`() throws {
    let moments = try GroupMoments(of: matrix(20, seed: 1), featureNames: names)
    for parameters in [
      try GaussianParameters(),
      try GaussianParameters(shrinkage: .fixed(0), estimator: .minimumCovarianceDeterminant()),
    ] {
      #expect(throws: TrainingError.self) {
        try GaussianLearner(parameters: parameters).fit(moments, featureNames: names)
      }
    }
    let learner = GaussianLearner(parameters: try GaussianParameters(shrinkage: .fixed(0)))
    #expect(throws: TrainingError.self) {
      try learner.fit(GroupMoments(featureCount: 4), featureNames: names)
    }
    var gap = matrix(5, seed: 2)
    gap[3, 2] = .nan
    #expect(throws: TrainingError.self) { try GroupMoments(of: gap, featureNames: names) }
  }
}
