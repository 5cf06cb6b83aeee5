import Files
import JSON
import Models
import Support
import Testing

/// Contributions beside path-dependent TreeSHAP of the same trees, recorded by `make_tree_shap.py`.
///
/// Both are additive; they differ in what they charge a split with: ours is exact along the row's own path, TreeSHAP
/// averages over orders of the features. They must tell the same story.
struct TreeSHAPComparisonTests {
  @Test func `contributions and TreeSHAP agree on what matters`() throws {
    let forest = try #require(try ScikitLearnForest.readAll().first)
    let recorded = try JSONValue(
      parsing: FileSystem.read(ExchangeExample.fixturePath("exchange/tree-shap.json")))
    let values = try #require(recorded["path_length"]?.arrayValue).map { row in
      (row.arrayValue ?? []).map { -($0.doubleValue ?? .nan) }
    }
    try #require(values.count == forest.rows.count)
    let length = PathLength.approximate.average(forest.forest.sampleCount)
    var amongFirstTwo = 0
    var anomalyCount = 0
    var own: [Double] = []
    var other: [Double] = []
    var offsets: [Double] = []
    for (row, shap) in zip(forest.rows, values) {
      // TreeSHAP explains the path length, contributions its negative in units of c(ψ).
      let contributions = try forest.forest.contributions(of: row).map { $0 * length }
      offsets.append(shap.reduce(0, +) - contributions.reduce(0, +))
      own += contributions.map { $0 - contributions.reduce(0, +) / 5 }
      other += shap.map { $0 - shap.reduce(0, +) / 5 }
      guard try forest.forest.score(of: row) > 0.55 else { continue }
      anomalyCount += 1
      let first = order(contributions)[0]
      if order(shap).prefix(2).contains(first) { amongFirstTwo += 1 }
    }
    // Both add up to the same path length, from a start that is the same for every row.
    #expect(offsets.allSatisfy { abs($0 - offsets[0]) < 1e-6 })
    #expect(anomalyCount >= 10)
    #expect(Double(amongFirstTwo) >= 0.85 * Double(anomalyCount))
    #expect(correlation(own, other) > 0.9)
  }

  /// The indices, the largest value first.
  private func order(_ values: [Double]) -> [Int] {
    values.indices.sorted { values[$0] > values[$1] }
  }

  private func correlation(_ a: [Double], _ b: [Double]) -> Double {
    let products = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    let squares = (a.reduce(0) { $0 + $1 * $1 }, b.reduce(0) { $0 + $1 * $1 })
    return products / (squares.0 * squares.1).squareRoot()
  }
}
