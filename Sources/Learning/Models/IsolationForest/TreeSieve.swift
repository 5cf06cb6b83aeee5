/// Scores blocks of rows by sending lists of them down the trees: the fast path of hyperplanes and of deep trees.
///
/// The splits near the root are evaluated for all rows at once (`TreeCrown`); below them a node parts its list of rows,
/// as in training. Weights and columns stay in registers for the whole list, rows that have reached a leaf cost
/// nothing more, and no step waits for the one before.
struct TreeSieve: Sendable {
  /// Rows of a block: four columns of it fill the first cache.
  static let rowCount = 1024
  private static let mask = rowCount - 1
  /// Groups of 32 rows that pass all crowns together.
  private static let groupsAtOnce = 2
  /// Two halves: a node reads its list from one and writes its children's into the other.
  private static let listMask = 2 * rowCount - 1

  private struct Node {
    var threshold: Double
    /// The right child, or 0 for a leaf; the left child is the next node.
    var right: Int32
    /// Where the terms of a split start.
    var firstTerm: Int32
    /// The value of a leaf.
    var value: Int64
  }

  /// The rows of a node: a range of one of the halves of the lists.
  private struct Place {
    var node: Int
    var range: Range<Int>
    var half: Int
  }

  /// All nodes in preorder.
  private let nodes: [Node]
  private let crowns: [TreeCrown]
  /// Terms of each split: as many as the forest's splits have, at least one.
  private let terms: [WalkTerm]
  private let termCount: Int

  init(_ structure: ForestStructure) {
    let trees = structure.trees
    let termCount = trees.termCount
    let terms = trees.features.indices.map { index in
      WalkTerm(weight: termCount == 1 ? 1 : trees.weights[index], feature: trees.features[index])
    }
    nodes = trees.isSplit.indices.map { node in
      let split = Int(structure.splitIndex[node])
      return Node(
        threshold: split < 0 ? 0 : trees.thresholds[split], right: structure.right[node],
        firstTerm: Int32(max(split, 0) * termCount), value: structure.leafValues[node])
    }
    crowns = (0..<structure.treeCount).map {
      TreeCrown(structure, tree: $0, terms: terms, termCount: termCount)
    }
    self.terms = terms
    self.termCount = termCount
  }

  /// Adds to `sums` the leaf values of rows without missing values, row-major in `rows`.
  ///
  /// A missing value takes the left branch; rows with one are the caller's to correct.
  func accumulate<Scalar: BinaryFloatingPoint>(
    _ rows: Span<Scalar>, columnCount: Int, into sums: inout [Int64]
  ) {
    // Values of a block, column after column, and the same for the crowns.
    var columns = [Double](repeating: 0, count: columnCount * Self.rowCount)
    let none = TreeCrown.Lanes(a: .zero, b: .zero, c: .zero, d: .zero)
    var lanes = [TreeCrown.Lanes](repeating: none, count: columnCount * Self.rowCount / 32)
    var lists = [UInt16](repeating: 0, count: 2 * Self.rowCount)
    // Where each row left each tree's crown.
    var exits = [UInt8](repeating: 0, count: crowns.count * Self.rowCount)
    var pending: [Place] = []
    var target = sums.mutableSpan
    var start = 0
    while start < target.count {
      let count = min(Self.rowCount, target.count - start)
      Self.load(rows, first: start, count: count, columnCount: columnCount, into: &columns)
      Self.pack(columns.span, columnCount: columnCount, into: &lanes)
      leaveCrowns(lanes.span, columnCount: columnCount, count: count, into: &exits)
      for (tree, crown) in crowns.enumerated() {
        let numbers = exits.span.extracting(tree * Self.rowCount..<tree * Self.rowCount + count)
        Self.sort(numbers, crown, into: &lists, &pending)
        sift(columns.span, &lists, &pending, into: &target, from: start)
      }
      start += count
    }
  }

  /// Copies rows into columns.
  private static func load<Scalar: BinaryFloatingPoint>(
    _ rows: Span<Scalar>, first: Int, count: Int, columnCount: Int, into columns: inout [Double]
  ) {
    var cells = columns.mutableSpan
    for column in 0..<columnCount {
      var index = first * columnCount + column
      for cell in column * rowCount..<column * rowCount + count {
        cells[cell] = Double(rows[index])
        index &+= columnCount
      }
    }
  }

  /// Copies columns into vectors: 32 rows' values of all columns, then those of the next 32 rows.
  private static func pack(
    _ columns: Span<Double>, columnCount: Int, into lanes: inout [TreeCrown.Lanes]
  ) {
    var groups = lanes.mutableSpan
    for group in 0..<rowCount / 32 {
      for column in 0..<columnCount {
        let start = column * rowCount + group * 32
        let part = columns.extracting(start..<start + 32)
        @inline(__always) func eight(_ start: Int) -> SIMD8<Double> {
          SIMD8(
            part[start], part[start + 1], part[start + 2], part[start + 3],
            part[start + 4], part[start + 5], part[start + 6], part[start + 7])
        }
        groups[group * columnCount + column] =
          TreeCrown.Lanes(a: eight(0), b: eight(8), c: eight(16), d: eight(24))
      }
    }
  }

  /// Finds where `count` rows leave the crown of each tree.
  ///
  /// Some rows at a time pass all trees, so that their values stay in the first cache.
  private func leaveCrowns(
    _ lanes: Span<TreeCrown.Lanes>, columnCount: Int, count: Int, into exits: inout [UInt8]
  ) {
    var numbers = exits.mutableSpan
    let groupCount = (count + 31) / 32
    for first in stride(from: 0, to: groupCount, by: Self.groupsAtOnce) {
      let groups = first..<min(first + Self.groupsAtOnce, groupCount)
      for (tree, crown) in crowns.enumerated() {
        for group in groups {
          let values = lanes.extracting(group * columnCount..<(group + 1) * columnCount)
          let found = crown.exits(values)
          let row = tree * Self.rowCount + group * 32
          Self.store(found.a, &numbers, row)
          Self.store(found.b, &numbers, row + 8)
          Self.store(found.c, &numbers, row + 16)
          Self.store(found.d, &numbers, row + 24)
        }
      }
    }
  }

  /// The lowest bits of eight rows.
  @inline(__always)
  private static func store(
    _ bits: SIMD8<Int64>, _ exits: inout MutableSpan<UInt8>, _ row: Int
  ) {
    @inline(__always) func one(_ lane: Int) {
      exits[row + lane] = UInt8(truncatingIfNeeded: bits[lane].trailingZeroBitCount)
    }
    one(0)
    one(1)
    one(2)
    one(3)
    one(4)
    one(5)
    one(6)
    one(7)
  }

  /// Sorts rows by their exits into the first half of the lists and makes each exit's list pending.
  private static func sort(
    _ exits: Span<UInt8>, _ crown: TreeCrown, into lists: inout [UInt16],
    _ pending: inout [Place]
  ) {
    var ends = InlineArray<64, Int>(repeating: 0)
    for row in exits.indices { ends[Int(exits[row] & 63)] &+= 1 }
    // From the right, so that the leftmost is taken first and nodes are met in the order in which they lie in memory.
    var end = exits.count
    for exit in crown.exits.indices.reversed() {
      let start = end - ends[exit]
      if start < end {
        pending.append(Place(node: Int(crown.exits[exit]), range: start..<end, half: 0))
      }
      ends[exit] = start
      end = start
    }
    var rows = lists.mutableSpan
    for row in exits.indices {
      let exit = Int(exits[row] & 63)
      rows[ends[exit] & mask] = UInt16(truncatingIfNeeded: row)
      ends[exit] &+= 1
    }
  }

  /// Sends the pending lists on to the leaves.
  private func sift(
    _ columns: Span<Double>, _ lists: inout [UInt16], _ pending: inout [Place],
    into sums: inout MutableSpan<Int64>, from start: Int
  ) {
    let nodes = nodes.span
    var rows = lists.mutableSpan
    while let place = pending.popLast() {
      var node = place.node
      var range = place.range
      var half = place.half
      while nodes[node].right > 0, !range.isEmpty {
        let middle = part(&rows, range, half, columns, nodes[node])
        half ^= Self.rowCount
        if middle < range.upperBound {
          pending.append(
            Place(node: Int(nodes[node].right), range: middle..<range.upperBound, half: half))
        }
        range = range.lowerBound..<middle
        node += 1
      }
      let value = nodes[node].value
      for position in range { sums[start &+ Int(rows[position &+ half])] &+= value }
    }
  }

  /// Writes the rows of `range` into the other half, those that go left first, and returns where the others start.
  private func part(
    _ rows: inout MutableSpan<UInt16>, _ range: Range<Int>, _ half: Int,
    _ columns: Span<Double>, _ node: Node
  ) -> Int {
    let first = Int(node.firstTerm)
    func column(_ term: Int) -> Range<Int> {
      let start = Int(terms[first + term].feature) * Self.rowCount
      return start..<start + Self.rowCount
    }
    func weight(_ term: Int) -> Double { terms[first + term].weight }
    switch termCount {
    case 1:
      let a = columns.extracting(column(0))
      precondition(a.count == Self.rowCount)
      return Self.part(&rows, range, half, above: node.threshold) { a[$0] }
    case 2:
      let a = columns.extracting(column(0))
      let b = columns.extracting(column(1))
      let (u, v) = (weight(0), weight(1))
      precondition(a.count == Self.rowCount && b.count == Self.rowCount)
      return Self.part(&rows, range, half, above: node.threshold) { u * a[$0] + v * b[$0] }
    case 3:
      let a = columns.extracting(column(0))
      let b = columns.extracting(column(1))
      let c = columns.extracting(column(2))
      let (u, v, w) = (weight(0), weight(1), weight(2))
      precondition(a.count == Self.rowCount && b.count == Self.rowCount)
      precondition(c.count == Self.rowCount)
      return Self.part(&rows, range, half, above: node.threshold) {
        u * a[$0] + v * b[$0] + w * c[$0]
      }
    case 4:
      let a = columns.extracting(column(0))
      let b = columns.extracting(column(1))
      let c = columns.extracting(column(2))
      let d = columns.extracting(column(3))
      let (u, v, w, x) = (weight(0), weight(1), weight(2), weight(3))
      precondition(a.count == Self.rowCount && b.count == Self.rowCount)
      precondition(c.count == Self.rowCount && d.count == Self.rowCount)
      return Self.part(&rows, range, half, above: node.threshold) {
        u * a[$0] + v * b[$0] + w * c[$0] + x * d[$0]
      }
    default:
      let terms = terms.span.extracting(first..<first + termCount)
      return Self.part(&rows, range, half, above: node.threshold) { row in
        var projection = 0.0
        for term in terms.indices {
          projection +=
            terms[term].weight * columns[Int(terms[term].feature) &* Self.rowCount &+ row]
        }
        return projection
      }
    }
  }

  @inline(__always)
  private static func part(
    _ rows: inout MutableSpan<UInt16>, _ range: Range<Int>, _ half: Int, above threshold: Double,
    projection: (Int) -> Double
  ) -> Int {
    // With lists and columns of a power of two the masks prove every access, which spares the checks inside the loop.
    precondition(rows.count == 2 * rowCount)
    let other = half ^ rowCount
    var left = range.lowerBound &+ other
    var gap = range.count
    for position in range {
      let row = rows[(position &+ half) & listMask]
      let goesLeft = projection(Int(row) & mask) > threshold ? 0 : 1
      gap &-= 1
      // Both ends are written every time, because which way a row goes cannot be predicted.
      rows[left & listMask] = row
      rows[(left &+ gap) & listMask] = row
      left &+= goesLeft
    }
    return left &- other
  }
}
