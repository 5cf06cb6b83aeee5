internal import Files
internal import JSON
public import Models

/// A forest that scikit-learn grew, with rows and what scikit-learn says of them, from `Tests/Fixtures/isolation-forest`.
public struct ScikitLearnForest: Sendable, CustomStringConvertible {
  /// What is special about it.
  public let description: String
  /// The same trees.
  public let forest: IsolationForest
  /// Rows, NaN where a value is missing.
  public let rows: [[Double]]
  /// −`score_samples` of each row.
  public let scores: [Double]
  /// Whether `predict` gives −1.
  public let isAnomaly: [Bool]

  /// The forests of the fixture.
  public static func readAll() throws -> [ScikitLearnForest] {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let bytes = try FileSystem.read("/\(folder)/Fixtures/isolation-forest/sklearn-forests.json")
    return try (JSONValue(parsing: bytes)["cases"]?.arrayValue ?? []).map { try Self($0) }
  }

  private init(_ json: JSONValue) throws {
    func list(_ name: String) -> [JSONValue] { json[name]?.arrayValue ?? [] }
    description = json["name"]?.stringValue ?? ""
    forest = try IsolationForest(
      featureNames: ["a", "b", "c", "d", "e"], trees: Self.trees(list("trees")),
      sampleCount: Int(json["max_samples"]?.integerValue ?? 0), pathLength: .approximate,
      threshold: -(json["offset"]?.doubleValue ?? .nan))
    rows = list("rows").map { ($0.arrayValue ?? []).map { $0.doubleValue ?? .nan } }
    scores = list("score_samples").map { -($0.doubleValue ?? .nan) }
    isAnomaly = list("predict").map { $0.integerValue == -1 }
  }

  private static func trees(_ documents: [JSONValue]) -> ForestTrees {
    var trees = ForestTrees(termCount: 1)
    for document in documents {
      let nodes = document.arrayValue ?? []
      trees.nodeCounts.append(Int32(nodes.count))
      for node in nodes {
        if let rows = node["rows"]?.integerValue {
          trees.appendLeaf(count: Int(rows))
        } else {
          trees.appendSplit(
            feature: Int(node["feature"]?.integerValue ?? -1),
            threshold: node["threshold"]?.doubleValue ?? .nan,
            missing: node["missing_left"]?.boolValue == true ? .left : .right)
        }
      }
    }
    return trees
  }
}
