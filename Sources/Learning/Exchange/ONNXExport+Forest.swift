internal import Models
internal import ONNX
internal import Tabular

extension ONNXExport {
  /// The forest as one ensemble of trees whose leaves hold their share of ln score.
  func graph(of forest: IsolationForest) throws(ExchangeError) -> ONNXGraphBody {
    let isAxisParallel = forest.trees.termCount == 1
    let isDensity = !forest.trees.volumes.isEmpty
    guard !isDensity || !options.hasContributions else {
      throw .notExpressible(
        model: "the contributions of an isolation forest that measures densities", format: "ONNX",
        reason: "they are written for depths alone; export without contributions")
    }
    // The exponent is that of e; of a density it is its negative logarithm.
    let function = isDensity ? "Sigmoid" : "Exp"
    guard isAxisParallel || !options.hasContributions else {
      throw .notExpressible(
        model: "the contributions of an extended isolation forest", format: "ONNX",
        reason: "they depend on the row, not on its leaf alone; export without contributions")
    }
    let ensemble = ensemble(of: forest)
    let missingValues =
      forest.weighsBothBranches
      ? "a row without a value that a split reads scores NaN" : "as in training"
    guard isAxisParallel else {
      var body = projections(of: forest)
      body.nodes += [
        ensemble.node("projections", to: "exponent", targetCount: 1, isDouble: true),
        ONNXNode(function, ["exponent"], to: ["score"]),
      ]
      body.missingValues = missingValues
      return body
    }
    guard options.hasContributions else {
      return ONNXGraphBody(
        nodes: [
          ensemble.node("features", to: "exponent", targetCount: 1, isDouble: false),
          ONNXNode(function, ["exponent"], to: ["score"]),
        ], constants: [], missingValues: missingValues)
    }
    let count = forest.featureNames.count
    return ONNXGraphBody(
      nodes: [
        ensemble.node("features", to: "sums", targetCount: count + 1, isDouble: false),
        ONNXNode(
          "Split", ["sums", "widths"], to: ["exponent", "contributions"],
          attributes: [("axis", .integer(1))]),
        ONNXNode("Exp", ["exponent"], to: ["score"]),
      ], constants: [ONNXTensor("widths", .int64([1, Int64(count)]))],
      missingValues: missingValues)
  }

  private func ensemble(of forest: IsolationForest) -> TreeEnsemble {
    let trees = forest.trees
    var ensemble = TreeEnsemble()
    for tree in 0..<forest.treeCount {
      let nodes = forest.nodes(ofTree: tree)
      let charges = options.hasContributions ? leafCharges(of: nodes, in: forest) : [:]
      ensemble.append(nodes) { split in
        // The columns are the features, or for hyperplanes one projection per split.
        let column = trees.termCount == 1 ? Int(trees.features[split]) : split
        return (column, trees.thresholds[split], trees.missing[split] == .left)
      } values: { index in
        guard case .leaf(let length) = nodes[index].content else { return [] }
        return [(0, Self.logarithm(of: length, in: forest))] + (charges[index] ?? [])
      }
    }
    for column in Self.columnsSentBothWays(in: forest) {
      ensemble.appendGuard(column: column, target: 0)
    }
    return ensemble
  }

  /// What a leaf adds to the natural logarithm of the score.
  private static func logarithm(of length: Double, in forest: IsolationForest) -> Double {
    let ln2 = 0.6931471805599453
    let divisor = forest.exponentDivisor
    if divisor > 0 { return -length / divisor * ln2 }
    return divisor < 0 ? length / divisor * ln2 : -ln2 / Double(forest.treeCount)
  }

  /// One column for each feature whose absence sends a row down both branches of some split.
  private static func columnsSentBothWays(in forest: IsolationForest) -> [Int] {
    let trees = forest.trees
    var columns: [Int: Int] = [:]
    for split in trees.thresholds.indices where trees.missing[split] == .both {
      for term in split * trees.termCount..<(split + 1) * trees.termCount {
        let feature = Int(trees.features[term])
        if columns[feature] == nil { columns[feature] = trees.termCount == 1 ? feature : split }
      }
    }
    return Set(columns.values).sorted()
  }

  /// For each leaf the contributions of the splits above it, by target; feature f is target f + 1.
  private func leafCharges(
    of nodes: [ForestNode], in forest: IsolationForest
  ) -> [Int: [(target: Int, value: Double)]] {
    guard forest.exponentDivisor < 0 else { return [:] }
    var charges: [Int: [(target: Int, value: Double)]] = [:]
    var pending: [(node: Int, sums: [Int: Double])] = [(0, [:])]
    while let (index, sums) = pending.popLast() {
      guard case .split(let number, let right) = nodes[index].content else {
        charges[index] = sums.sorted { $0.key < $1.key }.map { ($0.key + 1, $0.value) }
        continue
      }
      let feature = Int(forest.trees.features[number])
      for child in [index + 1, right] {
        let step = 1 + nodes[child].expectedLength - nodes[index].expectedLength
        var after = sums
        after[feature, default: 0] += step / forest.exponentDivisor
        pending.append((child, after))
      }
    }
    return charges
  }

  /// One column per split: Σ weight · value, in float64 and in the order of the native code.
  private func projections(of forest: IsolationForest) -> ONNXGraphBody {
    let trees = forest.trees
    let shape = [trees.thresholds.count, trees.termCount]
    return ONNXGraphBody(
      nodes: [
        ONNXNode(
          "Cast", ["features"], to: ["wide"],
          attributes: [("to", .integer(Int64(ONNXElementType.float64.rawValue)))]),
        ONNXNode("Gather", ["wide", "terms"], to: ["values"], attributes: [("axis", .integer(1))]),
        ONNXNode("Mul", ["values", "weights"], to: ["products"]),
        ONNXNode(
          "ReduceSum", ["products", "last_axis"], to: ["projections"],
          attributes: [("keepdims", .integer(0))]),
      ],
      constants: [
        ONNXTensor("terms", .int64(trees.features.map(Int64.init)), shape: shape),
        ONNXTensor("weights", .float64(trees.weights), shape: shape),
        ONNXTensor("last_axis", .int64([-1])),
      ], missingValues: "")
  }
}
