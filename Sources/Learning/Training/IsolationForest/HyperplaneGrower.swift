internal import Models
internal import Tabular

/// Grows one tree whose splits compare a weighted sum of a few columns with a threshold.
///
/// With a random threshold these are the trees of the Extended Isolation Forest (Hariri, Kind & Brunner 2021), with the
/// threshold of greatest pooled gain those of the fair-cut forest (Cortes 2021), and with the best of several directions
/// by averaged gain those of SCiForest (Liu, Ting & Zhou 2010). Columns are scaled by their standard deviation in the
/// node, so that units do not matter.
struct HyperplaneGrower {
  /// How the threshold of a direction is chosen.
  enum Criterion {
    case random
    case pooledGain
    case averagedGain

    init(_ rule: IsolationForestParameters.SplitRule) {
      switch rule {
      case .axisParallel, .extended: self = .random
      case .pooledGain: self = .pooledGain
      case .averagedGain: self = .averagedGain
      }
    }

    /// How many directions that part the rows a node compares: τ of the SCiForest paper, section 4.
    var directionCount: Int { self == .averagedGain ? 10 : 1 }
  }

  /// The sample, column after column.
  let columns: [Double]
  let sampleCount: Int
  /// The features of the columns.
  let features: [Int]
  let levelLimit: Int
  /// How many columns a split combines; at most the number of columns.
  let dimensions: Int
  let criterion: Criterion
  let scoring: IsolationForestParameters.Scoring
  var generator: SeededGenerator
  private var threshold: BestThreshold

  init(
    columns: [Double], sampleCount: Int, features: [Int], levelLimit: Int, dimensions: Int,
    criterion: Criterion, scoring: IsolationForestParameters.Scoring, generator: SeededGenerator
  ) {
    self.columns = columns
    self.sampleCount = sampleCount
    self.features = features
    self.levelLimit = levelLimit
    self.dimensions = dimensions
    self.criterion = criterion
    self.scoring = scoring
    self.generator = generator
    threshold = BestThreshold(pooled: criterion == .pooledGain, rowCount: sampleCount)
  }

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

  private struct Split {
    var terms: [Term]
    var threshold: Double
    var gain: Double
    /// The least and the greatest sum.
    var low: Double
    var high: Double
    /// The sums of the node's rows.
    var projections: [Double]
  }

  /// How often a node tries other weights when those drawn give every row the same sum.
  private static let attemptCount = 4

  /// The tree, in preorder.
  mutating func grow() -> ForestTrees {
    var tree = ForestTrees(termCount: dimensions)
    tree.reserve(trees: 1, splits: sampleCount, leaves: sampleCount)
    var rows = Array(0..<sampleCount)
    var candidates = Array(features.indices)
    var pending = [Pending(rows: 0..<sampleCount, depth: 0, candidateCount: features.count)]
    while let node = pending.popLast() {
      var candidateCount = node.candidateCount
      // Two rows need no split: c(2) = 1 is what it would add.
      guard node.rows.count > 2, node.depth < levelLimit,
        let split = chooseSplit(
          rows: rows[node.rows], candidates: &candidates, count: &candidateCount)
      else {
        tree.appendLeaf(count: node.rows.count)
        continue
      }
      let middle = partition(
        &rows, range: node.rows, projections: split.projections, threshold: split.threshold)
      append(split.terms, threshold: split.threshold, to: &tree)
      tree.noteExtent(
        threshold: split.threshold, low: split.low, high: split.high,
        measuresDensity: scoring == .density,
        penalizesRange: scoring == .depth(penalizesRange: true))
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

  /// The best split of those tried, or `nil` when nothing can part the rows.
  private mutating func chooseSplit(
    rows: ArraySlice<Int>, candidates: inout [Int], count: inout Int
  ) -> Split? {
    var best: Split?
    var found = 0
    for _ in 0..<Self.attemptCount * criterion.directionCount
    where found < criterion.directionCount {
      let terms = chooseTerms(rows: rows, candidates: &candidates, count: &count)
      if terms.isEmpty { return nil }
      let projections = project(rows, terms)
      let (low, high) = Self.extent(of: projections)
      guard low < high else { continue }
      found += 1
      guard criterion != .random else {
        return Split(
          terms: terms, threshold: BestThreshold.inside(low, high, share: generator.uniform()),
          gain: 0, low: low, high: high, projections: projections)
      }
      let (place, gain) = threshold.find(in: projections)
      if gain > best?.gain ?? -.infinity {
        best = Split(
          terms: terms, threshold: place, gain: gain, low: low, high: high, projections: projections
        )
      }
    }
    return best
  }

  private func project(_ rows: ArraySlice<Int>, _ terms: [Term]) -> [Double] {
    var projections = [Double](repeating: 0, count: rows.count)
    let columns = columns.span
    // Term after term adds in the order in which scoring does.
    for term in terms {
      let values = columns.extracting(term.column * sampleCount..<(term.column + 1) * sampleCount)
      var position = 0
      for row in rows {
        projections[position] += term.weight * values[row]
        position += 1
      }
    }
    return projections
  }

  /// The least and the greatest of the finite numbers.
  private static func extent(of projections: [Double]) -> (low: Double, high: Double) {
    var low = Double.infinity
    var high = -Double.infinity
    for projection in projections where projection.isFinite {
      low = min(low, projection)
      high = max(high, projection)
    }
    return (low, high)
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

  /// Normal weights give every direction the same chance, as the extended forest wants. For gains uniform ones, as
  /// in Cortes' own program, detect a little better: they leave more weight to a single feature.
  private mutating func drawWeight() -> Double {
    criterion == .random ? generator.normal() : generator.uniform(-1, 1)
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

  /// Moves the rows that go left to the front and returns where the right ones start.
  ///
  /// A row without one of the values goes to a side at random, in proportion to the rows that have them.
  private mutating func partition(
    _ rows: inout [Int], range: Range<Int>, projections: [Double], threshold: Double
  ) -> Int {
    var known = 0
    var left = 0
    for projection in projections {
      known += projection.isNaN ? 0 : 1
      left += projection <= threshold ? 1 : 0
    }
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
