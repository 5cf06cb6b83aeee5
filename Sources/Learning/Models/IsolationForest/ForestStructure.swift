internal import Tabular

/// What is derived from `ForestTrees` once, so that scoring needs no checks: children, sizes, depths, leaf values.
struct ForestStructure: Sendable {
  /// The first node of each tree, and at the end the number of nodes.
  let starts: [Int]
  /// Per node: the right child, or 0 for a leaf; the left child is the next node.
  let right: [Int32]
  /// Per node: how many rows of the sample passed it.
  let counts: [Int64]
  /// Per node: its depth; the root has 0.
  let depths: [Int32]
  /// Per node: the number of the split, or −1 for a leaf.
  let splitIndex: [Int32]
  /// Per node what a row pays when it arrives: 1 + c(node) − c(parent), or the logarithm (base 2) of the node's density over
  /// its parent's; 0 at roots.
  let arrivals: [Double]
  /// Per node: depth + c(count), or the logarithm of the density, in units of 2⁻³² for a leaf, 0 for a split.
  let leafValues: [Int64]
  /// Per node: c(count).
  let averages: [Double]
  let trees: ForestTrees
  /// The mean over the trees of c(rows of the tree): c(ψ) unless a forest from elsewhere counts differently.
  let rootAverage: Double
  /// c(ψ).
  let normalizer: Double
  /// Divides a row's sum of leaf values into the exponent of its score; 0 when c(ψ) is 0.
  ///
  /// c(ψ) is rounded as leaf values are and divides, so that a tree without splits gives exactly −1. Positive when the
  /// leaf values are densities: it then divides into the mean logarithm.
  let exponentDivisor: Double

  /// One in the unit of leaf values.
  static let unit = 4_294_967_296.0

  /// Derives all of it.
  ///
  /// - Precondition: `checkShape` accepts the trees.
  init(_ trees: ForestTrees, sampleCount: Int, pathLength: PathLength) throws(ModelError) {
    self.trees = trees
    let nodeCount = trees.isSplit.count
    var starts = [0]
    for count in trees.nodeCounts { starts.append(starts[starts.count - 1] + Int(count)) }
    var right = [Int32](repeating: 0, count: nodeCount)
    var depths = [Int32](repeating: 0, count: nodeCount)
    var splitIndex = [Int32](repeating: -1, count: nodeCount)
    var counts = [Int64](repeating: 0, count: nodeCount)
    var splitCount: Int32 = 0
    var leafCount = 0
    // Splits whose right child has not been met yet.
    var open: [Int] = []
    for tree in 0..<trees.nodeCounts.count {
      let (start, end) = (starts[tree], starts[tree + 1])
      open.removeAll(keepingCapacity: true)
      var isComplete = false
      for node in start..<end {
        guard !isComplete else {
          throw .malformed(reason: "tree \(tree) has nodes after its last leaf")
        }
        if trees.isSplit[node] {
          guard node + 1 < end else { throw .malformed(reason: "tree \(tree) is cut") }
          splitIndex[node] = splitCount
          splitCount += 1
          depths[node + 1] = depths[node] + 1
          open.append(node)
        } else {
          counts[node] = Int64(trees.leafCounts[leafCount])
          leafCount += 1
          if let parent = open.popLast() {
            guard node + 1 < end else { throw .malformed(reason: "tree \(tree) is cut") }
            right[parent] = Int32(node + 1)
            depths[node + 1] = depths[parent] + 1
          } else {
            isComplete = true
          }
        }
      }
    }
    for node in (0..<nodeCount).reversed() where trees.isSplit[node] {
      counts[node] = counts[node + 1] + counts[Int(right[node])]
    }
    // One c(n) per distinct n: a forest has thousands of nodes but few sizes, most of them small.
    var known = [Double](repeating: .nan, count: 4096)
    let averages = counts.map { count in
      guard count < known.count else { return pathLength.average(Int(count)) }
      let size = Int(count)
      if known[size].isNaN { known[size] = pathLength.average(size) }
      return known[size]
    }
    var arrivals = [Double](repeating: 0, count: nodeCount)
    var densities = arrivals
    for node in 0..<nodeCount where trees.isSplit[node] {
      for child in [node + 1, Int(right[node])] {
        guard !trees.volumes.isEmpty else {
          arrivals[child] = 1 + averages[child] - averages[node]
          continue
        }
        let volume = trees.volumes[Int(splitIndex[node])]
        arrivals[child] =
          PortableMath.log(
            Double(counts[child]) / Double(counts[node])
              / (child == node + 1 ? volume : 1 - volume)) / 0.6931471805599453
        densities[child] = densities[node] + arrivals[child]
      }
    }
    var longest = 0.0
    var leafValues = [Int64](repeating: 0, count: nodeCount)
    for node in 0..<nodeCount where !trees.isSplit[node] {
      let length =
        trees.volumes.isEmpty ? Double(depths[node]) + averages[node] : densities[node]
      longest = max(longest, length.magnitude)
      leafValues[node] = Int64((length * Self.unit).rounded())
    }
    guard longest * Double(trees.nodeCounts.count) < 0x1p30 else {
      throw .malformed(reason: "the trees are too deep")
    }
    let treeCount = Double(trees.nodeCounts.count)
    rootAverage = starts.dropLast().reduce(0) { $0 + averages[$1] } / treeCount
    normalizer = pathLength.average(sampleCount)
    exponentDivisor =
      trees.volumes.isEmpty
      ? -(normalizer * Self.unit).rounded() * treeCount : Self.unit * treeCount
    self.arrivals = arrivals
    self.starts = starts
    self.right = right
    self.counts = counts
    self.depths = depths
    self.splitIndex = splitIndex
    self.leafValues = leafValues
    self.averages = averages
  }

  var treeCount: Int { starts.count - 1 }

  var measuresDensity: Bool { !trees.volumes.isEmpty }

  var penalizesRange: Bool { !trees.ranges.isEmpty }

  /// Whether a row with this projection is so far outside what split number `split` was made from that its path is cut.
  func isOutside(_ projection: Double, split: Int) -> Bool {
    penalizesRange
      && (projection < trees.ranges[2 * split] || projection > trees.ranges[2 * split + 1])
  }

  /// The sizes of the arrays and every value in them, before anything is derived.
  static func checkShape(_ trees: ForestTrees, featureCount: Int) throws(ModelError) {
    let nodeCount = trees.isSplit.count
    let splitCount = trees.isSplit.count { $0 }
    guard !trees.nodeCounts.isEmpty else { throw .malformed(reason: "the forest has no trees") }
    guard nodeCount <= Int(Int32.max) else { throw .malformed(reason: "too many nodes") }
    guard trees.nodeCounts.allSatisfy({ $0 > 0 }),
      trees.nodeCounts.reduce(0, { $0 + Int($1) }) == nodeCount
    else { throw .malformed(reason: "the node counts do not add up") }
    guard trees.termCount >= 1, trees.termCount <= featureCount else {
      throw .malformed(reason: "splits over \(trees.termCount) of \(featureCount) features")
    }
    guard trees.thresholds.count == splitCount, trees.missing.count == splitCount,
      trees.features.count == splitCount * trees.termCount,
      trees.weights.count == (trees.termCount == 1 ? 0 : trees.features.count),
      trees.leafCounts.count == nodeCount - splitCount
    else { throw .malformed(reason: "arrays of the trees differ in length") }
    guard trees.features.allSatisfy({ $0 >= 0 && $0 < featureCount }) else {
      throw .malformed(reason: "a split uses a feature that does not exist")
    }
    guard trees.centers.count == (trees.termCount == 1 ? 0 : featureCount) else {
      throw .malformed(reason: "the centers are not one per feature")
    }
    guard trees.thresholds.allSatisfy(\.isFinite), trees.weights.allSatisfy(\.isFinite),
      trees.centers.allSatisfy(\.isFinite)
    else { throw .malformed(reason: "a threshold, weight or center is not finite") }
    guard trees.volumes.isEmpty || trees.volumes.count == splitCount,
      trees.volumes.allSatisfy({ $0 > 0 && $0 < 1 })
    else { throw .malformed(reason: "the volumes are not a share for every split") }
    guard trees.ranges.isEmpty || trees.ranges.count == 2 * splitCount,
      trees.ranges.allSatisfy(\.isFinite)
    else { throw .malformed(reason: "the ranges are not two numbers for every split") }
    guard trees.leafCounts.allSatisfy({ $0 > 0 }) else {
      throw .malformed(reason: "a leaf has no rows")
    }
  }
}
