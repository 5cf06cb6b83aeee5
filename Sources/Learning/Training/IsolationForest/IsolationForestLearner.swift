public import Models
public import Tabular

/// Fits an Isolation Forest (Liu, Ting & Zhou 2008).
///
/// The model depends on the parameters and on the set of keyed rows, not on the number of threads; with keys of the
/// rows' own (`rowKeys`) not on their order either.
public struct IsolationForestLearner: Sendable {
  /// The settings.
  public let parameters: IsolationForestParameters

  /// Makes a learner.
  public init(parameters: IsolationForestParameters) {
    self.parameters = parameters
  }

  /// Grows the trees and sets the threshold.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`; NaN is a missing value.
  ///   - featureNames: One per column.
  ///   - rowKeys: Distinct numbers that identify the rows wherever they stand; without them the position does.
  ///   - threadCount: How many threads work; the model does not depend on it.
  /// - Throws: `TrainingError.emptyData`, `.featureCountMismatch`, or `.invalidValue` for the first infinity.
  /// - Complexity: O(rows) for the choice of rows, O(trees × ψ × depth) for the trees, and with a contamination share
  ///   the scoring of all rows.
  public func fit(
    _ matrix: Matrix<Double>, featureNames: [String], rowKeys: [UInt64]? = nil,
    threadCount: Int = 1
  ) throws(TrainingError) -> IsolationForest {
    let forest = try grow(
      matrix, featureNames: featureNames, rowKeys: rowKeys, threadCount: threadCount)
    return try withThreshold(forest) { (forest) throws(ModelError) in
      try forest.scores(of: matrix, threadCount: threadCount)
    }
  }

  /// Grows the trees and sets the threshold; the same model as for the values widened to `Double`.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`; NaN is a missing value.
  ///   - featureNames: One per column.
  ///   - rowKeys: Distinct numbers that identify the rows wherever they stand; without them the position does.
  ///   - threadCount: How many threads work; the model does not depend on it.
  /// - Throws: `TrainingError.emptyData`, `.featureCountMismatch`, or `.invalidValue` for the first infinity.
  public func fit(
    _ matrix: Matrix<Float>, featureNames: [String], rowKeys: [UInt64]? = nil,
    threadCount: Int = 1
  ) throws(TrainingError) -> IsolationForest {
    let forest = try grow(
      matrix, featureNames: featureNames, rowKeys: rowKeys, threadCount: threadCount)
    return try withThreshold(forest) { (forest) throws(ModelError) in
      try forest.scores(of: matrix, threadCount: threadCount)
    }
  }

  private func grow<Scalar: RankedScalar>(
    _ matrix: Matrix<Scalar>, featureNames: [String], rowKeys: [UInt64]?, threadCount: Int
  ) throws(TrainingError) -> IsolationForest {
    guard matrix.rowCount > 0, matrix.columnCount > 0 else {
      throw .emptyData(rows: matrix.rowCount, columns: matrix.columnCount)
    }
    guard featureNames.count == matrix.columnCount else {
      throw .featureCountMismatch(names: featureNames.count, columns: matrix.columnCount)
    }
    precondition(
      rowKeys == nil || rowKeys?.count == matrix.rowCount, "every row has one key or none has")
    let sampleCount = parameters.sampleCount(rowCount: matrix.rowCount)
    let sampling = RowSampling(
      seed: parameters.seed, treeCount: parameters.treeCount, sampleCount: sampleCount,
      drawsWithReplacement: parameters.drawsWithReplacement)
    let samples = sampling.samples(rowCount: matrix.rowCount, keys: rowKeys)
    let grown = try BlockParallel.map(
      count: parameters.treeCount, blockSize: 1, threadCount: threadCount
    ) { (block) throws(TrainingError) in
      try growTree(
        block.lowerBound,
        rows: samples[block.lowerBound * sampleCount..<block.upperBound * sampleCount], of: matrix,
        names: featureNames)
    }
    var trees = ForestTrees(
      termCount: parameters.dimensions(
        featureCount: parameters.featureCount(columnCount: matrix.columnCount)), joining: grown)
    if trees.termCount > 1 {
      trees.centers = centers(of: matrix, rows: samples[..<sampleCount])
    }
    do throws(ModelError) {
      return try IsolationForest(
        featureNames: featureNames, trees: trees, sampleCount: sampleCount,
        pathLength: parameters.pathLength)
    } catch {
      throw .model(error)
    }
  }

  private func growTree<Scalar: RankedScalar>(
    _ tree: Int, rows: ArraySlice<Int>, of matrix: Matrix<Scalar>, names: [String]
  ) throws(TrainingError) -> ForestTrees {
    // Streams of one seed are independent, so a forest of more trees starts with the trees of the smaller one when
    // the samples are the same.
    var generator = SeededGenerator(seed: parameters.seed, stream: UInt64(tree))
    let columnCount = matrix.columnCount
    let featureCount = parameters.featureCount(columnCount: columnCount)
    let features =
      featureCount == columnCount
      ? Array(0..<columnCount) : generator.sample(featureCount, from: columnCount).sorted()
    let sample = try TreeSample(rows, features: features, of: matrix, names: names)
    let levelLimit = parameters.levelLimit(sampleCount: sample.rowCount)
    if parameters.splitRule == .axisParallel {
      var grower = TreeGrower(sample: sample, levelLimit: levelLimit, generator: generator)
      return grower.grow()
    }
    var grower = HyperplaneGrower(
      columns: sample.columns, sampleCount: sample.rowCount, features: features,
      levelLimit: levelLimit, dimensions: parameters.dimensions(featureCount: featureCount),
      criterion: HyperplaneGrower.Criterion(parameters.splitRule), generator: generator)
    return grower.grow()
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

  private func withThreshold(
    _ forest: IsolationForest, scores: (IsolationForest) throws(ModelError) -> [Double]
  ) throws(TrainingError) -> IsolationForest {
    guard case .share(let share) = parameters.contamination else { return forest }
    do throws(ModelError) {
      return forest.withThreshold(Self.upperQuantile(try scores(forest), share: share))
    } catch {
      switch error {
      case .invalidValue(let row, let feature, let reason):
        throw .invalidValue(row: row, feature: feature, reason: reason)
      default: throw .model(error)
      }
    }
  }

  /// The value that `share` of `scores` exceed, interpolated linearly as `numpy.percentile` does.
  static func upperQuantile(_ scores: [Double], share: Double) -> Double {
    let sorted = scores.sorted(by: >)
    let position = share * Double(sorted.count - 1)
    let index = min(Int(position), sorted.count - 1)
    let next = min(index + 1, sorted.count - 1)
    return sorted[index] + (sorted[next] - sorted[index]) * (position - Double(index))
  }
}
