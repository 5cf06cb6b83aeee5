import Files
import Glibc
import JSON
import Models
import Tabular
import Testing
import Training

/// Scores by density and paths that ranges shorten.
struct DensityAndRangeTests {
  private static func number(_ value: JSONValue) -> Double { value.doubleValue ?? .nan }

  @Test(arguments: [
    "density", "density over two features", "penalized ranges",
    "penalized ranges over two features",
  ])
  func `forests of many trees say what isotree's say`(name: String) throws {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let fixture = try JSONValue(
      parsing: FileSystem.read("/\(folder)/Fixtures/isolation-forest/isotree-scores.json"))
    func rows(_ key: String) throws -> [[Double]] {
      try #require(fixture[key]?.arrayValue).map { ($0.arrayValue ?? []).map(Self.number) }
    }
    let expected = try #require(fixture["cases"]?[name]?.arrayValue).map(Self.number)
    let isDensity = name.hasPrefix("density")
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(
        treeCount: 1_500, sampleSize: .count(128),
        splitRule: name.hasSuffix("two features") ? .extended(dimensions: 2) : .axisParallel,
        depthLimit: .levels(8), scoring: isDensity ? .density : .depth(penalizesRange: true))
    ).fit(Matrix(rows: try rows("rows")), featureNames: ["a", "b", "c"])
    let scores = try forest.scores(of: Matrix(rows: try rows("rows")[..<40] + rows("others")))
    try #require(scores.count == expected.count)
    var total = 0.0
    for (score, expected) in zip(scores, expected) {
      // isotree gives the negative mean logarithm of the densities, of which ours is the logistic function.
      let own = isDensity ? log(score / (1 - score)) : score
      #expect(abs(own - expected) < (isDensity ? 0.12 : 0.02), "\(own), isotree \(expected)")
      total += own - expected
    }
    #expect(abs(total / Double(scores.count)) < (isDensity ? 0.02 : 0.005))
  }

  @Test func `a row outside the range of a split has a path shorter by one`() throws {
    var trees = ForestTrees(termCount: 1)
    trees.nodeCounts = [3]
    trees.appendSplit(feature: 0, threshold: 4)
    trees.noteExtent(
      threshold: 4, low: 0, high: 10, measuresDensity: false, penalizesRange: true)
    trees.appendLeaf(count: 2)
    trees.appendLeaf(count: 2)
    #expect(trees.ranges == [-6, 14])
    let forest = try IsolationForest(featureNames: ["x"], trees: trees, sampleCount: 4)
    let scores = try forest.scores(of: Matrix(rows: [[-6], [-6.01], [14], [14.01], [.nan]]))
    // Depth 1 and c(2) = 1 in either leaf.
    let (inside, outside) = (
      exp2(-2 / PathLength.exact.average(4)), exp2(-1 / PathLength.exact.average(4))
    )
    for (score, expected) in zip(scores, [inside, outside, inside, outside, inside]) {
      #expect(abs(score - expected) < 1e-9)
    }
    #expect(try IsolationForest(decoding: forest.encoded()) == forest)
    let anomaly = forest.withThreshold((inside + outside) / 2)
    #expect(try anomaly.smallestChange(of: [20])?.normalValue == 14)
  }

  @Test func `a density is the share of rows over the share of volume`() throws {
    var trees = ForestTrees(termCount: 1)
    trees.nodeCounts = [3]
    trees.appendSplit(feature: 0, threshold: 1)
    trees.noteExtent(
      threshold: 1, low: 0, high: 10, measuresDensity: true, penalizesRange: false)
    trees.appendLeaf(count: 3)
    trees.appendLeaf(count: 1)
    let forest = try IsolationForest(featureNames: ["x"], trees: trees, sampleCount: 4)
    // Three quarters of the rows in a tenth of the range: 7.5 times as dense as the mean.
    let (dense, sparse) = (try forest.score(of: [0.5]), try forest.score(of: [5]))
    #expect(abs(dense - 1 / (1 + 7.5)) < 1e-9)
    #expect(abs(sparse - 1 / (1 + 0.25 / 0.9)) < 1e-9)
    let encoded = forest.encoded()
    #expect(encoded.description["format"]?.integerValue == 2)
    #expect(try IsolationForest(decoding: encoded) == forest)
    for share in [0, 1, -0.5, Double.nan, .infinity] {
      var wrong = trees
      wrong.volumes = [share]
      #expect(throws: ModelError.self) {
        try IsolationForest(featureNames: ["x"], trees: wrong, sampleCount: 4)
      }
    }
  }

  @Test func `extremes have finite ranges and volumes`() {
    var trees = ForestTrees(termCount: 1)
    let limit = Double.greatestFiniteMagnitude
    let extents = [
      (-limit, limit, 0.0), (0, Double.leastNonzeroMagnitude, 0), (1, 1.0.nextUp, 1),
    ]
    for (low, high, threshold) in extents {
      trees.noteExtent(
        threshold: threshold, low: low, high: high, measuresDensity: true, penalizesRange: true)
    }
    #expect(trees.volumes.allSatisfy { $0 > 0 && $0 < 1 })
    #expect(trees.ranges.allSatisfy { $0.isFinite })
  }

  @Test func `the settings are read, written and checked`() throws {
    let density = try IsolationForestParameters(["scoring_metric": "density"])
    #expect(density.scoring == .density)
    #expect(try IsolationForestParameters(density.json) == density)
    let range = try IsolationForestParameters(["penalize_range": true])
    #expect(range.scoring == .depth(penalizesRange: true))
    #expect(try IsolationForestParameters(range.json) == range)
    #expect(try IsolationForestParameters([:]).json["scoring_metric"] == nil)
    for wrong in [
      ["scoring_metric": "boxed"], ["penalize_range": 1],
      ["scoring_metric": "density", "penalize_range": true],
    ] as [JSONValue] {
      #expect(throws: TrainingError.self) { try IsolationForestParameters(wrong) }
    }
    let matrix = Matrix<Double>(rows: (0..<50).map { [Double($0 * $0)] })
    let forest = try IsolationForestLearner(parameters: density).fit(matrix, featureNames: ["x"])
    #expect(throws: TrainingError.self) {
      try IsolationForestLearner(parameters: range).extend(forest, with: matrix)
    }
  }
}
