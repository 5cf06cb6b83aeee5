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
  /// How many trees take turns step by step: a step often needs the result of the one before, which is still on its way
  /// through memory while those of other trees are made.
  static let batchSize = 4

  /// The features that are ranked, ascending.
  let features: [Int]
  let singles: RankTable<Float>
  let doubles: RankTable<Double>
  let steps: [Step]
  /// Where the steps of each batch of trees end.
  let ends: [Int]
  /// The slot of each tree's result, until the next batch runs.
  let roots: [UInt16]
  /// The leaf value of each code; 256, so that a byte needs no check.
  let values: [Int64]
  /// Before the trees run: a slot per leaf code, then for each tree of a batch two per level for the results of left and
  /// right children.
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
      + Array(repeating: Codes(repeating: 0), count: Self.batchSize * 2 * (deepest + 1))
    let positions = Dictionary(uniqueKeysWithValues: features.enumerated().map { ($1, $0) })

    /// Where the result of `node` of the tree at `place` of its batch is found.
    func slot(_ node: Int, place: Int, isRight: Bool) -> UInt16 {
      guard structure.splitIndex[node] < 0 else {
        let level = place * (deepest + 1) + Int(structure.depths[node])
        return UInt16(codes.count + 2 * level + (isRight ? 1 : 0))
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
    var batch: [[Step]] = []
    for tree in range {
      let place = batch.count
      var own: [Step] = []
      // Backwards through preorder both children come before their parent, and a level's two slots suffice: while
      // one subtree is evaluated, the other's result waits a level above everything that is written.
      for node in (structure.starts[tree]..<structure.starts[tree + 1]).reversed() {
        let split = Int(structure.splitIndex[node])
        guard split >= 0 else { continue }
        let position = positions[Int(trees.features[split])] ?? 0
        let cut = Self.position(of: trees.thresholds[split], in: sorted[position])
        own.append(
          Step(
            feature: UInt16(position), cut: Int8(cut - 128),
            left: slot(node + 1, place: place, isRight: false),
            right: slot(Int(structure.right[node]), place: place, isRight: true),
            target: slot(node, place: place, isRight: isRight[node - nodes.lowerBound])))
      }
      batch.append(own)
      roots.append(slot(structure.starts[tree], place: place, isRight: false))
      if batch.count == Self.batchSize || tree + 1 == range.upperBound {
        steps += Self.takingTurns(batch)
        ends.append(steps.count)
        batch = []
      }
    }
    self.steps = steps
    self.ends = ends
    self.roots = roots
  }

  /// All steps, those of each tree in their order, spread evenly over the whole.
  private static func takingTurns(_ trees: [[Step]]) -> [Step] {
    var steps: [Step] = []
    var next = trees.map { _ in 0 }
    func progress(_ tree: Int) -> Double {
      next[tree] < trees[tree].count
        ? (Double(next[tree]) + 0.5) / Double(trees[tree].count) : .infinity
    }
    let count = trees.reduce(0) { $0 + $1.count }
    while steps.count < count, let tree = trees.indices.min(by: { progress($0) < progress($1) }) {
      steps.append(trees[tree][next[tree]])
      next[tree] += 1
    }
    return steps
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
