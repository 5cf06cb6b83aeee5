/// Path lengths of rows that lack values, with the bits of `referencePathLength(of:tree:)`.
///
/// A split on a missing value sends a row both ways, each with a part of its weight, so a row with many gaps meets a large
/// share of all nodes. Lists of rows with their weights are sent down the trees: what a node needs is loaded once for
/// all rows that meet it, and what waits lies in two arrays that are kept from tree to tree.
struct MissingSieve: Sendable {
  /// Rows of a block.
  static let rowCount = 256

  private struct Node {
    var threshold: Double
    /// The share of the rows of the sample that went left.
    var leftShare: Double
    /// The value of a leaf.
    var value: Int64
    /// The right child, or 0 for a leaf; the left child is the next node.
    var right: Int32
    /// Where the terms of a split start.
    var firstTerm: Int32
    var rule: ForestTrees.MissingRule
    /// Outside of these a row's path is shorter by one.
    var low = -Double.infinity
    var high = Double.infinity
  }

  private let nodes: [Node]
  private let terms: [WalkTerm]
  private let termCount: Int
  private let roots: [Int]
  /// The greatest magnitude of a weight.
  private let greatestWeight: Double
  private let penalizesRange: Bool

  init(_ structure: ForestStructure) {
    let trees = structure.trees
    let termCount = trees.termCount
    nodes = trees.isSplit.indices.map { node in
      let split = Int(structure.splitIndex[node])
      guard split >= 0 else {
        return Node(
          threshold: 0, leftShare: 0, value: structure.leafValues[node], right: 0, firstTerm: 0,
          rule: .both)
      }
      var own = Node(
        threshold: trees.thresholds[split],
        leftShare: Double(structure.counts[node + 1]) / Double(structure.counts[node]), value: 0,
        right: structure.right[node], firstTerm: Int32(split * termCount),
        rule: trees.missing[split])
      if structure.penalizesRange {
        (own.low, own.high) = (trees.ranges[2 * split], trees.ranges[2 * split + 1])
      }
      return own
    }
    terms = trees.features.indices.map { index in
      WalkTerm(weight: termCount == 1 ? 1 : trees.weights[index], feature: trees.features[index])
    }
    self.termCount = termCount
    penalizesRange = structure.penalizesRange
    greatestWeight = terms.reduce(0) { max($0, $1.weight.magnitude) }
    roots = Array(structure.starts.dropLast())
  }

  /// A row with the weight that it came with.
  private struct Visitor {
    var row: Int32 = 0
    var weight = 1.0
  }

  /// The sums of the rows' path lengths over all trees, in units of 2⁻³².
  ///
  /// - Parameter columns: The rows' values column after column, `rowCount` each.
  func sums(_ columns: Span<Double>, rowCount: Int) -> [Int64] {
    var sums = [Int64](repeating: 0, count: rowCount)
    var totals = [Double](repeating: 0, count: rowCount)
    // The lists of the pending nodes one after the other, and the rows of the last list that go left.
    var lists = [Visitor](repeating: Visitor(), count: 16 * rowCount)
    var left = [Visitor](repeating: Visitor(), count: rowCount)
    var projections = [Double](repeating: 0, count: rowCount)
    var pending: [(node: Int, start: Int)] = []
    let canOverflow = canOverflow(columns)
    for root in roots {
      for row in 0..<rowCount {
        lists[row] = Visitor(row: Int32(row))
        totals[row] = 0
      }
      var end = rowCount
      pending.append((root, 0))
      // Left before right, as the reference adds.
      while var (node, start) = pending.popLast() {
        while nodes[node].right > 0, start < end {
          let list = start..<end
          if end + list.count > lists.count {
            lists += Array(repeating: Visitor(), count: lists.count)
          }
          project(&projections, lists.span.extracting(list), columns, rowCount, nodes[node])
          if penalizesRange {
            penalize(&totals, lists.span.extracting(list), projections.span, nodes[node])
          }
          if canOverflow {
            settle(&projections, lists.span.extracting(list), columns, rowCount, nodes[node])
          }
          let middle = part(&lists, list, projections.span, &left, nodes[node], end: &end)
          if middle > start { pending.append((Int(nodes[node].right), start)) }
          start = middle
          node += 1
        }
        let value = nodes[node].value
        for index in start..<end {
          let (row, weight) = (Int(lists[index].row), lists[index].weight)
          // A row that was never parted meets one leaf, and its value must not be rounded twice.
          if weight == 1 { sums[row] &+= value } else { totals[row] += weight * Double(value) }
        }
        end = start
      }
      for row in sums.indices { sums[row] &+= Int64(totals[row].rounded()) }
    }
    return sums
  }

  /// Parts the last list: the rows that go right come first, then those that go left; a row may be among both.
  ///
  /// - Returns: Where the left rows start; they reach to `end`.
  private func part(
    _ lists: inout [Visitor], _ list: Range<Int>, _ projections: Span<Double>,
    _ left: inout [Visitor], _ node: Node, end: inout Int
  ) -> Int {
    var visitors = lists.mutableSpan
    var leftVisitors = left.mutableSpan
    var middle = list.lowerBound
    var leftCount = 0
    // A row without the value weighs this much on either side; a side that it does not go to does not keep it.
    let (leftPart, rightPart) =
      node.rule == .both ? (node.leftShare, 1 - node.leftShare) : (1, 1)
    let (keptLeft, keptRight) = (node.rule == .right ? 0 : 1, node.rule == .left ? 0 : 1)
    // Nothing here is a branch and both sides are written every time: which way a row goes cannot be predicted.
    for index in list {
      let visitor = visitors[index]
      let projection = projections[index &- list.lowerBound]
      let isMissing = projection.isNaN
      leftVisitors[leftCount] = Visitor(
        row: visitor.row, weight: visitor.weight * (isMissing ? leftPart : 1))
      leftCount &+= isMissing ? keptLeft : projection <= node.threshold ? 1 : 0
      visitors[middle] = Visitor(
        row: visitor.row, weight: visitor.weight * (isMissing ? rightPart : 1))
      middle &+= isMissing ? keptRight : projection > node.threshold ? 1 : 0
    }
    for index in 0..<leftCount { visitors[middle &+ index] = leftVisitors[index] }
    end = middle + leftCount
    return middle
  }

  /// Computes what the rows of a list are compared by, term after term as the reference adds.
  private func project(
    _ projections: inout [Double], _ visitors: Span<Visitor>, _ columns: Span<Double>,
    _ rowCount: Int,
    _ node: Node
  ) {
    var projections = projections.mutableSpan
    for term in 0..<termCount {
      let (weight, feature) = (
        terms[Int(node.firstTerm) + term].weight, Int(terms[Int(node.firstTerm) + term].feature)
      )
      let column = columns.extracting(feature * rowCount..<(feature + 1) * rowCount)
      if term == 0 {
        for index in visitors.indices {
          projections[index] = weight * column[Int(visitors[index].row)]
        }
      } else {
        for index in visitors.indices {
          projections[index] += weight * column[Int(visitors[index].row)]
        }
      }
    }
  }

  /// Takes one, with its weight, from the path of every row outside a split's range.
  private func penalize(
    _ totals: inout [Double], _ visitors: Span<Visitor>, _ projections: Span<Double>, _ node: Node
  ) {
    for index in visitors.indices
    where projections[index] < node.low || projections[index] > node.high {
      totals[Int(visitors[index].row)] -= visitors[index].weight * ForestStructure.unit
    }
  }

  /// Whether products of values and weights may leave the range of numbers.
  private func canOverflow(_ columns: Span<Double>) -> Bool {
    var greatest = 0.0
    for index in columns.indices {
      let magnitude = columns[index].magnitude
      greatest = magnitude > greatest ? magnitude : greatest
    }
    return !(greatest * greatestWeight * Double(termCount)).isFinite
  }

  /// Sends rows whose sum overflowed into NaN, though no value is missing, to the left as everywhere else.
  private func settle(
    _ projections: inout [Double], _ visitors: Span<Visitor>, _ columns: Span<Double>,
    _ rowCount: Int, _ node: Node
  ) {
    for index in visitors.indices where projections[index].isNaN {
      let isMissing = (0..<termCount).contains { term in
        let feature = Int(terms[Int(node.firstTerm) + term].feature)
        return columns[feature * rowCount + Int(visitors[index].row)].isNaN
      }
      if !isMissing { projections[index] = -.infinity }
    }
  }
}
