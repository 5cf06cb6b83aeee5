/// Scores blocks of rows by sending lists of them down the trees: the fast path of hyperplanes and of deep trees.
///
/// A node parts its list of rows in place, as in training. Weights and columns stay in registers for the whole list,
/// rows that have reached a leaf cost nothing more, and no step waits for the one before.
struct TreeSieve: Sendable {
  /// Rows of a block: four columns of it fill the first cache.
  static let rowCount = 1024
  private static let mask = rowCount - 1

  private struct Node {
    var threshold: Double
    /// The right child, or 0 for a leaf; the left child is the next node.
    var right: Int32
    /// Where the terms of a split start.
    var firstTerm: Int32
    /// The value of a leaf.
    var value: Int64
  }

  /// All nodes in preorder.
  private let nodes: [Node]
  /// The first node of each tree.
  private let roots: [Int]
  /// Terms of each split: as many as the forest's splits have, at least one.
  private let terms: [WalkTerm]
  private let termCount: Int

  init(_ structure: ForestStructure) {
    let trees = structure.trees
    // Three terms are scored as four, the last without weight.
    termCount = trees.termCount == 3 ? 4 : trees.termCount
    var terms: [WalkTerm] = []
    terms.reserveCapacity(trees.thresholds.count * termCount)
    for split in trees.thresholds.indices {
      for term in split * trees.termCount..<(split + 1) * trees.termCount {
        let weight = trees.termCount == 1 ? 1 : trees.weights[term]
        terms.append(WalkTerm(weight: weight, feature: trees.features[term]))
      }
      if trees.termCount == 3 {
        terms.append(WalkTerm(weight: 0, feature: terms[terms.count - 1].feature))
      }
    }
    self.terms = terms
    roots = Array(structure.starts.dropLast())
    nodes = trees.isSplit.indices.map { node in
      let split = Int(structure.splitIndex[node])
      return Node(
        threshold: split < 0 ? 0 : trees.thresholds[split], right: structure.right[node],
        firstTerm: Int32(max(split, 0) * (trees.termCount == 3 ? 4 : trees.termCount)),
        value: structure.leafValues[node])
    }
  }

  /// Adds to `sums` the leaf values of rows without missing values, row-major in `rows`.
  ///
  /// A missing value takes the left branch; rows with one are the caller's to correct.
  func accumulate<Scalar: BinaryFloatingPoint>(
    _ rows: Span<Scalar>, columnCount: Int, into sums: inout [Int64]
  ) {
    var columns = [Double](repeating: 0, count: columnCount * Self.rowCount)
    var target = sums.mutableSpan
    var start = 0
    while start < target.count {
      let count = min(Self.rowCount, target.count - start)
      var cells = columns.mutableSpan
      for row in 0..<count {
        for column in 0..<columnCount {
          cells[column &* Self.rowCount &+ row] =
            Double(rows[(start &+ row) &* columnCount &+ column])
        }
      }
      for root in roots {
        sift(columns.span, root: root, count: count, into: &target, from: start)
      }
      start += count
    }
  }

  private func sift(
    _ columns: Span<Double>, root: Int, count: Int, into sums: inout MutableSpan<Int64>,
    from start: Int
  ) {
    let nodes = nodes.span
    /// The rows, those of a node in one range.
    var order = Self.order
    /// Where the rows that go right wait until those that go left are counted.
    var waiting = Self.order
    var rows = order.mutableSpan
    var spare = waiting.mutableSpan
    var pending: [(node: Int, range: Range<Int>)] = [(root, 0..<count)]
    while let (first, whole) = pending.popLast() {
      var node = first
      var range = whole
      while nodes[node].right > 0, !range.isEmpty {
        let middle = part(&rows, &spare, range, columns, nodes[node])
        if middle < range.upperBound {
          pending.append((Int(nodes[node].right), middle..<range.upperBound))
        }
        range = range.lowerBound..<middle
        node += 1
      }
      let value = nodes[node].value
      for position in range { sums[start &+ Int(rows[position])] &+= value }
    }
  }

  private static let order = Array(0..<UInt16(rowCount))

  /// Moves the rows of `range` that go left to its front and returns where the others start.
  private func part(
    _ rows: inout MutableSpan<UInt16>, _ spare: inout MutableSpan<UInt16>, _ range: Range<Int>,
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
      return Self.part(&rows, &spare, range, above: node.threshold) { a[$0] }
    case 2:
      let a = columns.extracting(column(0))
      let b = columns.extracting(column(1))
      let (u, v) = (weight(0), weight(1))
      precondition(a.count == Self.rowCount && b.count == Self.rowCount)
      return Self.part(&rows, &spare, range, above: node.threshold) { 0 + u * a[$0] + v * b[$0] }
    case 4:
      let a = columns.extracting(column(0))
      let b = columns.extracting(column(1))
      let c = columns.extracting(column(2))
      let d = columns.extracting(column(3))
      let (u, v, w, x) = (weight(0), weight(1), weight(2), weight(3))
      precondition(a.count == Self.rowCount && b.count == Self.rowCount)
      precondition(c.count == Self.rowCount && d.count == Self.rowCount)
      return Self.part(&rows, &spare, range, above: node.threshold) {
        0 + u * a[$0] + v * b[$0] + w * c[$0] + x * d[$0]
      }
    default:
      let terms = terms.span.extracting(first..<first + termCount)
      return Self.part(&rows, &spare, range, above: node.threshold) { row in
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
    _ rows: inout MutableSpan<UInt16>, _ spare: inout MutableSpan<UInt16>, _ range: Range<Int>,
    above threshold: Double, projection: (Int) -> Double
  ) -> Int {
    // With lists and columns of 1,024 the masks prove every access, which spares the checks inside the loop.
    precondition(rows.count == rowCount && spare.count == rowCount)
    var left = range.lowerBound
    for position in range {
      let row = rows[position & mask]
      let goesLeft = projection(Int(row) & mask) > threshold ? 0 : 1
      // Both are written every time, because which way a row goes cannot be predicted.
      rows[left & mask] = row
      spare[(position &- left) & mask] = row
      left &+= goesLeft
    }
    let waiting = spare.span.extracting(0..<range.upperBound - left)
    var end = rows.extracting(left..<range.upperBound)
    precondition(end.count == waiting.count)
    for offset in waiting.indices { end[offset] = waiting[offset] }
    return left
  }
}
