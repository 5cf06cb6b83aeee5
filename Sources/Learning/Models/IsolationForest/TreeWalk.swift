/// The trees laid out for walking: the fast path of single rows, of any depth and kind of split.
enum TreeWalk: Sendable {
  case axis(WalkLayout<AxisNode>)
  case pair(WalkLayout<PairNode>)
  case quad(WalkLayout<QuadNode>)
  case plane(WalkLayout<PlaneNode>)

  init(_ structure: ForestStructure, featureCount: Int) {
    switch structure.trees.termCount {
    case 1: self = .axis(WalkLayout(structure))
    case 2 where featureCount <= PairNode.featureLimit: self = .pair(WalkLayout(structure))
    case 3 where featureCount <= QuadNode.featureLimit,
      4 where featureCount <= QuadNode.featureLimit:
      self = .quad(WalkLayout(structure))
    default: self = .plane(WalkLayout(structure))
    }
  }

  /// The sum of the leaf values of one row without missing values.
  func sum(_ row: Span<Double>) -> Int64 {
    switch self {
    case .axis(let layout): layout.sum(row)
    case .pair(let layout): layout.sum(row)
    case .quad(let layout): layout.sum(row)
    case .plane(let layout): layout.sum(row)
    }
  }

  /// The same with what the row pays on its ways, by feature; `nil` for hyperplanes, whose features share.
  func explained(_ row: Span<Double>) -> (sum: Int64, charges: [Double])? {
    guard case .axis(let layout) = self else { return nil }
    return layout.explained(row, featureCount: row.count)
  }
}
