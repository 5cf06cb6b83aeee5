import Glibc
import Models
import Tabular
import Testing

struct IsolationForestTests {
  /// One tree over `x` and `y`: x ≤ 1 splits off one row of four, y ≤ 5 parts the other three as 1 and 2.
  static func makeStump() throws -> IsolationForest {
    var trees = ForestTrees(termCount: 1)
    trees.nodeCounts = [5]
    trees.appendSplit(feature: 0, threshold: 1)
    trees.appendLeaf(count: 1)
    trees.appendSplit(feature: 1, threshold: 5)
    trees.appendLeaf(count: 1)
    trees.appendLeaf(count: 2)
    return try IsolationForest(featureNames: ["x", "y"], trees: trees, sampleCount: 4)
  }

  /// c(4) = 2 (1 + 1/2 + 1/3) − 2 · 3/4.
  static let expected = 2 * (1 + 1.0 / 2 + 1.0 / 3) - 1.5

  @Test(
    arguments: [([0, 9], 1), ([2, 4], 2), ([2, 5], 2), ([2, 6], 3)] as [([Double], Double)])
  func `the score follows from the path length`(row: [Double], length: Double) throws {
    let score = try Self.makeStump().score(of: row)
    #expect(abs(score - exp2(-length / Self.expected)) < 1e-9)
  }

  @Test func `a missing value weighs both branches by their rows`() throws {
    let score = try Self.makeStump().score(of: [.nan, 6])
    #expect(abs(score - exp2(-(1.0 / 4 * 1 + 3.0 / 4 * 3) / Self.expected)) < 1e-9)
    let both = try Self.makeStump().score(of: [.nan, .nan])
    let length = 1.0 / 4 + 3.0 / 4 * (1.0 / 3 * 2 + 2.0 / 3 * 3)
    #expect(abs(both - exp2(-length / Self.expected)) < 1e-9)
  }

  @Test func `contributions charge each split to its feature`() throws {
    let forest = try Self.makeStump()
    let contributions = try forest.contributions(of: [2, 6])
    let average = { PathLength.exact.average($0) }
    #expect(abs(contributions[0] + (1 + average(3) - average(4)) / average(4)) < 1e-12)
    #expect(abs(contributions[1] + (1 + average(2) - average(3)) / average(4)) < 1e-12)
    #expect(forest.contributionBaseline == 0)
  }

  @Test(arguments: [[Double.nan, 6], [2, .nan], [.nan, .nan], [0, 0]])
  func `contributions add up when values are missing`(row: [Double]) throws {
    let forest = try Self.makeStump()
    let sum = try forest.contributions(of: row).reduce(0, +)
    #expect(abs(sum - 1 - log2(try forest.score(of: row))) < 1e-8)
  }

  @Test func `a matrix, a single row and the definition give the same bits`() throws {
    let forest = try Self.makeStump()
    var generator = SeededGenerator(seed: 3)
    let rows = (0..<37).map { _ in
      (0..<2).map { _ in generator.chance(0.1) ? Double.nan : generator.uniform(-2, 8) }
    }
    let matrix = Matrix(rows: rows)
    let scores = try forest.scores(of: matrix)
    #expect(scores == (try forest.referenceScores(of: matrix)))
    #expect(scores == (try rows.map { try forest.score(of: $0) }))
  }

  @Test func `an infinity is refused with its place`() throws {
    let forest = try Self.makeStump()
    let matrix = Matrix<Double>(rows: [[0, 1], [2, -.infinity]])
    #expect {
      try forest.scores(of: matrix)
    } throws: { error in
      guard case .invalidValue(row: 1, feature: "y", _)? = error as? ModelError else {
        return false
      }
      return true
    }
  }

  @Test func `another number of features is refused`() throws {
    let forest = try Self.makeStump()
    #expect(throws: ModelError.featureCountMismatch(expected: 2, actual: 3)) {
      try forest.scores(of: Matrix<Double>(rowCount: 1, columnCount: 3))
    }
    #expect(throws: ModelError.featureCountMismatch(expected: 2, actual: 1)) {
      try forest.score(of: [1])
    }
  }

  @Test func `no rows give no scores`() throws {
    #expect(try Self.makeStump().scores(of: Matrix<Double>(rowCount: 0, columnCount: 2)).isEmpty)
  }

  @Test func `a forest of single rows scores one half`() throws {
    var trees = ForestTrees(termCount: 1)
    trees.nodeCounts = [1]
    trees.appendLeaf(count: 1)
    let forest = try IsolationForest(featureNames: ["x"], trees: trees, sampleCount: 1)
    #expect(try forest.score(of: [7]) == 0.5)
    #expect(try forest.contributions(of: [7]) == [0])
  }
}

struct PathLengthTests {
  @Test(arguments: [(0, 0), (1, 0), (2, 1), (3, 5.0 / 3), (256, 10.248690)] as [(Int, Double)])
  func `the exact length has harmonic numbers`(count: Int, length: Double) {
    #expect(abs(PathLength.exact.average(count) - length) < 1e-6)
  }

  @Test(arguments: [(1, 0), (2, 1), (3, 1.207392), (256, 10.244771)] as [(Int, Double)])
  func `the approximate length is scikit-learn's`(count: Int, length: Double) {
    #expect(abs(PathLength.approximate.average(count) - length) < 1e-6)
  }

  @Test func `sum and series of the harmonic numbers meet`() {
    let before = PathLength.exact.average(257)
    let after = PathLength.exact.average(258)
    let harmonic = (1...257).reduce(0.0) { $0 + 1 / Double($1) }
    #expect(abs(after - (2 * harmonic - 2 * 257.0 / 258)) < 1e-13)
    #expect(before < after)
  }
}
