import Files
import Glibc
import JSON
import Models
import Tabular
import Testing

/// Forests that scikit-learn grew, read from `Tests/Fixtures/isolation-forest`, score as they do there.
struct ScikitLearnParityTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let forest: IsolationForest
    let rows: [[Double]]
    let scores: [Double]
    let isAnomaly: [Bool]
  }

  static let cases = (try? readCases()) ?? []

  @Test func `the fixture has five forests`() throws {
    #expect(try Self.readCases().count == 5)
  }

  @Test(arguments: cases)
  func `scores equal score_samples`(_ example: Case) throws {
    let scores = try example.forest.scores(of: Matrix(rows: example.rows))
    for (score, expected) in zip(scores, example.scores) {
      #expect(abs(score - expected) < 1e-9)
    }
  }

  @Test(arguments: cases)
  func `labels equal predict`(_ example: Case) throws {
    let scores = try example.forest.scores(of: Matrix(rows: example.rows))
    #expect(scores.map { example.forest.isAnomaly(score: $0) } == example.isAnomaly)
  }

  @Test(arguments: cases)
  func `a forest from elsewhere survives encoding`(_ example: Case) throws {
    #expect(try IsolationForest(decoding: example.forest.encoded()) == example.forest)
  }

  @Test(arguments: cases)
  func `contributions add up to the score`(_ example: Case) throws {
    for (row, score) in zip(example.rows, example.scores) {
      let sum = try example.forest.contributions(of: row).reduce(0, +)
      let expected = 1 + log2(score)
      #expect(abs(sum + example.forest.contributionBaseline - expected) < 1e-8)
    }
  }

  static func readCases() throws -> [Case] {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let bytes = try FileSystem.read("/\(folder)/Fixtures/isolation-forest/sklearn-forests.json")
    let document = try JSONValue(parsing: bytes)
    return try document["cases"]?.arrayValue?.map(readCase) ?? []
  }

  private static func readCase(_ json: JSONValue) throws -> Case {
    var trees = ForestTrees(termCount: 1)
    for tree in try #require(json["trees"]?.arrayValue) {
      let nodes = try #require(tree.arrayValue)
      trees.nodeCounts.append(Int32(nodes.count))
      for node in nodes {
        if let rows = node["rows"]?.integerValue {
          trees.appendLeaf(count: Int(rows))
        } else {
          trees.appendSplit(
            feature: Int(try #require(node["feature"]?.integerValue)),
            threshold: try #require(node["threshold"]?.doubleValue),
            missing: node["missing_left"]?.boolValue == true ? .left : .right)
        }
      }
    }
    let offset = try #require(json["offset"]?.doubleValue)
    return Case(
      testDescription: try #require(json["name"]?.stringValue),
      forest: try IsolationForest(
        featureNames: ["a", "b", "c", "d", "e"], trees: trees,
        sampleCount: Int(try #require(json["max_samples"]?.integerValue)),
        pathLength: .approximate, threshold: -offset),
      rows: try #require(json["rows"]?.arrayValue).map { row in
        row.arrayValue?.map { $0.doubleValue ?? .nan } ?? []
      },
      scores: try #require(json["score_samples"]?.arrayValue).map { -($0.doubleValue ?? .nan) },
      isAnomaly: try #require(json["predict"]?.arrayValue).map { $0.integerValue == -1 })
  }
}
