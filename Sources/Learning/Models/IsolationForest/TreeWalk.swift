/// The trees laid out for walking: one branch-free step per level, several walks interleaved.
///
/// Siblings are neighbours and a leaf leads back to itself with a threshold that nothing exceeds, so a step is
/// `node = first + (value > threshold ? 1 : 0)` with no test for the end, and eight walks at a time hide the latency of
/// the loads. It serves forests of any depth, hyperplane splits and single rows.
struct TreeWalk: Sendable {
  /// 16 bytes: four nodes a cache line.
  struct Node: Sendable {
    var threshold: Double
    /// The feature, or for hyperplanes the index of the first term.
    var feature: Int32
    /// The left child; the right one follows it. A leaf names itself.
    var first: Int32
  }

  /// How many walks go on at once.
  static let laneCount = 8

  let nodes: [Node]
  /// The root of each tree.
  let roots: [Int32]
  /// The depth of each tree.
  let depths: [Int32]
  /// Leaf values by node.
  let values: [Int64]
  let termCount: Int
  let termFeatures: [Int32]
  let termWeights: [Double]

  init(_ structure: ForestStructure) {
    let trees = structure.trees
    var nodes: [Node] = []
    var values: [Int64] = []
    var roots: [Int32] = []
    var depths: [Int32] = []
    nodes.reserveCapacity(trees.isSplit.count)
    values.reserveCapacity(trees.isSplit.count)
    for tree in 0..<structure.treeCount {
      let start = structure.starts[tree]
      let nodeRange = start..<structure.starts[tree + 1]
      depths.append(nodeRange.reduce(0) { max($0, structure.depths[$1]) })
      let root = nodes.count
      roots.append(Int32(root))
      // Breadth first: `sources[i]` is the preorder node that lands at `root + i`.
      var sources = [start]
      var next = 0
      while next < sources.count {
        let source = sources[next]
        let split = Int(structure.splitIndex[source])
        if split >= 0 {
          let feature =
            trees.termCount == 1 ? trees.features[split] : Int32(split * trees.termCount)
          nodes.append(
            Node(
              threshold: trees.thresholds[split], feature: feature,
              first: Int32(root + sources.count)))
          sources.append(source + 1)
          sources.append(Int(structure.right[source]))
        } else {
          nodes.append(Node(threshold: .infinity, feature: 0, first: Int32(root + next)))
        }
        values.append(structure.leafValues[source])
        next += 1
      }
    }
    self.nodes = nodes
    self.values = values
    self.roots = roots
    self.depths = depths
    termCount = trees.termCount
    termFeatures = termCount == 1 ? [] : trees.features
    termWeights = trees.weights
  }

  /// Adds to `sums` the leaf values of `rowCount` rows without missing values, row-major in `rows`.
  func accumulate(_ rows: Span<Double>, rowCount: Int, columnCount: Int, into sums: inout [Int64]) {
    let nodes = nodes.span
    let values = values.span
    let step = Step(walk: self)
    for tree in 0..<roots.count {
      let (root, depth) = (Int(roots[tree]), depths[tree])
      var row = 0
      while row + Self.laneCount <= rowCount {
        let offset = row * columnCount
        var (a, b, c, d) = (root, root, root, root)
        var (e, f, g, h) = (root, root, root, root)
        var level: Int32 = 0
        while level < depth {
          a = step.next(a, nodes, rows, offset)
          b = step.next(b, nodes, rows, offset + columnCount)
          c = step.next(c, nodes, rows, offset + 2 * columnCount)
          d = step.next(d, nodes, rows, offset + 3 * columnCount)
          e = step.next(e, nodes, rows, offset + 4 * columnCount)
          f = step.next(f, nodes, rows, offset + 5 * columnCount)
          g = step.next(g, nodes, rows, offset + 6 * columnCount)
          h = step.next(h, nodes, rows, offset + 7 * columnCount)
          level += 1
        }
        sums[row] += values[a]
        sums[row + 1] += values[b]
        sums[row + 2] += values[c]
        sums[row + 3] += values[d]
        sums[row + 4] += values[e]
        sums[row + 5] += values[f]
        sums[row + 6] += values[g]
        sums[row + 7] += values[h]
        row += Self.laneCount
      }
      while row < rowCount {
        var node = root
        for _ in 0..<depth { node = step.next(node, nodes, rows, row * columnCount) }
        sums[row] += values[node]
        row += 1
      }
    }
  }

  /// The sum of the leaf values of one row without missing values: eight trees at a time.
  func sum(_ row: Span<Double>) -> Int64 {
    let nodes = nodes.span
    let values = values.span
    let step = Step(walk: self)
    var sum: Int64 = 0
    var tree = 0
    while tree + Self.laneCount <= roots.count {
      var (a, b, c, d) = (
        Int(roots[tree]), Int(roots[tree + 1]), Int(roots[tree + 2]), Int(roots[tree + 3])
      )
      var (e, f, g, h) = (
        Int(roots[tree + 4]), Int(roots[tree + 5]), Int(roots[tree + 6]), Int(roots[tree + 7])
      )
      var depth: Int32 = 0
      for lane in 0..<Self.laneCount { depth = max(depth, depths[tree + lane]) }
      while depth > 0 {
        a = step.next(a, nodes, row, 0)
        b = step.next(b, nodes, row, 0)
        c = step.next(c, nodes, row, 0)
        d = step.next(d, nodes, row, 0)
        e = step.next(e, nodes, row, 0)
        f = step.next(f, nodes, row, 0)
        g = step.next(g, nodes, row, 0)
        h = step.next(h, nodes, row, 0)
        depth -= 1
      }
      sum += values[a] + values[b] + values[c] + values[d]
      sum += values[e] + values[f] + values[g] + values[h]
      tree += Self.laneCount
    }
    while tree < roots.count {
      var node = Int(roots[tree])
      for _ in 0..<depths[tree] { node = step.next(node, nodes, row, 0) }
      sum += values[node]
      tree += 1
    }
    return sum
  }
}

/// One level down; kept apart so that the loops above read as lanes.
private struct Step {
  let termCount: Int
  let termFeatures: [Int32]
  let termWeights: [Double]

  init(walk: TreeWalk) {
    termCount = walk.termCount
    termFeatures = walk.termFeatures
    termWeights = walk.termWeights
  }

  @inline(__always)
  func next(_ index: Int, _ nodes: Span<TreeWalk.Node>, _ rows: Span<Double>, _ offset: Int) -> Int
  {
    let node = nodes[index]
    let value: Double
    if termCount == 1 {
      value = rows[offset + Int(node.feature)]
    } else {
      let first = Int(node.feature)
      var projection = 0.0
      for term in first..<first + termCount {
        projection += termWeights[term] * rows[offset + Int(termFeatures[term])]
      }
      value = projection
    }
    return Int(node.first) + (value > node.threshold ? 1 : 0)
  }
}
