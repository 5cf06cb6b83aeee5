/// Trees of one kind of node laid out for walking a row: one branch-free step per level, eight trees interleaved.
struct WalkLayout<Node: WalkNode>: Sendable {
  /// How many walks go on at once.
  private static var laneCount: Int { 8 }

  private let nodes: [Node]
  /// All terms of hyperplanes.
  private let terms: [WalkTerm]
  /// The root of each tree.
  private let roots: [Int]
  /// The depth of each tree.
  private let depths: [Int32]
  /// Leaf values by node.
  private let values: [Int64]
  /// By node what a row pays when it arrives there, 1 + c(node) − c(parent); 0 at roots.
  private let charges: [Double]

  init(_ structure: ForestStructure) {
    let trees = structure.trees
    terms = trees.features.indices.map { index in
      WalkTerm(
        weight: trees.termCount == 1 ? 1 : trees.weights[index], feature: trees.features[index])
    }
    var nodes: [Node] = []
    var values: [Int64] = []
    var charges: [Double] = []
    var roots: [Int] = []
    var depths: [Int32] = []
    nodes.reserveCapacity(trees.isSplit.count)
    values.reserveCapacity(trees.isSplit.count)
    charges.reserveCapacity(trees.isSplit.count)
    for tree in 0..<structure.treeCount {
      let start = structure.starts[tree]
      var depth: Int32 = 0
      let root = nodes.count
      roots.append(root)
      charges.append(0)
      // Breadth first: `sources[i]` is the preorder node that lands at `root + i`.
      var sources = [start]
      var next = 0
      while next < sources.count {
        let source = sources[next]
        let split = Int(structure.splitIndex[source])
        depth = max(depth, structure.depths[source])
        if split >= 0 {
          let range = split * trees.termCount..<(split + 1) * trees.termCount
          nodes.append(
            Node(
              threshold: trees.thresholds[split], first: Int32(root + sources.count),
              terms: terms[range]))
          for child in [source + 1, Int(structure.right[source])] {
            sources.append(child)
            charges.append(structure.arrivals[child])
          }
        } else {
          nodes.append(Node(threshold: .infinity, first: Int32(root + next), terms: terms[0..<0]))
        }
        values.append(structure.leafValues[source])
        next += 1
      }
      depths.append(depth)
    }
    self.nodes = nodes
    self.values = values
    self.charges = charges
    self.roots = roots
    self.depths = depths
  }

  /// The sum of the leaf values of one row without missing values: eight trees at a time.
  func sum(_ row: Span<Double>) -> Int64 {
    let nodes = nodes.span
    let terms = terms.span
    let values = values.span
    var sum: Int64 = 0
    var tree = 0
    while tree + Self.laneCount <= roots.count {
      var lanes = Lanes(roots, tree)
      var remaining: Int32 = 0
      for lane in 0..<Self.laneCount { remaining = max(remaining, depths[tree + lane]) }
      while remaining > 0 {
        lanes.step(nodes, row, terms)
        remaining -= 1
      }
      sum &+= values[lanes.a] &+ values[lanes.b] &+ values[lanes.c] &+ values[lanes.d]
      sum &+= values[lanes.e] &+ values[lanes.f] &+ values[lanes.g] &+ values[lanes.h]
      tree += Self.laneCount
    }
    while tree < roots.count {
      var node = roots[tree]
      for _ in 0..<depths[tree] { node = Self.next(node, nodes, row, terms) }
      sum &+= values[node]
      tree += 1
    }
    return sum
  }

  /// The sum of the leaf values of one row without missing values, and what the row pays on its ways, added up by the
  /// feature of each split: tree after tree, from the root down, so that the sums have the bits of a plain walk.
  func explained(
    _ row: Span<Double>, featureCount: Int
  ) -> (sum: Int64, charges: [Double]) where Node == AxisNode {
    let nodes = nodes.span
    let terms = terms.span
    let arrivals = charges.span
    var charges = [Double](repeating: 0, count: featureCount)
    var charged = charges.mutableSpan
    var sum: Int64 = 0
    // Eight trees go down together first, which brings their nodes near; then each pays on its way.
    var ways = [Lanes](repeating: Lanes(roots, 0), count: 1 + Int(depths.max() ?? 0))
    for first in stride(from: 0, to: roots.count, by: Self.laneCount) {
      let group = first..<min(first + Self.laneCount, roots.count)
      var levelCount = 0
      for tree in group { levelCount = max(levelCount, Int(depths[tree])) }
      ways[0] = Lanes(roots, first)
      for level in 0..<levelCount {
        ways[level + 1] = ways[level]
        ways[level + 1].step(nodes, row, terms)
      }
      let steps = ways.span
      for lane in 0..<group.count {
        var node = steps[0][lane]
        for level in 0..<levelCount {
          let next = steps[level + 1][lane]
          if next == node { break }
          charged[Int(nodes[node].feature)] += arrivals[next]
          node = next
        }
        sum &+= values[node]
      }
    }
    return (sum, charges)
  }

  @inline(__always)
  private static func next(
    _ index: Int, _ nodes: Span<Node>, _ row: Span<Double>, _ terms: Span<WalkTerm>
  ) -> Int {
    let node = nodes[index]
    return Int(node.first) + (node.projection(row, terms) > node.threshold ? 1 : 0)
  }

  /// Where eight walks are.
  private struct Lanes {
    var a, b, c, d, e, f, g, h: Int

    /// At the roots of eight trees from `first` on; the last tree stands for those that are not there.
    @inline(__always)
    init(_ roots: [Int], _ first: Int) {
      let last = roots.count - 1
      (a, b) = (roots[first], roots[min(first + 1, last)])
      (c, d) = (roots[min(first + 2, last)], roots[min(first + 3, last)])
      (e, f) = (roots[min(first + 4, last)], roots[min(first + 5, last)])
      (g, h) = (roots[min(first + 6, last)], roots[min(first + 7, last)])
    }

    @inline(__always)
    subscript(lane: Int) -> Int {
      switch lane {
      case 0: a
      case 1: b
      case 2: c
      case 3: d
      case 4: e
      case 5: f
      case 6: g
      default: h
      }
    }

    @inline(__always)
    mutating func step(_ nodes: Span<Node>, _ row: Span<Double>, _ terms: Span<WalkTerm>) {
      a = WalkLayout.next(a, nodes, row, terms)
      b = WalkLayout.next(b, nodes, row, terms)
      c = WalkLayout.next(c, nodes, row, terms)
      d = WalkLayout.next(d, nodes, row, terms)
      e = WalkLayout.next(e, nodes, row, terms)
      f = WalkLayout.next(f, nodes, row, terms)
      g = WalkLayout.next(g, nodes, row, terms)
      h = WalkLayout.next(h, nodes, row, terms)
    }
  }
}
