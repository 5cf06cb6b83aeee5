internal import JSON
internal import Models

/// A tree in the arrays that scikit-learn keeps.
struct SkopsTree {
  let maximumDepth: Int
  /// For each node how many nodes its path has.
  let nodesOnPath: [Int64]
  /// For each node what scikit-learn adds to the depth for the rows that are together there.
  let averages: [Double]
  private let records: [UInt8]
  private let nodeCount: Int

  init(_ forest: IsolationForest, tree: Int) {
    let nodes = forest.nodes(ofTree: tree)
    let trees = forest.trees
    // scikit-learn divides by its own c(ψ).
    let own = -forest.exponentDivisor / Double(forest.treeCount)
    let unit = own > 0 ? PathLength.approximate.average(forest.sampleCount) / own : 1
    var records: [UInt8] = []
    for (index, node) in nodes.enumerated() {
      var words: [UInt64]
      var missingGoesLeft: UInt8 = 0
      switch node.content {
      case .split(let number, let right):
        words = [
          UInt64(index + 1), UInt64(right), UInt64(trees.features[number]),
          trees.thresholds[number].bitPattern,
        ]
        let leftIsLarger = 2 * nodes[index + 1].rowCount >= node.rowCount
        let goesLeft =
          trees.missing[number] == .both ? leftIsLarger : trees.missing[number] == .left
        missingGoesLeft = goesLeft ? 1 : 0
      case .leaf:
        words = [-1, -1, -2].map { UInt64(bitPattern: $0) } + [(-2.0).bitPattern]
      }
      words += [0, UInt64(node.rowCount), Double(node.rowCount).bitPattern]
      for word in words { NumpyArray.append(word, to: &records) }
      records += [missingGoesLeft] + [UInt8](repeating: 0, count: 7)
    }
    self.records = records
    nodeCount = nodes.count
    maximumDepth = nodes.map(\.depth).max() ?? 0
    nodesOnPath = nodes.map { Int64($0.depth) + 1 }
    averages = nodes.map { node in
      guard case .leaf(let length) = node.content else { return node.expectedLength }
      return length * unit - Double(node.depth)
    }
  }

  func describe(featureCount: Int64, in schema: inout SkopsSchema) -> JSONValue {
    let fields = [
      "('left_child', '<i8')", "('right_child', '<i8')", "('feature', '<i8')",
      "('threshold', '<f8')", "('impurity', '<f8')", "('n_node_samples', '<i8')",
      "('weighted_n_node_samples', '<f8')", "('missing_go_to_left', '|u1')", "('', '|V7')",
    ]
    let header = NumpyArray.header("[\(fields.joined(separator: ", "))]", shape: [nodeCount])
    let values = NumpyArray.encode(
      [Double](repeating: 0, count: nodeCount), shape: [nodeCount, 1, 1])
    let arguments = [
      schema.plain(.integer(featureCount)), schema.array(NumpyArray.encode([1])), schema.plain(1),
    ]
    let state = [
      ("max_depth", schema.plain(.integer(Int64(maximumDepth)))),
      ("node_count", schema.plain(.integer(Int64(nodeCount)))),
      ("nodes", schema.array(header + records)), ("values", schema.array(values)),
    ]
    return schema.tree(arguments: arguments, state: state)
  }
}
