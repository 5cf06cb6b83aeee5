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

  /// What is known about the rows besides their values.
  public struct RowFacts: Sendable {
    /// Distinct numbers that identify the rows wherever they stand; without them the position does.
    public let keys: [UInt64]?
    /// How likely each row is drawn, in proportion; without them all alike.
    public let weights: [Double]?

    /// Describes rows, one entry a row where something is given.
    public init(keys: [UInt64]? = nil, weights: [Double]? = nil) {
      self.keys = keys
      self.weights = weights
    }
  }

  /// Grows the trees and sets the threshold.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`; NaN is a missing value.
  ///   - featureNames: One per column.
  ///   - rowKeys: Distinct numbers that identify the rows wherever they stand; without them the position does.
  ///   - rowWeights: How likely each row is drawn for a tree, in proportion (`sample_weight`); without them all alike.
  ///   - threadCount: How many threads work; the model does not depend on it.
  /// - Throws: `TrainingError.emptyData`, `.featureCountMismatch`, or `.invalidValue` for the first infinity.
  /// - Complexity: O(rows) for the choice of rows, O(trees × ψ × depth) for the trees, and with a contamination share
  ///   the scoring of all rows.
  public func fit(
    _ matrix: Matrix<Double>, featureNames: [String], rowKeys: [UInt64]? = nil,
    rowWeights: [Double]? = nil, threadCount: Int = 1
  ) throws(TrainingError) -> IsolationForest {
    let facts = RowFacts(keys: rowKeys, weights: rowWeights)
    return try withThreshold(
      matrix, facts,
      forest(
        of: grow(
          0..<parameters.treeCount, matrix, featureNames, facts, threadCount: threadCount),
        featureNames, rowCount: matrix.rowCount)
    ) { (forest) throws(ModelError) in try forest.scores(of: matrix, threadCount: threadCount) }
  }

  /// Grows the trees and sets the threshold; the same model as for the values widened to `Double`.
  ///
  /// - Throws: As for double precision.
  public func fit(
    _ matrix: Matrix<Float>, featureNames: [String], rowKeys: [UInt64]? = nil,
    rowWeights: [Double]? = nil, threadCount: Int = 1
  ) throws(TrainingError) -> IsolationForest {
    let facts = RowFacts(keys: rowKeys, weights: rowWeights)
    return try withThreshold(
      matrix, facts,
      forest(
        of: grow(
          0..<parameters.treeCount, matrix, featureNames, facts, threadCount: threadCount),
        featureNames, rowCount: matrix.rowCount)
    ) { (forest) throws(ModelError) in try forest.scores(of: matrix, threadCount: threadCount) }
  }

  /// Adds the trees that `forest` has less than `parameters.treeCount` (a warm start): the model that one fit of all trees
  /// gives, provided that `forest` was grown from the same rows with the same other settings.
  ///
  /// - Throws: As `fit`, and `TrainingError.invalidParameter` when `forest` is of another kind or has more trees.
  public func extend(
    _ forest: IsolationForest, with matrix: Matrix<Double>, rows facts: RowFacts = RowFacts(),
    threadCount: Int = 1
  ) throws(TrainingError) -> IsolationForest {
    try checkFits(forest, matrix)
    guard forest.treeCount <= parameters.treeCount else {
      throw .invalidParameter(
        name: "n_estimators", given: String(parameters.treeCount),
        allowed: "at least \(forest.treeCount), the trees that the forest has")
    }
    let added = try grow(
      forest.treeCount..<parameters.treeCount, matrix, forest.featureNames, facts,
      threadCount: threadCount)
    var trees = forest.trees
    trees.append(added)
    return try withThreshold(
      matrix, facts,
      self.forest(of: trees, forest.featureNames, rowCount: matrix.rowCount)
    ) { (forest) throws(ModelError) in try forest.scores(of: matrix, threadCount: threadCount) }
  }

  /// Replaces the oldest `count` trees by trees grown from `matrix` (a sliding forest), and sets the threshold anew; a
  /// threshold by false-alarm rate stays.
  ///
  /// - Parameters:
  ///   - forest: The forest to renew; it stays as it is.
  ///   - count: How many of the oldest trees go.
  ///   - matrix: `rows × features` of today.
  ///   - generation: A number of this renewal; each gives trees of its own.
  ///   - facts: Keys and weights of the rows.
  ///   - threadCount: How many threads work; no result depends on it.
  /// - Throws: As `fit`, and `TrainingError.invalidParameter` when `forest` is of another kind or has fewer trees.
  public func renew(
    _ forest: IsolationForest, replacing count: Int, with matrix: Matrix<Double>,
    generation: UInt64, rows facts: RowFacts = RowFacts(), threadCount: Int = 1
  ) throws(TrainingError) -> IsolationForest {
    try checkFits(forest, matrix)
    guard count >= 0, count <= forest.treeCount else {
      throw .invalidParameter(
        name: "replaced trees", given: String(count), allowed: "0 to \(forest.treeCount)")
    }
    // Numbers past every tree of a fit: (generation + 1) · 2³².
    let first = Int(truncatingIfNeeded: (generation &+ 1) << 32 & 0x7FFF_FFFF_0000_0000)
    var trees = forest.trees.droppingTrees(count)
    trees.append(
      try grow(
        first..<first + count, matrix, forest.featureNames, facts, threadCount: threadCount))
    let renewed = try self.forest(of: trees, forest.featureNames, rowCount: matrix.rowCount)
    // The samples of the trees that stay are gone, so no row is known to be out of their bags.
    if case .falseAlarmRate = parameters.contamination {
      return renewed.withThreshold(forest.threshold)
    }
    return try withThreshold(matrix, facts, renewed) { (forest) throws(ModelError) in
      try forest.scores(of: matrix, threadCount: threadCount)
    }
  }

  private func checkFits(
    _ forest: IsolationForest, _ matrix: Matrix<Double>
  ) throws(TrainingError) {
    let terms = parameters.dimensions(
      featureCount: parameters.featureCount(columnCount: matrix.columnCount))
    guard forest.trees.termCount == terms else {
      throw .invalidParameter(
        name: "ndim", given: String(terms), allowed: "\(forest.trees.termCount), as in the forest")
    }
    let penalizesRange = parameters.scoring == .depth(penalizesRange: true)
    let hasSplits = !forest.trees.thresholds.isEmpty
    guard (hasSplits && parameters.scoring == .density) == !forest.trees.volumes.isEmpty,
      (hasSplits && penalizesRange) == !forest.trees.ranges.isEmpty
    else {
      throw .invalidParameter(
        name: "scoring_metric", given: "\(parameters.scoring)", allowed: "that of the forest")
    }
    let categories = forest.trees.categories.map { forest.featureNames[$0.feature] }.sorted()
    guard parameters.categoricalFeatures == categories else {
      throw .invalidParameter(
        name: "categorical_features",
        given: parameters.categoricalFeatures.joined(separator: ", "),
        allowed: "those of the forest: \(categories.joined(separator: ", "))")
    }
    let sampleCount = parameters.sampleCount(rowCount: matrix.rowCount)
    guard forest.sampleCount == sampleCount else {
      throw .invalidParameter(
        name: "max_samples", given: String(sampleCount),
        allowed: "\(forest.sampleCount), as in the forest")
    }
  }

  func forest(
    of trees: ForestTrees, _ names: [String], rowCount: Int
  ) throws(TrainingError) -> IsolationForest {
    do throws(ModelError) {
      return try IsolationForest(
        featureNames: names, trees: trees,
        sampleCount: parameters.sampleCount(rowCount: rowCount), pathLength: parameters.pathLength)
    } catch {
      throw .model(error)
    }
  }
}
