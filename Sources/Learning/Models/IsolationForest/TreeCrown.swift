/// The splits of a tree that many rows meet, evaluated for every row at once, 32 rows a step.
///
/// The paths end in exits, numbered from the left: below one lies the rest of the tree or a leaf. A row starts with a bit
/// per exit; where it goes right at a split, the exits on the left of that split are struck out. No split waits for
/// another, and the lowest bit left is the row's exit (Lucchese et al. 2015, QuickScorer). A split here costs a
/// fraction of what it costs to send a list of rows through it, as long as many of the rows reach it anyway.
struct TreeCrown: Sendable {
  /// 32 rows' values of one feature, or what a split compares for them.
  struct Lanes: Sendable {
    var a, b, c, d: SIMD8<Double>

    @inline(__always)
    func times(_ weight: Double) -> Lanes {
      let weights = SIMD8(repeating: weight)
      return Lanes(a: weights * a, b: weights * b, c: weights * c, d: weights * d)
    }

    @inline(__always)
    func adding(_ other: Lanes, times weight: Double) -> Lanes {
      let product = other.times(weight)
      return Lanes(a: a + product.a, b: b + product.b, c: c + product.c, d: d + product.d)
    }
  }

  /// 32 rows' bits.
  struct Exits {
    var a, b, c, d: SIMD8<Int64>
  }

  private struct Step {
    var threshold: Double
    var weights: (Double, Double, Double, Double) = (0, 0, 0, 0)
    var features: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    /// The exits that remain for a row that goes right.
    var kept: Int64 = -1
  }

  /// A bit of 64 each.
  private static let exitLimit = 64
  /// A split belongs to the crown when at least one of so many rows meets it.
  private static let share: Int64 = 24

  private let steps: [Step]
  private let termCount: Int
  /// Per exit the node that a row continues at.
  let exits: [Int32]

  /// The crown of a tree whose splits have `termCount` of `terms` each; without splits for more than 4.
  init(_ structure: ForestStructure, tree: Int, terms: [WalkTerm], termCount: Int) {
    self.termCount = termCount
    let root = structure.starts[tree]
    let least = Self.leastCount(structure, tree: tree)
    var steps: [Step] = []
    var exits: [Int32] = []
    /// The number of the step whose left exits end where the node begins.
    var pending: [(node: Int, closes: Int?, firstExit: Int)] = [(root, nil, 0)]
    while let (node, closes, firstExit) = pending.popLast() {
      if let closes {
        let left = (1 &<< Int64(exits.count)) &- (1 &<< Int64(firstExit))
        steps[closes].kept = ~left
      }
      let split = Int(structure.splitIndex[node])
      guard split >= 0, structure.counts[node] >= least, termCount <= 4 else {
        exits.append(Int32(node))
        continue
      }
      var step = Step(threshold: structure.trees.thresholds[split])
      for term in 0..<termCount {
        let (weight, feature) = (
          terms[split * termCount + term].weight, terms[split * termCount + term].feature
        )
        switch term {
        case 0: (step.weights.0, step.features.0) = (weight, feature)
        case 1: (step.weights.1, step.features.1) = (weight, feature)
        case 2: (step.weights.2, step.features.2) = (weight, feature)
        default: (step.weights.3, step.features.3) = (weight, feature)
        }
      }
      pending.append((Int(structure.right[node]), steps.count, exits.count))
      pending.append((node + 1, nil, 0))
      steps.append(step)
    }
    self.steps = steps
    self.exits = exits
  }

  /// The rows that a split of the crown has at least: one of `share`, and few enough splits for the bits.
  ///
  /// A split has more rows than those below it, so the splits with the most rows are connected.
  private static func leastCount(_ structure: ForestStructure, tree: Int) -> Int64 {
    let nodes = structure.starts[tree]..<structure.starts[tree + 1]
    let counts = nodes.filter { structure.splitIndex[$0] >= 0 }.map { structure.counts[$0] }
      .sorted(by: >)
    let share = structure.counts[nodes.lowerBound] / Self.share + 1
    guard counts.count >= exitLimit else { return share }
    return max(share, counts[exitLimit - 1] + 1)
  }

  /// Where 32 rows leave the crown; a missing value takes the left branch.
  ///
  /// - Parameter values: One for each feature.
  @inline(__always)
  func exits(_ values: Span<Lanes>) -> Exits {
    switch termCount {
    case 1: return exits { step in values[Int(step.features.0)] }
    case 2:
      return exits { step in
        values[Int(step.features.0)].times(step.weights.0)
          .adding(values[Int(step.features.1)], times: step.weights.1)
      }
    case 3:
      return exits { step in
        values[Int(step.features.0)].times(step.weights.0)
          .adding(values[Int(step.features.1)], times: step.weights.1)
          .adding(values[Int(step.features.2)], times: step.weights.2)
      }
    default:
      return exits { step in
        values[Int(step.features.0)].times(step.weights.0)
          .adding(values[Int(step.features.1)], times: step.weights.1)
          .adding(values[Int(step.features.2)], times: step.weights.2)
          .adding(values[Int(step.features.3)], times: step.weights.3)
      }
    }
  }

  @inline(__always)
  private func exits(_ projection: (Step) -> Lanes) -> Exits {
    let all = SIMD8<Int64>(repeating: -1)
    var exits = Exits(a: all, b: all, c: all, d: all)
    let steps = steps.span
    for index in steps.indices {
      let step = steps[index]
      let threshold = SIMD8(repeating: step.threshold)
      let kept = SIMD8(repeating: step.kept)
      let value = projection(step)
      exits.a.replace(with: exits.a & kept, where: value.a .> threshold)
      exits.b.replace(with: exits.b & kept, where: value.b .> threshold)
      exits.c.replace(with: exits.c & kept, where: value.c .> threshold)
      exits.d.replace(with: exits.d & kept, where: value.d .> threshold)
    }
    return exits
  }
}
