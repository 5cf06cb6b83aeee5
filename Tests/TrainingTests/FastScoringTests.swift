import Glibc
import Models
import Tabular
import Testing
import Training

/// Every fast way of scoring gives the bits of the definition.
struct FastScoringTests {
  struct Shape: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var rows = 300
    var columns = 6
    var missing = 0.0
    var depth = IsolationForestParameters.DepthLimit.automatic
    var trees = 20
    var samples = 128
    var steps = 0.0
    var split = IsolationForestParameters.SplitRule.axisParallel
    var scoring = IsolationForestParameters.Scoring.depth(penalizesRange: false)
  }

  static let shapes = [
    Shape(testDescription: "one group of ranks"),
    Shape(testDescription: "a column"),
    Shape(testDescription: "several groups of ranks", columns: 1, trees: 40),
    Shape(
      testDescription: "walks without a depth limit", rows: 900, depth: .unlimited, samples: 800),
    Shape(testDescription: "missing values", missing: 0.02),
    Shape(testDescription: "values on the cuts", steps: 2),
    Shape(testDescription: "one tree", trees: 1),
    Shape(testDescription: "stumps", depth: .levels(1)),
    Shape(testDescription: "planes over two features", split: .extended(dimensions: 2)),
    Shape(testDescription: "planes over five", missing: 0.02, split: .extended(dimensions: 5)),
    Shape(testDescription: "pooled gain on an axis", split: .pooledGain(dimensions: 1)),
    Shape(
      testDescription: "pooled gain over two features", missing: 0.01, depth: .unlimited,
      split: .pooledGain(dimensions: 2)),
    Shape(
      testDescription: "more dimensions than columns", columns: 2, steps: 1,
      split: .extended(dimensions: 9)),
    Shape(testDescription: "nine rows", rows: 9, samples: 9),
    Shape(
      testDescription: "more rows than a list holds", rows: 1100, trees: 4, samples: 64,
      split: .pooledGain(dimensions: 4)),
    Shape(
      testDescription: "planes over three features", missing: 0.02,
      split: .pooledGain(dimensions: 3)),
    Shape(testDescription: "many missing values", rows: 600, missing: 0.4),
    Shape(
      testDescription: "many missing values over four features", missing: 0.3, trees: 5,
      split: .pooledGain(dimensions: 4)),
    Shape(testDescription: "densities", missing: 0.02, scoring: .density),
    Shape(
      testDescription: "densities over three features", missing: 0.02,
      split: .pooledGain(dimensions: 3), scoring: .density),
    Shape(
      testDescription: "penalized ranges", missing: 0.1, scoring: .depth(penalizesRange: true)),
    Shape(
      testDescription: "penalized ranges over two features", missing: 0.1,
      split: .extended(dimensions: 2), scoring: .depth(penalizesRange: true)),
    Shape(testDescription: "averaged gain", trees: 5, split: .averagedGain(dimensions: 2)),
  ]

  static func make(_ shape: Shape) throws -> (IsolationForest, Matrix<Double>) {
    var generator = SeededGenerator(seed: 8)
    let matrix = Matrix<Double>(
      rows: (0..<shape.rows).map { _ in
        (0..<shape.columns).map { _ in
          let value = generator.normal() * 100
          if generator.chance(shape.missing) { return .nan }
          return shape.steps > 0
            ? (value / 100 * shape.steps).rounded() : Double(Float(value))
        }
      })
    let parameters = try IsolationForestParameters(
      treeCount: shape.trees, sampleSize: .count(shape.samples), splitRule: shape.split,
      depthLimit: shape.depth, scoring: shape.scoring)
    let forest = try IsolationForestLearner(parameters: parameters).fit(
      matrix, featureNames: (0..<shape.columns).map { "f\($0)" })
    return (forest, matrix)
  }

  @Test(arguments: shapes)
  func `blocks, rows and the definition agree bit for bit`(_ shape: Shape) throws {
    let (forest, matrix) = try Self.make(shape)
    let expected = try forest.referenceScores(of: matrix)
    #expect(try forest.scores(of: matrix) == expected)
    #expect(try (0..<matrix.rowCount).map { try forest.score(of: matrix.row($0)) } == expected)
    let single = Matrix(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount,
      values: matrix.values.map { Float($0) })
    #expect(try forest.scores(of: single) == expected)
  }

  @Test(arguments: shapes)
  func `contributions add up and the stored form is complete`(_ shape: Shape) throws {
    let (forest, matrix) = try Self.make(shape)
    #expect(try IsolationForest(decoding: forest.encoded()) == forest)
    for row in 0..<min(matrix.rowCount, 20) {
      let sum = try forest.contributions(of: matrix.row(row)).reduce(0, +)
      let score = try forest.score(of: matrix.row(row))
      let expected = shape.scoring == .density ? log2(score / (1 - score)) : 1 + log2(score)
      #expect(abs(sum - expected) < 1e-7)
    }
  }

  @Test(arguments: shapes)
  func `one walk gives what the walk that minds missing values gives`(_ shape: Shape) throws {
    let (forest, matrix) = try Self.make(shape)
    // A missing value that no split reads changes nothing but the way of computing.
    var trees = forest.trees
    if trees.termCount > 1 { trees.centers.append(0) }
    let careful = try IsolationForest(
      featureNames: forest.featureNames + ["unread"], trees: trees,
      sampleCount: forest.sampleCount, pathLength: forest.pathLength)
    for row in 0..<min(matrix.rowCount, 200) {
      let values = matrix.row(row)
      let (score, contributions) = try forest.explained(values)
      let (other, charges) = try careful.explained(values + [.nan])
      #expect(score == other)
      #expect(contributions + [0] == charges)
      #expect(score == (try forest.score(of: values)))
    }
  }

  @Test func `single precision next to a cut takes the right side`() throws {
    // 0.1 is no Float: the nearest one lies above it, the next below it.
    let above = Float(0.1)
    for threshold in [0.1, -0.1, 1e300, -1e300, 1e-300] {
      var trees = ForestTrees(termCount: 1)
      trees.nodeCounts = [3]
      trees.appendSplit(feature: 0, threshold: threshold)
      trees.appendLeaf(count: 1)
      trees.appendLeaf(count: 3)
      let forest = try IsolationForest(featureNames: ["x"], trees: trees, sampleCount: 4)
      let values = [
        above, above.nextDown, -above, (-above).nextUp, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, 0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      ]
      let single = Matrix(rowCount: values.count, columnCount: 1, values: values)
      let double = Matrix(rows: values.map { [Double($0)] })
      #expect(try forest.scores(of: single) == forest.referenceScores(of: double))
    }
  }

  @Test func `a sum that overflows is not a missing value`() throws {
    var trees = ForestTrees(termCount: 2)
    trees.nodeCounts = [5]
    trees.isSplit = [true, true, false, false, false]
    trees.features = [0, 1, 0, 2]
    trees.weights = [1e200, -1e200, 1, 1]
    trees.thresholds = [0, 0]
    trees.missing = [.both, .both]
    trees.centers = [0, 0, 0]
    trees.leafCounts = [2, 5, 1]
    let forest = try IsolationForest(featureNames: ["a", "b", "c"], trees: trees, sampleCount: 8)
    // ∞ − ∞ goes left at the root, and the gap in c parts the row below it.
    let matrix = Matrix<Double>(rows: [[1e200, 1e200, .nan], [1e200, .nan, .nan], [1, 2, .nan]])
    let scores = try forest.referenceScores(of: matrix)
    #expect(try forest.scores(of: matrix) == scores)
    #expect(scores[0] != scores[1] && scores[0] == scores[2])
  }

  @Test func `the size of the table does not matter`() throws {
    let (forest, matrix) = try Self.make(Self.shapes[0])
    let scores = try forest.scores(of: matrix)
    for count in [1, 7, 8, 127, 128, 129, 256] {
      #expect(try forest.scores(of: matrix.selecting(rows: 0..<count)) == Array(scores[..<count]))
    }
  }
}
