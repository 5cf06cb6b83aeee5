internal import Memory

/// Scores blocks of rows by comparing bytes: the fast path of axis-parallel forests.
///
/// A forest cuts each feature at few hundred points, so a value can be replaced by its rank among them (x > cut k exactly
/// when rank(x) > k) and a whole tree be evaluated, every node of it, for 32 rows per instruction: from the leaves up,
/// each split blends its children's results by one comparison. Results are codes of leaf values, which are added as
/// integers. Forests with more cuts or leaf values than a byte counts are split into groups of trees with their own
/// ranks; where that would cost more than walking, there is no kernel.
struct RankKernel: Sendable {
  let groups: [RankGroup]

  /// Nanoseconds measured on the machine of the benchmarks; only their proportions matter.
  private enum Cost {
    static let rank = 4.0
    static let step = 0.04
    static let tree = 0.7
    static let level = 1.4
  }

  /// `nil` when the forest has hyperplanes or walking it is cheaper.
  init?(_ structure: ForestStructure) {
    guard structure.trees.termCount == 1 else { return nil }
    var groups: [RankGroup] = []
    var walkCost = 0.0
    for tree in 0..<structure.treeCount {
      let nodes = structure.starts[tree]..<structure.starts[tree + 1]
      walkCost += Cost.level * Double(nodes.reduce(0) { max($0, structure.depths[$1]) })
    }
    let minimum =
      Double(structure.trees.thresholds.count) * Cost.step
      + Double(structure.treeCount) * Cost.tree
    guard minimum < walkCost else { return nil }
    // Halves until everything fits: deterministic, and few groups when only the whole was too large.
    var pending = [0..<structure.treeCount]
    while let range = pending.popLast() {
      if let group = RankGroup(structure, trees: range) {
        groups.append(group)
      } else {
        guard range.count > 1 else { return nil }
        let middle = range.lowerBound + range.count / 2
        pending.append(middle..<range.upperBound)
        pending.append(range.lowerBound..<middle)
      }
      let rankCost = groups.reduce(0) { $0 + Double($1.features.count) } * Cost.rank
      guard minimum + rankCost < max(walkCost, 2 * Cost.rank) else { return nil }
    }
    self.groups = groups
  }

  /// Adds to `sums` the leaf values of rows, row-major in `values`.
  ///
  /// A missing value takes the left branch; rows with one are the caller's to correct.
  func accumulate<Scalar: TabledScalar>(
    _ values: Span<Scalar>, columnCount: Int, into sums: inout [Int64]
  ) {
    for group in groups {
      let table = Scalar.table(of: group)
      var scratch = Scratch(group)
      var start = 0
      while start + RankGroup.rowCount <= sums.count {
        scratch.rank(values, row: start, columnCount: columnCount, group, table)
        scratch.evaluate(group, firstRow: start, into: &sums)
        start += RankGroup.rowCount
      }
      guard start < sums.count else { continue }
      var rest = [Scalar](repeating: 0, count: RankGroup.rowCount * columnCount)
      for index in 0..<(sums.count - start) * columnCount {
        rest[index] = values[start * columnCount + index]
      }
      scratch.rank(rest.span, row: 0, columnCount: columnCount, group, table)
      scratch.evaluate(group, firstRow: start, into: &sums)
    }
  }
}

/// The memory of one thread's work on one group.
private struct Scratch: ~Copyable {
  var ranks: AlignedMemory<RankGroup.Ranks>
  var slots: AlignedMemory<RankGroup.Codes>
  var totals = [Int64](repeating: 0, count: RankGroup.rowCount)

  init(_ group: RankGroup) {
    let none = RankGroup.Ranks(a: .zero, b: .zero, c: .zero, d: .zero)
    ranks = AlignedMemory(Array(repeating: none, count: max(group.features.count, 1)))
    slots = AlignedMemory(group.slots)
  }

  /// Fills `ranks` from 128 rows.
  @inline(__always)
  mutating func rank<Scalar: RankedScalar>(
    _ values: Span<Scalar>, row: Int, columnCount: Int, _ group: RankGroup,
    _ table: RankTable<Scalar>
  ) {
    let fine = table.fine.span
    for (position, feature) in group.features.enumerated() {
      let pivots = table.coarse[position]
      let vectors = fine.extracting(position * 16..<(position + 1) * 16)
      func part(_ number: Int) -> SIMD32<Int8> {
        RankTable<Scalar>.ranks(
          of: values, start: (row + 32 * number) * columnCount + feature, stride: columnCount,
          coarse: pivots, fine: vectors)
      }
      ranks[position] = RankGroup.Ranks(a: part(0), b: part(1), c: part(2), d: part(3))
    }
  }

  /// Runs all trees on the ranked rows and adds the results for the rows from `firstRow` on.
  mutating func evaluate(_ group: RankGroup, firstRow: Int, into sums: inout [Int64]) {
    for row in totals.indices { totals[row] = 0 }
    let steps = group.steps.span
    let values = group.values.span
    var begin = 0
    for (batch, end) in group.ends.enumerated() {
      Self.run(steps.extracting(begin..<end), ranks, &slots)
      begin = end
      let first = batch * RankGroup.batchSize
      for tree in first..<min(first + RankGroup.batchSize, group.roots.count) {
        let root = slots[Int(group.roots[tree])]
        var target = totals.mutableSpan
        Self.add(root.a, values, &target, 0)
        Self.add(root.b, values, &target, 32)
        Self.add(root.c, values, &target, 64)
        Self.add(root.d, values, &target, 96)
      }
    }
    for row in firstRow..<min(firstRow + RankGroup.rowCount, sums.count) {
      sums[row] &+= totals[row - firstRow]
    }
  }

  @inline(never)
  private static func run(
    _ steps: Span<RankGroup.Step>, _ ranks: borrowing AlignedMemory<RankGroup.Ranks>,
    _ slots: inout AlignedMemory<RankGroup.Codes>
  ) {
    for index in steps.indices {
      let step = steps[index]
      let cut = SIMD32<Int8>(repeating: step.cut)
      let rank = ranks[Int(step.feature)]
      var left = slots[Int(step.left)]
      let right = slots[Int(step.right)]
      let (a, b, c, d) = (rank.a .> cut, rank.b .> cut, rank.c .> cut, rank.d .> cut)
      left.a = (left.a .& .!a) .| (right.a .& a)
      left.b = (left.b .& .!b) .| (right.b .& b)
      left.c = (left.c .& .!c) .| (right.c .& c)
      left.d = (left.d .& .!d) .| (right.d .& d)
      slots[Int(step.target)] = left
    }
  }

  /// Adds the leaf values of 32 rows' codes.
  @inline(__always)
  private static func add(
    _ codes: SIMDMask<SIMD32<Int8>>, _ values: Span<Int64>, _ sums: inout MutableSpan<Int64>,
    _ first: Int
  ) {
    precondition(values.count == 256 && sums.count == RankGroup.rowCount)
    // `_storage` is public in the standard library; it gives the bytes back that the masks were made of.
    let lanes = codes._storage
    @inline(__always) func one(_ lane: Int) {
      sums[first + lane] &+= values[Int(UInt8(bitPattern: lanes[lane]))]
    }
    // Spelled out, so that each lane is an extraction with a constant index.
    one(0)
    one(1)
    one(2)
    one(3)
    one(4)
    one(5)
    one(6)
    one(7)
    one(8)
    one(9)
    one(10)
    one(11)
    one(12)
    one(13)
    one(14)
    one(15)
    one(16)
    one(17)
    one(18)
    one(19)
    one(20)
    one(21)
    one(22)
    one(23)
    one(24)
    one(25)
    one(26)
    one(27)
    one(28)
    one(29)
    one(30)
    one(31)
  }
}
