internal import Models
internal import ONNX

/// The attributes of a `TreeEnsembleRegressor`, gathered node by node.
struct TreeEnsemble {
  private var treeIDs: [Int64] = []
  private var nodeIDs: [Int64] = []
  private var featureIDs: [Int64] = []
  private var modes: [String] = []
  private var thresholds: [Double] = []
  private var trueIDs: [Int64] = []
  private var falseIDs: [Int64] = []
  private var missingIsTrue: [Int64] = []
  private var weightTrees: [Int64] = []
  private var weightNodes: [Int64] = []
  private var weightTargets: [Int64] = []
  private var weights: [Double] = []
  private var treeCount: Int64 = 0

  /// Appends a tree.
  ///
  /// - Parameters:
  ///   - nodes: In preorder.
  ///   - split: The column that a split compares, its threshold, and whether a missing value goes left.
  ///   - values: What a leaf, given by its place in `nodes`, adds to each target; zeros may be left out.
  mutating func append(
    _ nodes: [ForestNode],
    split: (Int) -> (column: Int, threshold: Double, missingGoesLeft: Bool),
    values: (Int) -> [(target: Int, value: Double)]
  ) {
    for (index, node) in nodes.enumerated() {
      switch node.content {
      case .split(let number, let right):
        let (column, threshold, missingGoesLeft) = split(number)
        appendNode(
          index, "BRANCH_LEQ", column: column, threshold: threshold, left: index + 1, right: right,
          missingGoesLeft: missingGoesLeft)
      case .leaf:
        appendLeaf(index, values(index))
      }
    }
    treeCount += 1
  }

  /// Appends a tree that adds NaN to `target` unless column `column` holds a finite or negative infinite value.
  mutating func appendGuard(column: Int, target: Int) {
    appendNode(
      0, "BRANCH_LEQ", column: column, threshold: .greatestFiniteMagnitude, left: 1, right: 2,
      missingGoesLeft: false)
    appendLeaf(1, [(target, 0)])
    appendLeaf(2, [(target, .nan)])
    treeCount += 1
  }

  private mutating func appendLeaf(_ index: Int, _ values: [(target: Int, value: Double)]) {
    appendNode(index, "LEAF", column: 0, threshold: 0, left: 0, right: 0, missingGoesLeft: false)
    for (target, value) in values {
      weightTrees.append(treeCount)
      weightNodes.append(Int64(index))
      weightTargets.append(Int64(target))
      weights.append(value)
    }
  }

  private mutating func appendNode(
    _ index: Int, _ mode: String, column: Int, threshold: Double, left: Int, right: Int,
    missingGoesLeft: Bool
  ) {
    treeIDs.append(treeCount)
    nodeIDs.append(Int64(index))
    featureIDs.append(Int64(column))
    modes.append(mode)
    thresholds.append(threshold)
    trueIDs.append(Int64(left))
    falseIDs.append(Int64(right))
    missingIsTrue.append(missingGoesLeft ? 1 : 0)
  }

  /// The operator, reading `input` and writing `output` with `targetCount` columns.
  ///
  /// - Parameter isDouble: Whether the input is float64; otherwise thresholds are rounded so that every float32 takes the
  ///   same branch.
  func node(
    _ input: String, to output: String, targetCount: Int, isDouble: Bool
  ) -> ONNXNode {
    var attributes: [(name: String, value: ONNXNode.Attribute)] = [
      ("aggregate_function", .text("SUM")),
      ("n_targets", .integer(Int64(targetCount))),
      ("nodes_falsenodeids", .integers(falseIDs)),
      ("nodes_featureids", .integers(featureIDs)),
    ]
    if missingIsTrue.contains(1) {
      attributes.append(("nodes_missing_value_tracks_true", .integers(missingIsTrue)))
    }
    attributes += [
      ("nodes_modes", .texts(modes)), ("nodes_nodeids", .integers(nodeIDs)),
      ("nodes_treeids", .integers(treeIDs)), ("nodes_truenodeids", .integers(trueIDs)),
    ]
    if isDouble {
      attributes += [
        ("nodes_values_as_tensor", .tensor(ONNXTensor("", .float64(thresholds)))),
        ("target_weights_as_tensor", .tensor(ONNXTensor("", .float64(weights)))),
      ]
    } else {
      attributes += [
        ("nodes_values", .floats(thresholds.map { Float.roundedDown($0) })),
        ("target_weights", .floats(weights.map { Float($0) })),
      ]
    }
    attributes += [
      ("post_transform", .text("NONE")), ("target_ids", .integers(weightTargets)),
      ("target_nodeids", .integers(weightNodes)), ("target_treeids", .integers(weightTrees)),
    ]
    return ONNXNode(
      "TreeEnsembleRegressor", domain: "ai.onnx.ml", [input], to: [output], attributes: attributes)
  }
}
