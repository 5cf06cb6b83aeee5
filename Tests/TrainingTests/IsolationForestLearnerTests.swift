import Glibc
import Models
import Tabular
import Testing
import Training

struct IsolationForestLearnerTests {
  /// A cloud with a handful of rows far away at the front.
  static func makeMatrix(
    rows: Int = 400, columns: Int = 4, outliers: Int = 8, missing: Double = 0, seed: UInt64 = 5
  ) -> Matrix<Double> {
    var generator = SeededGenerator(seed: seed)
    return Matrix(
      rows: (0..<rows).map { row in
        (0..<columns).map { _ in
          let value = generator.normal() + (row < outliers ? 7 : 0)
          return generator.chance(missing) ? .nan : Double(Float(value))
        }
      })
  }

  static func fit(
    _ matrix: Matrix<Double>, _ parameters: IsolationForestParameters, threads: Int = 1,
    keys: [UInt64]? = nil
  ) throws -> IsolationForest {
    try IsolationForestLearner(parameters: parameters).fit(
      matrix, featureNames: (0..<matrix.columnCount).map { "f\($0)" }, rowKeys: keys,
      threadCount: threads)
  }

  @Test func `rows far away score highest`() throws {
    let matrix = Self.makeMatrix()
    let scores = try Self.fit(matrix, IsolationForestParameters(treeCount: 50)).scores(of: matrix)
    let lowestOutlier = try #require(scores[..<8].min())
    let rest = scores[8...]
    #expect(rest.count { $0 >= lowestOutlier } == 0)
    #expect(abs(rest.reduce(0, +) / Double(rest.count) - 0.44) < 0.05)
  }

  @Test func `two fits give the same model, whatever the threads`() throws {
    let matrix = Self.makeMatrix(rows: 900, missing: 0.05)
    let parameters = try IsolationForestParameters(
      treeCount: 12, sampleSize: .count(50), contamination: .share(0.1))
    let forest = try Self.fit(matrix, parameters)
    #expect(try Self.fit(matrix, parameters, threads: 3) == forest)
    #expect(try forest.scores(of: matrix, threadCount: 3) == forest.scores(of: matrix))
  }

  @Test(arguments: [(900, 12), (900, 30)])
  func `with keys the order of the rows does not matter`(rows: Int, trees: Int) throws {
    let matrix = Self.makeMatrix(rows: rows)
    let keys = (0..<UInt64(rows)).map { SeededGenerator.mix($0) }
    var generator = SeededGenerator(seed: 2)
    let order = generator.sample(rows, from: rows)
    let parameters = try IsolationForestParameters(treeCount: trees, sampleSize: .count(50))
    let forest = try Self.fit(matrix, parameters, keys: keys)
    let shuffled = try Self.fit(
      matrix.selecting(rows: order), parameters, keys: order.map { keys[$0] })
    #expect(forest == shuffled)
  }

  @Test func `another seed gives another model`() throws {
    let matrix = Self.makeMatrix()
    #expect(
      try Self.fit(matrix, IsolationForestParameters(treeCount: 3, seed: 1))
        != Self.fit(matrix, IsolationForestParameters(treeCount: 3, seed: 2)))
  }

  @Test func `single precision gives the same model and scores`() throws {
    let matrix = Self.makeMatrix(missing: 0.05)
    let single = Matrix(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount,
      values: matrix.values.map { Float($0) })
    let parameters = try IsolationForestParameters(treeCount: 10, contamination: .share(0.05))
    let forest = try Self.fit(matrix, parameters)
    let other = try IsolationForestLearner(parameters: parameters).fit(
      single, featureNames: forest.featureNames)
    #expect(forest == other)
    #expect(try forest.scores(of: matrix) == forest.scores(of: single))
  }

  @Test func `a contamination share flags that share`() throws {
    let matrix = Self.makeMatrix()
    let forest = try Self.fit(matrix, IsolationForestParameters(contamination: .share(0.1)))
    let flagged = try forest.scores(of: matrix).count { forest.isAnomaly(score: $0) }
    #expect(flagged == 40)
    #expect(try Self.fit(matrix, IsolationForestParameters()).threshold == 0.5)
  }

  @Test func `growing a column by a power of two changes nothing but thresholds`() throws {
    let matrix = Self.makeMatrix()
    var scaled = matrix
    for row in 0..<matrix.rowCount { scaled[row, 1] *= 0x1p-30 }
    let parameters = try IsolationForestParameters(treeCount: 10)
    let forest = try Self.fit(matrix, parameters)
    let other = try Self.fit(scaled, parameters)
    #expect(try forest.scores(of: matrix) == other.scores(of: scaled))
    #expect(forest.trees.features == other.trees.features)
  }

  @Test(arguments: [1, 2, 3, 17])
  func `few rows are enough`(rows: Int) throws {
    let matrix = Self.makeMatrix(rows: rows, columns: 1, outliers: 0)
    let scores = try Self.fit(matrix, IsolationForestParameters(treeCount: 5)).scores(of: matrix)
    #expect(scores.allSatisfy { $0 > 0 && $0 <= 1 })
  }

  @Test func `more columns than rows are fine`() throws {
    let matrix = Self.makeMatrix(rows: 5, columns: 40, outliers: 1)
    let scores = try Self.fit(matrix, IsolationForestParameters()).scores(of: matrix)
    #expect(scores[0] == scores.max())
  }

  @Test func `rows that occur three times stay together down to their leaf`() throws {
    let rows = Self.makeMatrix(rows: 60)
    let tripled = rows.selecting(rows: (0..<180).map { $0 % 60 })
    let parameters = try IsolationForestParameters(
      treeCount: 10, sampleSize: .fraction(1), depthLimit: .unlimited)
    let forest = try Self.fit(tripled, parameters)
    #expect(forest.trees.leafCounts == Array(repeating: 3, count: 600))
    let scores = try forest.scores(of: tripled)
    #expect(Array(scores[..<60]) == Array(scores[60..<120]))
  }

  @Test func `constant data has one score`() throws {
    let matrix = Matrix<Double>(rowCount: 300, columnCount: 2, repeating: 4)
    let forest = try Self.fit(matrix, IsolationForestParameters(treeCount: 4))
    #expect(forest.trees.isSplit == [false, false, false, false])
    #expect(try Set(forest.scores(of: matrix)) == [0.5])
  }

  @Test func `a constant, an empty and a single-valued column never split`() throws {
    var matrix = Self.makeMatrix(rows: 100, columns: 4)
    for row in 0..<100 {
      matrix[row, 0] = 1
      matrix[row, 1] = .nan
      matrix[row, 2] = row % 2 == 0 ? .nan : 3
    }
    let forest = try Self.fit(matrix, IsolationForestParameters(treeCount: 10))
    #expect(Set(forest.trees.features) == [3])
  }

  @Test func `depth, rows and features stay within their limits`() throws {
    let matrix = Self.makeMatrix()
    let parameters = try IsolationForestParameters(
      treeCount: 20, sampleSize: .count(64), featureCount: .count(2), depthLimit: .levels(3))
    let forest = try Self.fit(matrix, parameters)
    #expect(forest.sampleCount == 64)
    #expect(forest.trees.nodeCounts.allSatisfy { $0 <= 15 })
    #expect(forest.trees.leafCounts.reduce(0, +) == 20 * 64)
    let unlimited = try Self.fit(
      matrix, IsolationForestParameters(treeCount: 5, depthLimit: .unlimited))
    #expect(unlimited.trees.leafCounts.allSatisfy { $0 <= 2 })
  }

  @Test func `rows may be drawn with replacement`() throws {
    let matrix = Self.makeMatrix(rows: 30)
    let forest = try Self.fit(
      matrix, IsolationForestParameters(treeCount: 4, drawsWithReplacement: true))
    #expect(forest.trees.leafCounts.reduce(0, +) == 4 * 30)
    let scores = try forest.scores(of: matrix)
    #expect(scores.allSatisfy { $0 > 0 && $0 <= 1 })
  }

  @Test func `bad data is refused with its place`() throws {
    var matrix = Self.makeMatrix(rows: 20, columns: 2, outliers: 0)
    let parameters = try IsolationForestParameters(treeCount: 2)
    #expect(throws: TrainingError.featureCountMismatch(names: 1, columns: 2)) {
      try IsolationForestLearner(parameters: parameters).fit(matrix, featureNames: ["a"])
    }
    #expect(throws: TrainingError.emptyData(rows: 0, columns: 2)) {
      try Self.fit(Matrix(rowCount: 0, columnCount: 2), parameters)
    }
    matrix[7, 1] = .infinity
    #expect {
      try Self.fit(matrix, parameters)
    } throws: { error in
      guard case .invalidValue(row: 7, feature: "f1", _)? = error as? TrainingError else {
        return false
      }
      return true
    }
  }

  @Test(arguments: [
    IsolationForestParameters.SplitRule.axisParallel, .extended(dimensions: 2),
    .pooledGain(dimensions: 2),
  ])
  func `the feature that is off contributes most`(
    rule: IsolationForestParameters.SplitRule
  ) throws {
    var matrix = Self.makeMatrix(rows: 500, columns: 5, outliers: 0)
    for row in 0..<10 { matrix[row, row % 5] += row % 2 == 0 ? 9 : -9 }
    for row in 0..<500 { matrix[row, 2] += 1000 }
    let forest = try Self.fit(
      matrix, IsolationForestParameters(splitRule: rule, depthLimit: .unlimited))
    var found = 0
    for row in 0..<10 {
      let contributions = try forest.contributions(of: matrix.row(row))
      if contributions.firstIndex(of: contributions.max() ?? 0) == row % 5 { found += 1 }
    }
    #expect(found == 10)
  }

  @Test func `pooled gain cuts between two clusters`() throws {
    let matrix = Matrix<Double>(rows: (0..<40).map { [$0 < 20 ? Double($0) : 1000 + Double($0)] })
    let forest = try Self.fit(
      matrix, IsolationForestParameters(treeCount: 3, splitRule: .pooledGain(dimensions: 1)))
    #expect(forest.trees.thresholds[0] == 519.5)
  }

  @Test(arguments: [1e-300, 1e300])
  func `extreme units do no harm`(unit: Double) throws {
    var matrix = Self.makeMatrix(rows: 60, columns: 3, outliers: 2)
    for index in matrix.values.indices { matrix.values[index] *= unit }
    for rule in [IsolationForestParameters.SplitRule.axisParallel, .pooledGain(dimensions: 2)] {
      let forest = try Self.fit(matrix, IsolationForestParameters(treeCount: 20, splitRule: rule))
      let scores = try forest.scores(of: matrix)
      #expect(scores.allSatisfy { $0 > 0 && $0 <= 1 })
    }
  }

  @Test(arguments: [
    IsolationForestParameters.SplitRule.axisParallel, .extended(dimensions: 2),
  ])
  func `the smallest change brings the planted feature back`(
    rule: IsolationForestParameters.SplitRule
  ) throws {
    var matrix = Self.makeMatrix(rows: 300, columns: 3, outliers: 0)
    matrix[0, 1] = 11
    let forest = try Self.fit(
      matrix,
      IsolationForestParameters(treeCount: 40, contamination: .share(0.05), splitRule: rule))
    let change = try #require(try forest.smallestChange(of: matrix.row(0)))
    #expect(change.feature == 1)
    #expect(change.value == 11)
    #expect(abs(change.normalValue) < 6)
    var changed = matrix.row(0)
    changed[1] = change.normalValue
    #expect(try forest.score(of: changed) == change.score)
    #expect(!forest.isAnomaly(score: change.score))
    #expect(try forest.smallestChange(of: [0, 0, 0]) == nil)
  }
}
