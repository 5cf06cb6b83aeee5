internal import Models
internal import Tabular

/// Grows one tree whose splits compare a weighted sum of a few columns with a threshold.
///
/// With a random threshold these are the trees of the Extended Isolation Forest (Hariri, Kind & Brunner 2021); with the
/// threshold of greatest pooled gain those of the fair-cut forest (Cortes 2021). Columns are scaled by their standard
/// deviation in the node, so that units do not matter.
struct HyperplaneGrower {
  /// The sample, column after column.
  let columns: [Double]
  let sampleCount: Int
  /// The features of the columns.
  let features: [Int]
  let levelLimit: Int
  /// How many columns a split combines; at most the number of columns.
  let dimensions: Int
  /// Whether the threshold is the best one instead of a random one.
  let maximizesGain: Bool
  var generator: SeededGenerator

  private struct Pending {
    var rows: Range<Int>
    var depth: Int
    /// The columns `candidates[..<candidateCount]` are not known to be constant.
    var candidateCount: Int
  }

  private struct Term {
    var column: Int
    var weight: Double
  }

  /// How often a node tries other weights when those drawn give every row the same sum.
  private static let attemptCount = 4

  /// The tree, in preorder.
  mutating func grow() -> ForestTrees {
    var tree = ForestTrees(termCount: dimensions)
    var rows = Array(0..<sampleCount)
    var candidates = Array(features.indices)
    var pending = [Pending(rows: 0..<sampleCount, depth: 0, candidateCount: features.count)]
    while let node = pending.popLast() {
      var candidateCount = node.candidateCount
      // Two rows need no split: c(2) = 1 is what it would add.
      guard node.rows.count > 2, node.depth < levelLimit,
        let (terms, threshold, projections) = chooseSplit(
          rows: rows[node.rows], candidates: &candidates, count: &candidateCount)
      else {
        tree.appendLeaf(count: node.rows.count)
        continue
      }
      let middle = partition(
        &rows, range: node.rows, projections: projections, threshold: threshold)
      append(terms, threshold: threshold, to: &tree)
      let depth = node.depth + 1
      pending.append(
        Pending(
          rows: middle..<node.rows.upperBound, depth: depth, candidateCount: candidateCount))
      pending.append(
        Pending(
          rows: node.rows.lowerBound..<middle, depth: depth, candidateCount: candidateCount))
    }
    tree.nodeCounts = [Int32(tree.isSplit.count)]
    return tree
  }

  private func append(_ terms: [Term], threshold: Double, to tree: inout ForestTrees) {
    tree.isSplit.append(true)
    tree.thresholds.append(threshold)
    tree.missing.append(.both)
    for term in terms { tree.features.append(Int32(features[term.column])) }
    if dimensions > 1 { for term in terms { tree.weights.append(term.weight) } }
  }

  /// Terms, threshold and the sums of the node's rows, or `nil` when nothing can part them.
  private mutating func chooseSplit(
    rows: ArraySlice<Int>, candidates: inout [Int], count: inout Int
  ) -> (terms: [Term], threshold: Double, projections: [Double])? {
    for _ in 0..<Self.attemptCount {
      let terms = chooseTerms(rows: rows, candidates: &candidates, count: &count)
      if terms.isEmpty { return nil }
      let projections = rows.map { row in
        var projection = 0.0
        for term in terms { projection += term.weight * columns[term.column * sampleCount + row] }
        return projection
      }
      let known = projections.filter(\.isFinite)
      guard let low = known.min(), let high = known.max(), low < high else { continue }
      let threshold =
        maximizesGain
        ? bestThreshold(known.sorted()) : Self.inside(low, high, share: generator.uniform())
      return (terms, threshold, projections)
    }
    return nil
  }

  /// Up to `dimensions` columns that vary in the node, with random weights; constant columns leave the candidates.
  private mutating func chooseTerms(
    rows: ArraySlice<Int>, candidates: inout [Int], count: inout Int
  ) -> [Term] {
    var terms: [Term] = []
    while terms.count < dimensions, terms.count < count {
      let place = terms.count
      let pick = place + generator.below(count - place)
      let column = candidates[pick]
      let deviation = standardDeviation(rows: rows, column: column)
      if deviation > 0 {
        candidates.swapAt(place, pick)
        let weight = dimensions == 1 ? 1 : drawWeight() / deviation
        terms.append(Term(column: column, weight: weight.isFinite ? weight : 0))
      } else {
        count -= 1
        candidates.swapAt(pick, count)
      }
    }
    // Fewer columns vary than a split combines: the rest of its terms have no weight.
    if let first = terms.first {
      while terms.count < dimensions { terms.append(Term(column: first.column, weight: 0)) }
    }
    return terms
  }

  /// Normal weights give every direction the same chance, as the extended forest wants. For pooled gain uniform ones, as
  /// in Cortes' own program, detect a little better: they leave more weight to a single feature.
  private mutating func drawWeight() -> Double {
    maximizesGain ? generator.uniform(-1, 1) : generator.normal()
  }

  /// 0 only when all known values are equal.
  private func standardDeviation(rows: ArraySlice<Int>, column: Int) -> Double {
    let base = column * sampleCount
    var known = 0.0
    var sum = 0.0
    var low = Double.infinity
    var high = -Double.infinity
    // Around the first value, so that a large offset loses no digits.
    var origin = Double.nan
    for row in rows {
      let value = columns[base + row]
      if value.isNaN { continue }
      if origin.isNaN { origin = value }
      known += 1
      sum += value - origin
      low = min(low, value)
      high = max(high, value)
    }
    guard low < high else { return 0 }
    let mean = sum / known
    var squares = 0.0
    for row in rows {
      let value = columns[base + row]
      if value.isNaN { continue }
      let difference = value - origin - mean
      squares += difference * difference
    }
    let deviation = (squares / known).squareRoot()
    // Squares of the smallest and largest numbers leave the range; their extent does not.
    return deviation > 0 && deviation.isFinite ? deviation : max(high / 2 - low / 2, low.ulp)
  }

  /// The middle of the gap between neighbours where n_left σ_left + n_right σ_right is least.
  private func bestThreshold(_ sorted: [Double]) -> Double {
    let count = Double(sorted.count)
    let mean = sorted.reduce(0) { $0 + $1 / count }
    let centered = sorted.map { $0 - mean }
    let totals = centered.reduce((0.0, 0.0)) { ($0.0 + $1, $0.1 + $1 * $1) }
    var left = (sum: 0.0, squares: 0.0)
    var best = (spread: Double.infinity, index: -1)
    for index in 0..<sorted.count - 1 {
      left.sum += centered[index]
      left.squares += centered[index] * centered[index]
      guard sorted[index] < sorted[index + 1] else { continue }
      let leftCount = Double(index + 1)
      let spread =
        Self.spread(leftCount, left.sum, left.squares)
        + Self.spread(count - leftCount, totals.0 - left.sum, totals.1 - left.squares)
      if spread < best.spread { best = (spread, index) }
    }
    // Sums that overflow compare as nothing: any gap is as good as another.
    let index = best.index >= 0 ? best.index : (sorted.firstIndex { $0 > sorted[0] } ?? 1) - 1
    return Self.inside(sorted[index], sorted[index + 1], share: 0.5)
  }

  /// n σ of `count` values with the given sum and sum of squares.
  private static func spread(_ count: Double, _ sum: Double, _ squares: Double) -> Double {
    max(count * squares - sum * sum, 0).squareRoot()
  }

  /// A number in `low ..< high`, without overflow for extremes of opposite sign.
  private static func inside(_ low: Double, _ high: Double, share: Double) -> Double {
    let threshold = low * (1 - share) + high * share
    return threshold >= low && threshold < high ? threshold : low
  }

  /// Moves the rows that go left to the front and returns where the right ones start.
  ///
  /// A row without one of the values goes to a side at random, in proportion to the rows that have them.
  private mutating func partition(
    _ rows: inout [Int], range: Range<Int>, projections: [Double], threshold: Double
  ) -> Int {
    let known = projections.count { !$0.isNaN }
    let left = projections.count { $0 <= threshold }
    let leftShare = Double(left) / Double(known)
    var middle = range.lowerBound
    for (offset, projection) in projections.enumerated() {
      let goesLeft = projection.isNaN ? generator.chance(leftShare) : projection <= threshold
      if goesLeft {
        rows.swapAt(range.lowerBound + offset, middle)
        middle += 1
      }
    }
    return middle
  }
}
