import Models
import Tabular
import Testing

@testable import Training

/// Forests that grow, are renewed, weigh rows, and choose their thresholds and presets.
struct ForestGrowthTests {
  private let matrix = IsolationForestLearnerTests.makeMatrix(rows: 500)
  private let names = (0..<4).map { "f\($0)" }

  private func learner(
    trees: Int, samples: Int = 50, bootstrap: Bool = false, rule: ForestRule = .axisParallel,
    contamination: IsolationForestParameters.Contamination = .automatic
  ) throws -> IsolationForestLearner {
    IsolationForestLearner(
      parameters: try IsolationForestParameters(
        treeCount: trees, sampleSize: .count(samples), contamination: contamination,
        drawsWithReplacement: bootstrap, splitRule: rule, seed: 4))
  }

  typealias ForestRule = IsolationForestParameters.SplitRule

  @Test(arguments: [false, true], [ForestRule.axisParallel, .pooledGain(dimensions: 2)])
  func `a forest that is grown later has the trees of one fit`(
    isKeyed: Bool, rule: ForestRule
  ) throws {
    let keys = isKeyed ? (0..<500).map { SeededGenerator.mix($0) } : nil
    let facts = IsolationForestLearner.RowFacts(keys: keys)
    // 500 rows are ten samples of 50: 25 trees are two rounds and a half.
    let small = try learner(trees: 7, rule: rule).fit(matrix, featureNames: names, rowKeys: keys)
    let whole = try learner(trees: 25, rule: rule).fit(matrix, featureNames: names, rowKeys: keys)
    #expect(try learner(trees: 25, rule: rule).extend(small, with: matrix, rows: facts) == whole)
    #expect(whole.trees.droppingTrees(7).nodeCounts == Array(whole.trees.nodeCounts[7...]))
  }

  @Test func `only a forest of the same kind can be extended`() throws {
    let forest = try learner(trees: 5).fit(matrix, featureNames: names)
    for (other, name) in [
      (try learner(trees: 4), "n_estimators"), (try learner(trees: 9, samples: 51), "max_samples"),
      (try learner(trees: 9, rule: .extended(dimensions: 2)), "ndim"),
    ] {
      let error = #expect(throws: TrainingError.self) { try other.extend(forest, with: matrix) }
      #expect(error?.description.hasPrefix("parameter \(name) ") == true)
    }
  }

  @Test func `a renewed forest keeps the younger trees and grows new ones`() throws {
    let forest = try learner(trees: 12).fit(matrix, featureNames: names)
    let later = IsolationForestLearnerTests.makeMatrix(rows: 400, seed: 9)
    let learner = try learner(trees: 12)
    let renewed = try learner.renew(forest, replacing: 5, with: later, generation: 1)
    #expect(renewed.treeCount == 12)
    #expect(
      renewed.trees.thresholds.starts(with: forest.trees.droppingTrees(5).thresholds))
    let again = try learner.renew(forest, replacing: 5, with: later, generation: 2)
    #expect(again != renewed)
    #expect(try learner.renew(forest, replacing: 0, with: later, generation: 1) == forest)
  }

  @Test func `trees of a round share no row`() {
    let sampling = RowSampling(seed: 3, sampleCount: 50, drawsWithReplacement: false)
    for keys in [nil, (0..<500).map { SeededGenerator.mix($0) }] {
      let rows = sampling.rows(of: 0..<20, rowCount: 500, keys: keys, weights: nil)
      #expect(Set(rows[..<500]).count == 500)
      #expect(Set(rows[500...]).count == 500)
      #expect(Array(rows[..<500]) != Array(rows[500...]))
      #expect(
        sampling.rows(of: 13..<17, rowCount: 500, keys: keys, weights: nil)
          == Array(rows[650..<850]))
    }
  }

  @Test(arguments: [false, true])
  func `rows are drawn in proportion to their weights`(isDrawnWithReplacement: Bool) {
    let sampling = RowSampling(
      seed: 3, sampleCount: 10, drawsWithReplacement: isDrawnWithReplacement)
    let weights = (0..<200).map { $0 < 100 ? 0.0 : $0 < 150 ? 1 : 3 }
    // Each tree has a draw of its own only in rounds of one.
    let rows = (0..<100).flatMap { tree in
      Array(
        sampling.rows(
          of: tree * 20..<tree * 20 + 1, rowCount: 200, keys: nil, weights: weights))
    }
    #expect(rows.allSatisfy { $0 >= 100 })
    let heavyShare = Double(rows.count { $0 >= 150 }) / Double(rows.count)
    #expect(abs(heavyShare - 0.74) < 0.04)
  }

  @Test func `weights that cannot be used are refused`() throws {
    for weights in [[Double](repeating: 0, count: 500), Array(repeating: -1, count: 500)] {
      #expect(throws: TrainingError.self) {
        try learner(trees: 2).fit(matrix, featureNames: names, rowWeights: weights)
      }
    }
  }

  @Test func `an alert budget is kept`() throws {
    let forest = try learner(trees: 20, contamination: .alertBudget(7)).fit(
      matrix, featureNames: names)
    // Fewer only where the seventh and the eighth tie.
    let alarmCount = try forest.scores(of: matrix).count { forest.isAnomaly(score: $0) }
    #expect(alarmCount > 0 && alarmCount <= 7)
  }

  @Test func `normal rows are false alarms no more often than asked`() throws {
    let normal = IsolationForestLearnerTests.makeMatrix(rows: 600, outliers: 0)
    let forest = try learner(trees: 40, contamination: .falseAlarmRate(0.05)).fit(
      normal, featureNames: names)
    let fresh = IsolationForestLearnerTests.makeMatrix(rows: 2000, outliers: 0, seed: 77)
    let rate =
      Double(try forest.scores(of: fresh).count { forest.isAnomaly(score: $0) }) / 2000
    #expect(rate > 0.02 && rate < 0.08)
    let error = #expect(throws: TrainingError.self) {
      try learner(trees: 40, contamination: .falseAlarmRate(0.0001)).fit(
        normal, featureNames: names)
    }
    #expect(error?.description.contains("false_alarm_rate") == true)
  }

  @Test func `labels decide between presets, or else stability`() throws {
    var presets: [(IsolationForestParameters.Preset, IsolationForestParameters)] = []
    for preset in IsolationForestParameters.Preset.allCases {
      presets.append((preset, try IsolationForestParameters(preset)))
    }
    let byLabels = try PresetComparison(
      presets, on: matrix, featureNames: names, rowKeys: nil, threadCount: 2,
      quality: { scores in -scores[0] })
    #expect(byLabels.criterion == .labels)
    #expect(byLabels.best.quality == byLabels.candidates.map(\.quality).max())
    let byStability = try PresetComparison(
      presets, on: matrix, featureNames: names, rowKeys: nil, threadCount: 2, quality: nil)
    #expect(byStability.criterion == .stability)
    #expect(byStability.candidates.allSatisfy { $0.quality > 0.3 && $0.quality <= 1 })
  }

  @Test(arguments: [ForestRule.axisParallel, .pooledGain(dimensions: 2)])
  func `the feature that makes anomalies is the most important`(rule: ForestRule) throws {
    var matrix = IsolationForestLearnerTests.makeMatrix(rows: 500, outliers: 0)
    // Scattered: splits that part anomalies from each other are what DIFFI counts.
    for row in 0..<20 { matrix[row, 2] += Double(row % 2 == 0 ? 8 + 2 * row : -8 - 2 * row) }
    let forest = try learner(trees: 60, samples: 256, rule: rule).fit(matrix, featureNames: names)
    let isAnomaly = (0..<500).map { $0 < 20 }
    let importance = try #require(try forest.globalImportance(of: matrix, isAnomaly: isAnomaly))
    #expect(importance.indices.max { importance[$0] < importance[$1] } == 2)
    #expect(
      try forest.globalImportance(of: matrix, isAnomaly: isAnomaly.map { _ in false }) == nil)
  }
}
