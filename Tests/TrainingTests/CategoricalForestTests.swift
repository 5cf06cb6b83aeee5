import Files
import Glibc
import JSON
import Models
import Tabular
import Testing
import Training

/// Forests over columns whose values are only equal or different.
struct CategoricalForestTests {
  struct Shape: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var rows = 500
    var missing = 0.0
    var share = 1.0
    var split = IsolationForestParameters.SplitRule.axisParallel
  }

  static let shapes = [
    Shape(testDescription: "axis"),
    Shape(testDescription: "a few rows", rows: 20),
    Shape(testDescription: "missing values", missing: 0.1),
    Shape(testDescription: "a part of the features for each tree", share: 0.5),
    Shape(testDescription: "planes", split: .extended(dimensions: 2)),
    Shape(
      testDescription: "fair cuts, missing values", missing: 0.1, split: .pooledGain(dimensions: 4)),
  ]

  static let names = ["amount", "shop", "hour", "country"]
  static let categorical = ["shop", "country"]

  static func row(_ generator: inout SeededGenerator, missing: Double = 0) -> [Double] {
    let shop = ["food", "fuel", "books", "games"][min(generator.below(8), 3)]
    let country = generator.chance(0.9) ? "DE" : "C\(generator.below(30))"
    return [
      generator.normal(), CategoryCode.of(shop), generator.normal() * 3, CategoryCode.of(country),
    ].map { generator.chance(missing) ? .nan : Double(Float($0)) }
  }

  static func make(_ shape: Shape) throws -> (IsolationForest, Matrix<Double>) {
    var generator = SeededGenerator(seed: 4)
    let matrix = Matrix<Double>(
      rows: (0..<shape.rows).map { _ in row(&generator, missing: shape.missing) })
    let parameters = try IsolationForestParameters(
      treeCount: 30, sampleSize: .count(64), featureCount: .fraction(shape.share),
      splitRule: shape.split, categoricalFeatures: categorical)
    return (
      try IsolationForestLearner(parameters: parameters).fit(matrix, featureNames: names), matrix
    )
  }

  /// The score by the definition alone, of a row without missing values.
  static func definedScore(_ forest: IsolationForest, _ row: [Double]) -> Double {
    var sum = 0.0
    for tree in 0..<forest.treeCount {
      let nodes = forest.nodes(ofTree: tree)
      var node = 0
      while true {
        guard case .split(let number, let right) = nodes[node].content else { break }
        var value = 0.0
        for term in number * forest.trees.termCount..<(number + 1) * forest.trees.termCount {
          let feature = Int(forest.trees.features[term])
          let places = forest.trees.categories.first { $0.feature == feature }
          let own = places?.place(of: row[feature], tree: tree) ?? row[feature]
          value += (forest.trees.termCount == 1 ? 1 : forest.trees.weights[term]) * own
        }
        node = value > forest.trees.thresholds[number] ? right : node + 1
      }
      if case .leaf(let length) = nodes[node].content { sum += length }
    }
    return exp2(sum / forest.exponentDivisor)
  }

  @Test(arguments: shapes)
  func `all ways of scoring give the bits of one, and the definition`(_ shape: Shape) throws {
    var (forest, matrix) = try Self.make(shape)
    // Categories that no tree has seen.
    matrix[1, 1] = CategoryCode.of("casino")
    matrix[2, 3] = CategoryCode.of("Atlantis")
    let expected = try forest.referenceScores(of: matrix)
    #expect(try forest.scores(of: matrix, threadCount: 3) == expected)
    #expect(try (0..<matrix.rowCount).map { try forest.score(of: matrix.row($0)) } == expected)
    let single = Matrix(
      rowCount: matrix.rowCount, columnCount: 4, values: matrix.values.map { Float($0) })
    #expect(try forest.scores(of: single) == expected)
    for row in 0..<matrix.rowCount where !matrix.row(row).contains(where: \.isNaN) {
      #expect(abs(Self.definedScore(forest, matrix.row(row)) - expected[row]) < 1e-7)
    }
  }

  @Test(arguments: shapes)
  func `the stored form is complete and contributions add up`(_ shape: Shape) throws {
    let (forest, matrix) = try Self.make(shape)
    let named = forest.namingCategories([CategoryCode.of("food"): "food"])
    let encoded = named.encoded()
    #expect(encoded.description["format"]?.integerValue == 2)
    #expect(try IsolationForest(decoding: encoded) == named)
    for row in 0..<20 {
      let sum = try forest.contributions(of: matrix.row(row)).reduce(0, +)
      #expect(abs(sum - 1 - log2(try forest.score(of: matrix.row(row)))) < 1e-7)
    }
  }

  @Test func `arrays that do not fit are refused`() throws {
    let (forest, _) = try Self.make(Self.shapes[0])
    let whole = forest.trees.categories[0]
    func refuses(_ places: CategoryPlaces) {
      var trees = forest.trees
      trees.categories[0] = places
      #expect(throws: ModelError.self) {
        try IsolationForest(featureNames: Self.names, trees: trees, sampleCount: 64)
      }
    }
    func changed(
      feature: Int = 1, codes: [Double]? = nil, names: [String] = [], places: [Int32]? = nil,
      others: [Int32]? = nil, centers: [Double]? = nil
    ) -> CategoryPlaces {
      CategoryPlaces(
        feature: feature, codes: codes ?? whole.codes, names: names,
        places: places ?? whole.places, otherPlaces: others ?? whole.otherPlaces,
        centers: centers ?? whole.centers)
    }
    refuses(changed(feature: 4))
    refuses(changed(feature: -1))
    refuses(changed(feature: 3))
    refuses(changed(codes: whole.codes.reversed()))
    refuses(changed(codes: Array(whole.codes.dropLast())))
    refuses(changed(codes: whole.codes.map { _ in .nan }))
    refuses(changed(names: ["food"]))
    refuses(changed(places: Array(whole.places.dropLast())))
    refuses(changed(others: []))
    refuses(changed(centers: whole.centers.map { _ in .infinity }))
  }

  @Test func `threads and the order of keyed rows do not matter`() throws {
    let (_, matrix) = try Self.make(Self.shapes[2])
    let learner = IsolationForestLearner(
      parameters: try IsolationForestParameters(
        treeCount: 12, sampleSize: .count(64), categoricalFeatures: Self.categorical))
    let keys = (0..<UInt64(matrix.rowCount)).map { $0 * 7 + 1 }
    let forest = try learner.fit(matrix, featureNames: Self.names, rowKeys: keys, threadCount: 3)
    let order = (0..<matrix.rowCount).map { ($0 * 101 + 3) % matrix.rowCount }
    let shuffled = try learner.fit(
      matrix.selecting(rows: order), featureNames: Self.names, rowKeys: order.map { keys[$0] })
    #expect(shuffled == forest)
  }

  @Test func `trees that are added later are those of one fit`() throws {
    let (_, matrix) = try Self.make(Self.shapes[0])
    func learner(
      _ count: Int, _ columns: [String] = Self.categorical
    ) throws -> IsolationForestLearner {
      IsolationForestLearner(
        parameters: try IsolationForestParameters(
          treeCount: count, sampleSize: .count(64), categoricalFeatures: columns))
    }
    let few = try learner(5).fit(matrix, featureNames: Self.names)
    let many = try learner(12).fit(matrix, featureNames: Self.names)
    #expect(try learner(12).extend(few, with: matrix) == many)
    let renewed = try learner(5).renew(few, replacing: 2, with: matrix, generation: 1)
    #expect(try renewed.scores(of: matrix) == renewed.referenceScores(of: matrix))
    #expect(throws: TrainingError.self) { try learner(12, ["shop"]).extend(few, with: matrix) }
    #expect(throws: TrainingError.self) {
      try learner(5, ["colour"]).fit(matrix, featureNames: Self.names)
    }
  }

  @Test func `categories have no order: none is isolated sooner than another`() throws {
    // Every row a category of its own. As numbers the outermost would stand out.
    let matrix = Matrix<Double>(rows: (0..<64).map { [Double($0)] })
    func spread(_ columns: [String]) throws -> Double {
      let scores = try IsolationForestLearner(
        parameters: IsolationForestParameters(
          treeCount: 2_000, depthLimit: .unlimited, categoricalFeatures: columns)
      ).fit(matrix, featureNames: ["code"]).scores(of: matrix)
      // The mean path length over all rows is c(ψ), and so the score ½ for each of them.
      #expect(abs(scores.reduce(0, +) / 64 - 0.5) < 0.02)
      return (scores.max() ?? 1) - (scores.min() ?? 0)
    }
    #expect(try spread(["code"]) < 0.03)
    #expect(try spread([]) > 0.15)
  }

  @Test(arguments: [
    IsolationForestParameters.SplitRule.axisParallel, .pooledGain(dimensions: 2),
  ])
  func `what is rare or was never seen stands out and is explained`(
    rule: IsolationForestParameters.SplitRule
  ) throws {
    var generator = SeededGenerator(seed: 9)
    let matrix = Matrix<Double>(
      rows: (0..<2_000).map { _ in
        let country = generator.chance(0.97) ? "DE" : "FR"
        return [generator.normal(), CategoryCode.of(country)]
      })
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(
        treeCount: 100, splitRule: rule, categoricalFeatures: ["country"])
    ).fit(matrix, featureNames: ["amount", "country"])
      .namingCategories([CategoryCode.of("DE"): "DE", CategoryCode.of("FR"): "FR"])
    func score(_ country: String) throws -> Double {
      try forest.score(of: [0, CategoryCode.of(country)])
    }
    #expect(try score("FR") > score("DE") + 0.03)
    #expect(try score("BR") > score("DE") + 0.03)
    let model = TrainedDetector(
      detector: forest, threshold: (try score("FR") + score("DE")) / 2)
    let explanation = try Explanation(of: [0, CategoryCode.of("FR")], by: model)
    #expect(explanation.parts[0].feature == "country")
    #expect(explanation.sentence.contains("country = FR"))
    #expect(explanation.sentence.contains("normal with country = DE instead of FR"))
    #expect(explanation.json["smallest_change"]?["normal_value"]?.stringValue == "DE")
  }

  @Test(arguments: ["axis", "pooled_gain"])
  func `anomalies are found at least as well as by isotree's subset splits`(
    split: String
  ) throws {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let fixture = try JSONValue(
      parsing: FileSystem.read("/\(folder)/Fixtures/isolation-forest/isotree-categories.json"))
    func column(_ name: String) throws -> [JSONValue] {
      try #require(fixture[name]?.arrayValue)
    }
    let codes = try ["shop", "country"].map { name in
      try column(name).map { CategoryCode.of($0.stringValue ?? "") }
    }
    let numbers = try ["amount", "hour", "label"].map { name in
      try column(name).map { $0.doubleValue ?? .nan }
    }
    let matrix = Matrix<Double>(
      rows: codes[0].indices.map { [numbers[0][$0], numbers[1][$0], codes[0][$0], codes[1][$0]] })
    var areas: [Double] = []
    for seed in 0..<5 as Range<UInt64> {
      let parameters =
        split == "axis"
        ? try IsolationForestParameters(
          splitRule: .axisParallel, depthLimit: .levels(8),
          categoricalFeatures: ["shop", "country"], seed: seed)
        : try IsolationForestParameters(
          treeCount: 200, splitRule: .pooledGain(dimensions: 2), depthLimit: .unlimited,
          categoricalFeatures: ["shop", "country"], seed: seed)
      let scores = try IsolationForestLearner(parameters: parameters).fit(
        matrix, featureNames: ["amount", "hour", "shop", "country"]
      ).scores(of: matrix)
      areas.append(Self.areaUnderROC(scores, numbers[2].map { $0 == 1 }))
    }
    let mean = areas.reduce(0, +) / 5
    let peer = try #require(fixture["area_under_roc"]?[split]?.doubleValue)
    #expect(mean > peer - 0.02, "\(mean), isotree \(peer)")
  }

  /// The share of pairs of an anomaly and another row in which the anomaly scores higher.
  static func areaUnderROC(_ scores: [Double], _ labels: [Bool]) -> Double {
    let anomalous = scores.indices.filter { labels[$0] }.map { scores[$0] }
    let normal = scores.indices.filter { !labels[$0] }.map { scores[$0] }
    var wins = 0.0
    for high in anomalous { for low in normal { wins += high > low ? 1 : high == low ? 0.5 : 0 } }
    return wins / Double(anomalous.count * normal.count)
  }
}
