import Glibc
import Models
import Support
import Tabular
import Testing

/// Forests that scikit-learn grew, read from `Tests/Fixtures/isolation-forest`, score as they do there.
struct ScikitLearnParityTests {
  static let cases = (try? ScikitLearnForest.readAll()) ?? []

  @Test func `the fixture has five forests`() throws {
    #expect(try ScikitLearnForest.readAll().count == 5)
  }

  @Test(arguments: cases)
  func `scores equal score_samples`(_ example: ScikitLearnForest) throws {
    let scores = try example.forest.scores(of: Matrix(rows: example.rows))
    for (score, expected) in zip(scores, example.scores) {
      #expect(abs(score - expected) < 1e-9)
    }
  }

  @Test(arguments: cases)
  func `labels equal predict`(_ example: ScikitLearnForest) throws {
    let scores = try example.forest.scores(of: Matrix(rows: example.rows))
    #expect(scores.map { example.forest.isAnomaly(score: $0) } == example.isAnomaly)
  }

  @Test(arguments: cases)
  func `a forest from elsewhere survives encoding`(_ example: ScikitLearnForest) throws {
    #expect(try IsolationForest(decoding: example.forest.encoded()) == example.forest)
  }

  @Test(arguments: cases)
  func `contributions add up to the score`(_ example: ScikitLearnForest) throws {
    for (row, score) in zip(example.rows, example.scores) {
      let sum = try example.forest.contributions(of: row).reduce(0, +)
      let expected = 1 + log2(score)
      #expect(abs(sum + example.forest.contributionBaseline - expected) < 1e-8)
    }
  }
}
