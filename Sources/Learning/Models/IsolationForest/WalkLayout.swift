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

  init(_ structure: ForestStructure) {
    let trees = structure.trees
    terms = trees.features.indices.map { index in
      WalkTerm(
        weight: trees.termCount == 1 ? 1 : trees.weights[index], feature: trees.features[index])
    }
    var nodes: [Node] = []
    var values: [Int64] = []
    var roots: [Int] = []
    var depths: [Int32] = []
    nodes.reserveCapacity(trees.isSplit.count)
    values.reserveCapacity(trees.isSplit.count)
    for tree in 0..<structure.treeCount {
      let start = structure.starts[tree]
      var depth: Int32 = 0
      let root = nodes.count
      roots.append(root)
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
          sources.append(source + 1)
          sources.append(Int(structure.right[source]))
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
      var lanes = Lanes(
        a: roots[tree], b: roots[tree + 1], c: roots[tree + 2], d: roots[tree + 3],
        e: roots[tree + 4], f: roots[tree + 5], g: roots[tree + 6], h: roots[tree + 7])
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

    init(a: Int, b: Int, c: Int, d: Int, e: Int, f: Int, g: Int, h: Int) {
      (self.a, self.b, self.c, self.d) = (a, b, c, d)
      (self.e, self.f, self.g, self.h) = (e, f, g, h)
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
