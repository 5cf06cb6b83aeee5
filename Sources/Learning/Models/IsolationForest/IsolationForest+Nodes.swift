/// A node of a tree, for those who draw or convert it.
public struct ForestNode: Equatable, Sendable {
  /// What the node does.
  public enum Content: Equatable, Sendable {
    /// Rows that come here have this path length: the depth and what the node's rows would add to it.
    case leaf(pathLength: Double)
    /// A split: its number in `ForestTrees`; the left child is the next node, the right one stands at `right` in the tree.
    case split(number: Int, right: Int)
  }

  /// What the node does.
  public let content: Content
  /// The depth; the root has 0.
  public let depth: Int
  /// How many rows of the sample passed it.
  public let rowCount: Int
  /// c(`rowCount`), the path length still to expect.
  public let expectedLength: Double
}

extension IsolationForest {
  /// The nodes of a tree in preorder.
  ///
  /// - Precondition: there is such a tree.
  public func nodes(ofTree tree: Int) -> [ForestNode] {
    let (start, end) = (structure.starts[tree], structure.starts[tree + 1])
    return (start..<end).map { node in
      let split = Int(structure.splitIndex[node])
      let content: ForestNode.Content =
        split < 0
        ? .leaf(pathLength: Double(structure.leafValues[node]) / ForestStructure.unit)
        : .split(number: split, right: Int(structure.right[node]) - start)
      return ForestNode(
        content: content, depth: Int(structure.depths[node]), rowCount: Int(structure.counts[node]),
        expectedLength: structure.averages[node])
    }
  }

  /// What the sum of a row's path lengths is divided by for the exponent of its score, −trees · c(ψ); 0 when all rows
  /// score ½. Positive where scores measure densities: for the exponent of the geometric mean, the number of trees.
  public var exponentDivisor: Double { structure.exponentDivisor / ForestStructure.unit }

  /// Whether some split sends a row that lacks its feature down both branches.
  public var weighsBothBranches: Bool { trees.missing.contains(.both) }
}
