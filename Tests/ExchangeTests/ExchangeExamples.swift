import JSON
import Models
import Support
import Tabular

/// Detectors that do not depend on any learner, with rows that are float32 numbers, as ONNX graphs read them.
struct ExchangeExample: Sendable, CustomStringConvertible {
  let description: String
  let detector: any AnomalyDetector
  let threshold: Double
  let hasContributions: Bool
  let rows: [[Double]]

  /// The rows as the scripts read them, missing values as null.
  var rowsAsJSON: JSONValue {
    .array(rows.map { row in .array(row.map { $0.isNaN ? .null : .number($0) }) })
  }

  static let all: [ExchangeExample] = (try? makeAll()) ?? []

  static func makeAll() throws -> [ExchangeExample] {
    var generator = SeededGenerator(seed: 8)
    let names = ["amount", "hour", "a \"quoted\" name", "distance"]
    let axis = try makeForest(terms: 1, names: names, seed: 1)
    let pair = try makeForest(terms: 2, names: names, seed: 2)
    let triple = try makeForest(terms: 3, names: names, seed: 3)
    // Rows on a threshold, and on the float32 numbers next to it, take the branch that the native code takes.
    let edges = axis.trees.thresholds.indices.prefix(60).map { split in
      var row = (0..<4).map { _ in Double(Float(generator.normal())) }
      let near = Float(axis.trees.thresholds[split])
      row[Int(axis.trees.features[split])] = Double(
        [near, near.nextUp, near.nextDown][split % 3])
      return row
    }
    let rows = (0..<200).map { _ in (0..<4).map { _ in Double(Float(generator.normal())) } }
    let missing = rows.prefix(20).map { row in
      row.map { generator.chance(0.2) ? Double.nan : $0 }
    }
    let scikitLearn = try ScikitLearnForest.readAll().map { forest in
      ExchangeExample(
        description: "scikit-learn, \(forest)", detector: forest.forest,
        threshold: forest.forest.threshold, hasContributions: false, rows: forest.rows)
    }
    return scikitLearn + [
      .init(
        description: "axis", detector: axis, threshold: 0.55, hasContributions: false,
        rows: rows + edges + missing),
      .init(
        description: "axis with contributions", detector: axis, threshold: 0.55,
        hasContributions: true, rows: rows + edges + missing),
      .init(
        description: "extended, 2 terms", detector: pair, threshold: 0.55,
        hasContributions: false, rows: rows + missing),
      .init(
        description: "extended, 3 terms", detector: triple, threshold: 0.55,
        hasContributions: false, rows: rows + missing),
      .init(
        description: "axis, densities", detector: try measuringDensity(axis), threshold: 0.55,
        hasContributions: false, rows: rows + edges + missing),
      .init(
        description: "extended, densities", detector: try measuringDensity(pair), threshold: 0.55,
        hasContributions: false, rows: rows + missing),
      .init(
        description: "gaussian", detector: try makeGaussian(names), threshold: 3,
        hasContributions: true, rows: rows + missing),
    ]
  }

  /// A forest of random trees over standard normal features.
  static func makeForest(terms: Int, names: [String], seed: UInt64) throws -> IsolationForest {
    var generator = SeededGenerator(seed: seed)
    var trees = ForestTrees(termCount: terms)
    trees.centers = terms == 1 ? [] : names.map { _ in 0 }
    for _ in 0..<20 {
      let before = trees.isSplit.count
      // Depths of the nodes to come, the next one last.
      var open = [0]
      while let depth = open.popLast() {
        guard depth < 6, depth < 2 || generator.chance(0.8) else {
          trees.appendLeaf(count: 1 + generator.below(9))
          continue
        }
        trees.isSplit.append(true)
        var features = Array(names.indices)
        for position in 0..<terms {
          features.swapAt(position, position + generator.below(features.count - position))
          trees.features.append(Int32(features[position]))
          if terms > 1 { trees.weights.append(generator.normal()) }
        }
        trees.thresholds.append(generator.normal())
        trees.missing.append(.both)
        open += [depth + 1, depth + 1]
      }
      trees.nodeCounts.append(Int32(trees.isSplit.count - before))
    }
    return try IsolationForest(
      featureNames: names, trees: trees, sampleCount: 128, threshold: 0.55)
  }

  /// The same trees with volumes at random.
  static func measuringDensity(_ forest: IsolationForest) throws -> IsolationForest {
    var generator = SeededGenerator(seed: 5)
    var trees = forest.trees
    trees.volumes = trees.thresholds.map { _ in generator.uniform(0.1, 0.9) }
    return try IsolationForest(
      featureNames: forest.featureNames, trees: trees, sampleCount: forest.sampleCount,
      threshold: 0.55)
  }

  static func makeGaussian(_ names: [String]) throws -> GaussianDetector {
    try GaussianDetector(
      featureNames: names, location: [0.1, -0.2, 0, 5], inverseScale: [1, 2, 0, 0.25],
      factor: Matrix(rows: [
        [1, 0, 0, 0], [0.5, 0.75, 0, 0], [0, 0, 1, 0], [-0.3, 0.2, 0, 0.875],
      ]),
      notes: .init(rowCount: 100, shrinkage: 0, ridge: 0))
  }

  static func fixturePath(_ path: String) -> String {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/\(folder)/Fixtures/\(path)"
  }
}
