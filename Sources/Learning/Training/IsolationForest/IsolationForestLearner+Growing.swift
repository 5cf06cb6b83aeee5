internal import Models
internal import Tabular

extension IsolationForestLearner {
  /// The trees with the numbers `range`; each depends on its number, the parameters and the rows alone.
  func grow<Scalar: RankedScalar>(
    _ range: Range<Int>, _ matrix: Matrix<Scalar>, _ names: [String], _ facts: RowFacts,
    threadCount: Int
  ) throws(TrainingError) -> ForestTrees {
    try check(matrix, names, facts)
    return try grow(
      range, matrix, names, samples: samples(of: range, rowCount: matrix.rowCount, facts),
      sampleCount: parameters.sampleCount(rowCount: matrix.rowCount), threadCount: threadCount)
  }

  /// The trees with the numbers `range`, each from its `sampleCount` of the rows `samples`.
  func grow<Scalar: RankedScalar>(
    _ range: Range<Int>, _ matrix: Matrix<Scalar>, _ names: [String], samples: [Int],
    sampleCount: Int, threadCount: Int
  ) throws(TrainingError) -> ForestTrees {
    let grown = try BlockParallel.map(
      count: range.count, blockSize: 1, threadCount: threadCount
    ) { (block) throws(TrainingError) in
      try growTree(
        range.lowerBound + block.lowerBound,
        rows: samples[block.lowerBound * sampleCount..<block.upperBound * sampleCount], of: matrix,
        names: names)
    }
    var trees = ForestTrees(
      termCount: parameters.dimensions(
        featureCount: parameters.featureCount(columnCount: matrix.columnCount)), joining: grown)
    if trees.termCount > 1 {
      trees.centers = centers(of: matrix, rows: samples.prefix(sampleCount))
    }
    return trees
  }

  /// The rows of the trees with the numbers `range`: ψ for each.
  func samples(of range: Range<Int>, rowCount: Int, _ facts: RowFacts) -> [Int] {
    let sampling = RowSampling(
      seed: parameters.seed, sampleCount: parameters.sampleCount(rowCount: rowCount),
      drawsWithReplacement: parameters.drawsWithReplacement)
    return sampling.rows(
      of: range, rowCount: rowCount, keys: facts.keys, weights: facts.weights)
  }

  private func check(
    _ matrix: Matrix<some RankedScalar>, _ names: [String], _ facts: RowFacts
  ) throws(TrainingError) {
    guard matrix.rowCount > 0, matrix.columnCount > 0 else {
      throw .emptyData(rows: matrix.rowCount, columns: matrix.columnCount)
    }
    guard names.count == matrix.columnCount else {
      throw .featureCountMismatch(names: names.count, columns: matrix.columnCount)
    }
    precondition(
      facts.keys == nil || facts.keys?.count == matrix.rowCount,
      "every row has one key or none has")
    guard let weights = facts.weights else { return }
    precondition(weights.count == matrix.rowCount, "every row has one weight or none has")
    guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }), weights.contains(where: { $0 > 0 }) else {
      throw .invalidParameter(
        name: "sample_weight", given: "a negative, infinite or missing weight, or none above 0",
        allowed: "finite numbers of at least 0, one of them above 0")
    }
  }

  private func growTree<Scalar: RankedScalar>(
    _ tree: Int, rows: ArraySlice<Int>, of matrix: Matrix<Scalar>, names: [String]
  ) throws(TrainingError) -> ForestTrees {
    var generator = SeededGenerator(seed: parameters.seed, stream: UInt64(tree))
    let columnCount = matrix.columnCount
    let featureCount = parameters.featureCount(columnCount: columnCount)
    let features =
      featureCount == columnCount
      ? Array(0..<columnCount) : generator.sample(featureCount, from: columnCount).sorted()
    var sample = try TreeSample(rows, features: features, of: matrix, names: names)
    let categories = try categoricalColumns(names).map { feature in
      guard let column = features.firstIndex(of: feature) else {
        return CategoryPlaces(
          feature: feature, codes: [], places: [], otherPlaces: [0], centers: [0])
      }
      return sample.drawPlaces(column: column, with: &generator)
    }
    let levelLimit = parameters.levelLimit(sampleCount: sample.rowCount)
    if parameters.splitRule == .axisParallel {
      var grower = TreeGrower(
        sample: sample, levelLimit: levelLimit, scoring: parameters.scoring, generator: generator)
      var tree = grower.grow()
      tree.categories = categories
      return tree
    }
    var grower = HyperplaneGrower(
      columns: sample.columns, sampleCount: sample.rowCount, features: features,
      levelLimit: levelLimit, dimensions: parameters.dimensions(featureCount: featureCount),
      criterion: HyperplaneGrower.Criterion(parameters.splitRule), scoring: parameters.scoring,
      generator: generator)
    var tree = grower.grow()
    tree.categories = categories
    return tree
  }

  /// The columns of the categorical features, ascending.
  private func categoricalColumns(_ names: [String]) throws(TrainingError) -> [Int] {
    var columns: [Int] = []
    for name in parameters.categoricalFeatures {
      guard let column = names.firstIndex(of: name) else {
        throw .invalidParameter(
          name: "categorical_features", given: name,
          allowed: "names of columns: \(names.joined(separator: ", "))")
      }
      columns.append(column)
    }
    return columns.sorted()
  }

  /// The mean of each column's known values over `rows`; 0 when it has none or they leave the range.
  private func centers<Scalar: RankedScalar>(
    of matrix: Matrix<Scalar>, rows: ArraySlice<Int>
  ) -> [Double] {
    (0..<matrix.columnCount).map { column in
      let known = rows.map { Double(matrix[$0, column]) }.filter { !$0.isNaN }
      let mean = known.reduce(0) { $0 + $1 / Double(known.count) }
      return mean.isFinite ? mean : 0
    }
  }

  /// `forest` with the threshold that `parameters.contamination` asks for.
  func withThreshold<Scalar: RankedScalar>(
    _ matrix: Matrix<Scalar>, _ facts: RowFacts, _ forest: IsolationForest,
    scores: (IsolationForest) throws(ModelError) -> [Double]
  ) throws(TrainingError) -> IsolationForest {
    if parameters.contamination == .automatic { return forest }
    let all: [Double]
    var outOfBag: [Double] = []
    do throws(ModelError) {
      all = try scores(forest)
      if case .falseAlarmRate = parameters.contamination {
        let samples = samples(of: 0..<forest.treeCount, rowCount: matrix.rowCount, facts)
        outOfBag = try forest.outOfBagScores(all, of: matrix, samples: samples)
      }
    } catch {
      switch error {
      case .invalidValue(let row, let feature, let reason):
        throw .invalidValue(row: row, feature: feature, reason: reason)
      default: throw .model(error)
      }
    }
    switch parameters.contamination {
    case .automatic: return forest
    case .share(let share): return forest.withThreshold(Self.upperQuantile(all, share: share))
    case .alertBudget(let count):
      let highest = TopScores(count + 1, of: all).descending
      return forest.withThreshold(highest[highest.count - 1])
    case .falseAlarmRate(let rate):
      let calibration = ConformalCalibration(scores: outOfBag)
      guard let threshold = calibration.threshold(falseAlarmRate: rate) else {
        throw .invalidParameter(
          name: "false_alarm_rate", given: String(rate),
          allowed: "at least 1 / (n + 1) where n rows, here \(calibration.scores.count), "
            + "are not in the sample of every tree")
      }
      return forest.withThreshold(threshold)
    }
  }

  /// The value that `share` of `scores` exceed, interpolated linearly as `numpy.percentile` does.
  static func upperQuantile(_ scores: [Double], share: Double) -> Double {
    upperQuantile(
      ofDescending: TopScores(Int(share * Double(scores.count - 1)) + 2, of: scores).descending,
      share: share, count: scores.count)
  }

  /// The same of `count` scores, of which those up to the quantile are given, highest first.
  static func upperQuantile(
    ofDescending sorted: [Double], share: Double, count: Int
  ) -> Double {
    let position = share * Double(count - 1)
    let index = min(Int(position), sorted.count - 1)
    let next = min(index + 1, sorted.count - 1)
    return sorted[index] + (sorted[next] - sorted[index]) * (position - Double(index))
  }
}
