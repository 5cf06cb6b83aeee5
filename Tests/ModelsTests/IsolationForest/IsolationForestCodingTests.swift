import Files
import JSON
import Models
import Tabular
import Testing

struct IsolationForestCodingTests {
  @Test func `a decoded forest equals the encoded one`() throws {
    let forest = try IsolationForestTests.makeStump().withThreshold(0.625)
    let encoded = forest.encoded()
    let decoded = try IsolationForest(decoding: encoded)
    #expect(decoded == forest)
    #expect(decoded.encoded() == encoded)
    #expect(decoded.threshold == 0.625)
  }

  @Test func `the description survives JSON text`() throws {
    var encoded = try IsolationForestTests.makeStump().encoded()
    let text = JSONValue.object(encoded.description).text()
    encoded.description = try #require(try JSONValue(parsing: text).objectValue)
    #expect(try IsolationForest(decoding: encoded) == IsolationForestTests.makeStump())
  }

  @Test(arguments: [
    "kind", "format", "feature_names", "sample_count", "path_length", "threshold",
    "term_count", "checksum",
  ])
  func `a description without a member is refused`(member: String) throws {
    var encoded = try IsolationForestTests.makeStump().encoded()
    encoded.description[member] = nil
    #expect(throws: ModelError.self) { try IsolationForest(decoding: encoded) }
    encoded.description[member] = .array([.null, .number(-1e300)])
    #expect(throws: ModelError.self) { try IsolationForest(decoding: encoded) }
  }

  @Test func `every missing or changed array is found`() throws {
    let encoded = try IsolationForestTests.makeStump().encoded()
    for index in encoded.tensors.indices {
      var cut = encoded
      cut.tensors.remove(at: index)
      #expect(throws: ModelError.self) { try IsolationForest(decoding: cut) }
      var changed = encoded
      changed.tensors[index] = Tensor(encoded.tensors[index].name, .float32([1, 2]))
      #expect(throws: ModelError.self) { try IsolationForest(decoding: changed) }
    }
  }

  /// Arrays that no checksum protects, as a hostile writer would make them: any of them is refused or is a forest
  /// that can be scored, encoded and explained; none traps.
  @Test func `no arrays trap`() throws {
    let original = try IsolationForestTests.makeStump().trees
    var generator = SeededGenerator(seed: 11)
    var refused = 0
    for _ in 0..<2000 {
      var trees = original
      for _ in 0...generator.below(2) { Self.tamper(&trees, with: &generator) }
      do throws(ModelError) {
        let forest = try IsolationForest(
          featureNames: ["x", "y"], trees: trees,
          sampleCount: generator.chance(0.1) ? Int.max : 4)
        let scores = try forest.scores(
          of: Matrix(rows: [[0, 1], [.nan, 2], [1e308, -1e308], [2, .nan]]))
        #expect(scores.allSatisfy { $0 > 0 && $0 <= 1 })
        _ = try forest.contributions(of: [.nan, 1])
        #expect(try IsolationForest(decoding: forest.encoded()) == forest)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 1000)
  }

  private static func tamper(_ trees: inout ForestTrees, with generator: inout SeededGenerator) {
    let number = [-1, 0, 1, 2, 7, .max, .min][generator.below(7)] as Int32
    let value = [-0.0, .nan, .infinity, 1e308, -1e308, .leastNonzeroMagnitude][generator.below(6)]
    switch generator.below(10) {
    case 0: trees.termCount = Int(number)
    case 1: trees.nodeCounts.append(number)
    case 2: trees.nodeCounts[0] = number
    case 3: trees.isSplit[generator.below(trees.isSplit.count)].toggle()
    case 4: trees.isSplit.append(generator.chance(0.5))
    case 5: trees.features.append(number)
    case 6 where !trees.features.isEmpty: trees.features[0] = number
    case 7 where !trees.thresholds.isEmpty: trees.thresholds[0] = value
    case 8: trees.weights.append(value)
    default: trees.leafCounts[generator.below(trees.leafCounts.count)] = number
    }
  }
}
