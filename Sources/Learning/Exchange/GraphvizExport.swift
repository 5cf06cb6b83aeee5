public import Models

/// A tree of a forest as a drawing for Graphviz: `dot -Tsvg tree.dot`.
public enum GraphvizExport {
  /// The drawing in the DOT language: splits with their rule and their rows, leaves with their path length.
  ///
  /// - Throws: `ExchangeError.noSuchTree`.
  public static func text(
    of forest: IsolationForest, tree: Int
  ) throws(ExchangeError) -> String {
    guard (0..<forest.treeCount).contains(tree) else {
      throw .noSuchTree(index: tree, treeCount: forest.treeCount)
    }
    var text = """
      digraph tree_\(tree) {
        node [shape=box, fontname="sans-serif", fontsize=10];
        edge [fontname="sans-serif", fontsize=9];

      """
    for (index, node) in forest.nodes(ofTree: tree).enumerated() {
      switch node.content {
      case .split(let number, let right):
        let label = "\(rule(number, forest)) ≤ \(forest.trees.thresholds[number])"
        text += "  n\(index) [label=\(quoted("\(label)\n\(node.rowCount) rows"))];\n"
        text += "  n\(index) -> n\(index + 1) [label=\"yes\"];\n"
        text += "  n\(index) -> n\(right) [label=\"no\"];\n"
      case .leaf(let length):
        let rounded = (length * 100).rounded() / 100
        let rows = node.rowCount == 1 ? "1 row" : "\(node.rowCount) rows"
        text +=
          "  n\(index) [style=rounded, label=\(quoted("\(rows)\npath length \(rounded)"))];\n"
      }
    }
    return text + "}\n"
  }

  /// What a split compares with its threshold.
  private static func rule(_ split: Int, _ forest: IsolationForest) -> String {
    let trees = forest.trees
    let terms = split * trees.termCount..<(split + 1) * trees.termCount
    let categorical = Set(trees.categories.map(\.feature))
    let names = terms.map { term in
      let feature = Int(trees.features[term])
      let name = forest.featureNames[feature]
      return categorical.contains(feature) ? "place of \(name)" : name
    }
    guard trees.termCount > 1 else { return names[0] }
    return zip(terms, names).map { "\(trees.weights[$0]) · \($1)" }.joined(separator: " +\n")
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.append(character)
      }
    }
    return result + "\""
  }
}
