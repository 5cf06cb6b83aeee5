/// Trees that share ranks and leaf codes of eight bits, compiled to a straight line of blends.
struct RankGroup: Sendable {
  /// 128 rows' ranks of one feature, less 128.
  struct Ranks: Sendable {
    var a, b, c, d: SIMD32<Int8>
  }

  /// 128 rows' leaf codes. They travel in mask types because on those Swift's bitwise operators are single
  /// instructions, while on vectors of `Int8` they are loops over lanes; (l & ~m) | (r & m) becomes one blend.
  struct Codes: Sendable {
    var a, b, c, d: SIMDMask<SIMD32<Int8>>

    init(repeating code: UInt8) {
      let lanes = SIMDMask(SIMD32(repeating: Int8(bitPattern: code)))
      (a, b, c, d) = (lanes, lanes, lanes, lanes)
    }
  }

  /// slots[target] = ranks[feature] > cut ? slots[right] : slots[left], for 128 rows.
  struct Step: Sendable {
    var feature: UInt16
    var cut: Int8
    var left: UInt16
    var right: UInt16
    var target: UInt16
  }

  /// How many rows one step serves.
  static let rowCount = 128

  /// The features that are ranked, ascending.
  let features: [Int]
  let singles: RankTable<Float>
  let doubles: RankTable<Double>
  let steps: [Step]
  /// Where each tree's steps end.
  let ends: [Int]
  /// The slot of each tree's result.
  let roots: [UInt16]
  /// The leaf value of each code; 256, so that a byte needs no check.
  let values: [Int64]
  /// Before the trees run: a slot per leaf code, then two per level for the results of left and right children.
  let slots: [Codes]

  /// `nil` when a feature has too many cuts or the leaves too many values for eight bits.
  init?(_ structure: ForestStructure, trees range: Range<Int>) {
    let trees = structure.trees
    let nodes = structure.starts[range.lowerBound]..<structure.starts[range.upperBound]
    var cuts: [Int: [Double]] = [:]
    var values: Set<Int64> = []
    var deepest = 0
    for node in nodes {
      let split = Int(structure.splitIndex[node])
      deepest = max(deepest, Int(structure.depths[node]))
      if split < 0 {
        values.insert(structure.leafValues[node])
      } else {
        cuts[Int(trees.features[split]), default: []].append(trees.thresholds[split])
      }
    }
    let features = cuts.keys.sorted()
    let sorted = features.map { Self.distinct(cuts[$0] ?? []) }
    guard values.count <= 256, deepest < 4096, features.count <= Int(UInt16.max),
      sorted.allSatisfy({ $0.count <= RankTable<Double>.cutLimit })
    else { return nil }
    self.features = features
    singles = RankTable(cuts: sorted)
    doubles = RankTable(cuts: sorted)
    let codes = values.sorted()
    self.values = codes + Array(repeating: 0, count: 256 - codes.count)
    slots =
      codes.indices.map { Codes(repeating: UInt8($0)) }
      + Array(repeating: Codes(repeating: 0), count: 2 * (deepest + 1))
    let positions = Dictionary(uniqueKeysWithValues: features.enumerated().map { ($1, $0) })

    /// Where the result of `node` is found.
    func slot(_ node: Int, isRight: Bool) -> UInt16 {
      guard structure.splitIndex[node] < 0 else {
        return UInt16(codes.count + 2 * Int(structure.depths[node]) + (isRight ? 1 : 0))
      }
      return UInt16(Self.position(of: structure.leafValues[node], in: codes))
    }
    var steps: [Step] = []
    var ends: [Int] = []
    var roots: [UInt16] = []
    var isRight = [Bool](repeating: false, count: nodes.count)
    for node in nodes where structure.right[node] > 0 {
      isRight[Int(structure.right[node]) - nodes.lowerBound] = true
    }
    for tree in range {
      // Backwards through preorder both children come before their parent, and a level's two slots suffice: while
      // one subtree is evaluated, the other's result waits a level above everything that is written.
      for node in (structure.starts[tree]..<structure.starts[tree + 1]).reversed() {
        let split = Int(structure.splitIndex[node])
        guard split >= 0 else { continue }
        let position = positions[Int(trees.features[split])] ?? 0
        let cut = Self.position(of: trees.thresholds[split], in: sorted[position])
        steps.append(
          Step(
            feature: UInt16(position), cut: Int8(cut - 128),
            left: slot(node + 1, isRight: false),
            right: slot(Int(structure.right[node]), isRight: true),
            target: slot(node, isRight: isRight[node - nodes.lowerBound])))
      }
      ends.append(steps.count)
      roots.append(slot(structure.starts[tree], isRight: false))
    }
    self.steps = steps
    self.ends = ends
    self.roots = roots
  }

  private static func distinct(_ values: [Double]) -> [Double] {
    let sorted = values.sorted()
    return sorted.indices.filter { $0 == 0 || sorted[$0 - 1] < sorted[$0] }.map { sorted[$0] }
  }

  /// The index of `value` in `sorted`, which contains it.
  private static func position<Value: Comparable>(of value: Value, in sorted: [Value]) -> Int {
    var low = 0
    var high = sorted.count - 1
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
