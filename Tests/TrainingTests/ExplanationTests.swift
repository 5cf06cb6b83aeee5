import JSON
import Models
import Tabular
import Testing
import Training

/// Explanations beside the truth: rows whose cause was planted.
struct ExplanationTests {
  /// Normal rows of mixed scales, correlated in pairs.
  private static func normalRow(_ generator: inout SeededGenerator) -> [Double] {
    var row = (0..<8).map { _ in generator.normal() }
    row[1] = 0.8 * row[0] + 0.6 * row[1]
    row[3] = -0.8 * row[2] + 0.6 * row[3]
    return row.enumerated().map { $0.element * [1, 100, 0.01, 5][$0.offset % 4] + 3 }
  }

  /// The default as it is; axis-parallel trees see each feature so seldom that the same wants more of them, or ranges.
  static let forests: [(name: String, parameters: IsolationForestParameters?)] = [
    ("the default", try? .fairCut()),
    ("planes over two features", try? .init(splitRule: .extended(dimensions: 2))),
    ("axis-parallel", try? .init(treeCount: 400)),
    ("axis-parallel with penalized ranges", try? .init(scoring: .depth(penalizesRange: true))),
  ]

  @Test(arguments: forests)
  func `the planted feature comes first in at least 95 % of anomalies with one cause`(
    name: String, parameters: IsolationForestParameters?
  ) throws {
    var generator = SeededGenerator(seed: 21)
    let training = Matrix(rows: (0..<4_000).map { _ in Self.normalRow(&generator) })
    let forest = try IsolationForestLearner(
      parameters: #require(parameters)
    ).fit(training, featureNames: (0..<8).map { "feature_\($0)" })
    var firstCount = 0
    for index in 0..<200 {
      var row = Self.normalRow(&generator)
      let cause = index % 8
      let scale = [1, 100, 0.01, 5][cause % 4] as Double
      row[cause] = 3 + (generator.chance(0.5) ? 1 : -1) * scale * generator.uniform(6, 9)
      let explanation = try Explanation(
        of: row, by: TrainedDetector(detector: forest, threshold: 1))
      if explanation.parts[0].feature == "feature_\(cause)" { firstCount += 1 }
    }
    #expect(firstCount >= 190, "\(name): \(firstCount) of 200")
  }

  @Test func `the smallest change makes the row normal and names the planted feature`() throws {
    var generator = SeededGenerator(seed: 22)
    let training = Matrix(rows: (0..<1_000).map { _ in Self.normalRow(&generator) })
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(treeCount: 50)
    ).fit(training, featureNames: (0..<8).map { "feature_\($0)" })
    let model = TrainedDetector(detector: forest, threshold: 0.44)
    var row = (0..<8).map { _ in 3.0 }
    row[5] = 3 + 900
    row[6] = 3 + 0.015
    let explanation = try Explanation(of: row, by: model)
    try #require(explanation.isAnomaly)
    let change = try #require(explanation.smallestChange)
    var changed = row
    changed[change.feature] = change.normalValue
    #expect(try model.score(of: changed) == change.score)
    #expect(change.score <= model.threshold)
    #expect(explanation.sentence.contains("feature_5 = 903"))
    #expect(explanation.sentence.contains("It would be normal with"))
    #expect(explanation.json["contributions"]?.arrayValue?.count == 8)
    #expect(explanation.json["smallest_change"]?["score"]?.doubleValue == change.score)
  }

  @Test func `a normal row needs no change`() throws {
    var generator = SeededGenerator(seed: 23)
    let training = Matrix(rows: (0..<300).map { _ in Self.normalRow(&generator) })
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(treeCount: 20)
    ).fit(training, featureNames: (0..<8).map { "feature_\($0)" })
    let explanation = try Explanation(
      of: (0..<8).map { _ in 3 }, by: TrainedDetector(detector: forest, threshold: 0.9))
    #expect(explanation.smallestChange == nil && !explanation.isAnomaly)
    #expect(explanation.sentence.contains("is not above the threshold"))
  }
}
