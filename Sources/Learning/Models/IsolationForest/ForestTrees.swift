/// Trees as a learner or a file gives them: every tree's nodes in preorder, one tree after the other.
///
/// In preorder the left child of a split is the next node and the right child follows the left subtree, so the kinds
/// of the nodes alone give the structure and no child index can be out of range or circular.
public struct ForestTrees: Equatable, Sendable {
  /// How many features each split looks at: 1 for axis-parallel trees, more for hyperplanes.
  public var termCount: Int
  /// The number of nodes of each tree.
  public var nodeCounts: [Int32] = []
  /// For every node: does it split?
  public var isSplit: [Bool] = []
  /// For every split its `termCount` features, in the order of the nodes.
  public var features: [Int32] = []
  /// For every split its `termCount` weights; empty when `termCount` is 1.
  public var weights: [Double] = []
  /// For every split: rows with Σ weight · value ≤ threshold go left.
  public var thresholds: [Double] = []
  /// For every split: where a row without the value goes.
  public var missing: [MissingRule] = []
  /// For hyperplanes a typical value of every feature, which explanations measure from; empty when `termCount` is 1.
  public var centers: [Double] = []
  /// For every split the share of the range of its rows that lies on the left, between 0 and 1, when scores measure
  /// densities; empty when they measure depths.
  public var volumes: [Double] = []
  /// For every split the least and the greatest value that costs nothing: a row outside has a path shorter by one. Empty
  /// without such a penalty.
  public var ranges: [Double] = []
  /// For every leaf: how many rows of the tree's sample ended there.
  public var leafCounts: [Int32] = []
  /// The categorical features; a split on one compares the category's place in the tree.
  public var categories: [CategoryPlaces] = []

  /// What a split does with a row that lacks (one of) its features.
  public enum MissingRule: UInt8, Sendable {
    /// Both branches count, in proportion to the rows that each had in the sample.
    case both = 0
    /// The row goes left.
    case left = 1
    /// The row goes right.
    case right = 2
  }

  /// Starts without trees.
  public init(termCount: Int) {
    self.termCount = termCount
  }

  /// Joins trees that all have `termCount`.
  public init(termCount: Int, joining trees: [ForestTrees]) {
    self.init(termCount: termCount)
    var (splitCount, leafCount) = (0, 0)
    for tree in trees {
      splitCount += tree.thresholds.count
      leafCount += tree.leafCounts.count
    }
    reserve(trees: trees.count, splits: splitCount, leaves: leafCount)
    let categories = (trees.first?.categories ?? []).indices.map { number in
      CategoryPlaces(joining: trees.map { $0.categories[number] })
    }
    for tree in trees { appendArrays(tree) }
    self.categories = categories
  }

  /// Makes room, so that appending does not move what is there.
  public mutating func reserve(trees: Int, splits: Int, leaves: Int) {
    nodeCounts.reserveCapacity(trees)
    isSplit.reserveCapacity(splits + leaves)
    features.reserveCapacity(splits * termCount)
    if termCount > 1 { weights.reserveCapacity(splits * termCount) }
    thresholds.reserveCapacity(splits)
    missing.reserveCapacity(splits)
    leafCounts.reserveCapacity(leaves)
  }

  /// Appends a leaf with `count` rows to the tree that is being written.
  public mutating func appendLeaf(count: Int) {
    isSplit.append(false)
    leafCounts.append(Int32(clamping: count))
  }

  /// Appends an axis-parallel split to the tree that is being written.
  public mutating func appendSplit(
    feature: Int, threshold: Double, missing rule: MissingRule = .both
  ) {
    isSplit.append(true)
    features.append(Int32(clamping: feature))
    thresholds.append(threshold)
    missing.append(rule)
  }

  /// Notes what the scores of a forest need to know of the split that was appended last.
  ///
  /// - Parameters:
  ///   - threshold: The threshold of the split.
  ///   - low: The least of what its rows were compared by.
  ///   - high: The greatest, above `low`.
  public mutating func noteExtent(
    threshold: Double, low: Double, high: Double, measuresDensity: Bool, penalizesRange: Bool
  ) {
    // Halves, so that extremes of opposite sign do not overflow.
    let width = high / 2 - low / 2
    if measuresDensity {
      let share = width > 0 ? (threshold / 2 - low / 2) / width : 0.5
      volumes.append(min(max(share, 0x1p-53), 1 - 0x1p-53))
    }
    if penalizesRange {
      let limit = Double.greatestFiniteMagnitude
      ranges.append(max(threshold - 2 * width, -limit))
      ranges.append(min(threshold + 2 * width, limit))
    }
  }

  /// The trees without the first `count`.
  ///
  /// - Precondition: there are as many.
  public func droppingTrees(_ count: Int) -> ForestTrees {
    let nodeCount = nodeCounts[..<count].reduce(0) { $0 + Int($1) }
    let splitCount = isSplit[..<nodeCount].count { $0 }
    var rest = ForestTrees(termCount: termCount)
    rest.nodeCounts = Array(nodeCounts[count...])
    rest.isSplit = Array(isSplit[nodeCount...])
    rest.features = Array(features[(splitCount * termCount)...])
    if termCount > 1 { rest.weights = Array(weights[(splitCount * termCount)...]) }
    rest.thresholds = Array(thresholds[splitCount...])
    rest.missing = Array(missing[splitCount...])
    rest.centers = centers
    rest.volumes = Array(volumes.dropFirst(splitCount))
    rest.ranges = Array(ranges.dropFirst(2 * splitCount))
    rest.leafCounts = Array(leafCounts[(nodeCount - splitCount)...])
    rest.categories = categories.map { $0.droppingTrees(count) }
    return rest
  }

  /// Appends all trees of `other`, which has the same `termCount` and categorical features.
  public mutating func append(_ other: ForestTrees) {
    precondition(
      other.categories.map(\.feature) == categories.map(\.feature),
      "trees of one forest know the same categorical features")
    categories = categories.indices.map {
      CategoryPlaces(joining: [categories[$0], other.categories[$0]])
    }
    appendArrays(other)
  }

  private mutating func appendArrays(_ other: ForestTrees) {
    precondition(other.termCount == termCount, "trees of one forest split alike")
    nodeCounts += other.nodeCounts
    isSplit += other.isSplit
    features += other.features
    weights += other.weights
    thresholds += other.thresholds
    missing += other.missing
    volumes += other.volumes
    ranges += other.ranges
    leafCounts += other.leafCounts
  }
}
