/// A fitted Isolation Forest (Liu, Ting & Zhou 2008): rows that random splits isolate early are anomalous.
///
/// The score of a row is 2^(−E[h] / c(ψ)), where E[h] is its mean path length over the trees, ψ the number of rows
/// that each tree was grown from and c(ψ) the path length to expect (`PathLength`). It is in 0 … 1, higher is more
/// anomalous, and 0.5 is what an average row gets. Compared with scikit-learn: `score_samples` = −score, `offset_` =
/// −`threshold`, `decision_function` = `threshold` − score, and `predict` is −1 where score > `threshold`.
///
/// A row that lacks a feature (NaN) goes down both branches of a split on it, weighted by the rows that each had in
/// training. Infinities are refused. Path lengths are added as integers (units of 2⁻³²), so scores have the same bits
/// for every block size, thread count and width of the processor's vectors.
public struct IsolationForest: AnomalyDetector {
  public static let kind = "isolation_forest"

  public let featureNames: [String]
  /// The trees in preorder, as they are stored.
  public let trees: ForestTrees
  /// ψ: how many rows each tree was grown from.
  public let sampleCount: Int
  /// How c(n) was computed.
  public let pathLength: PathLength
  /// Rows with a score above it are anomalies.
  public let threshold: Double

  /// Over expanded rows where there are categorical features.
  let structure: ForestStructure
  let expansion: CategoryExpansion?
  /// Columns of the rows that trees are walked with.
  let columnCount: Int
  /// For single rows.
  let walk: Deferred<TreeWalk>
  /// For blocks of rows.
  let blocks: Deferred<BlockScorer>
  /// For rows that lack values.
  let gaps: Deferred<MissingSieve>

  /// Makes a forest of `trees`.
  ///
  /// - Throws: `ModelError.malformed` when the arrays do not describe trees over `featureNames`.
  public init(
    featureNames: [String], trees: ForestTrees, sampleCount: Int,
    pathLength: PathLength = .exact, threshold: Double = 0.5
  ) throws(ModelError) {
    guard !featureNames.isEmpty else { throw .malformed(reason: "the forest has no features") }
    guard sampleCount > 0 else { throw .malformed(reason: "the sample size is not positive") }
    guard threshold.isFinite else { throw .malformed(reason: "the threshold is not finite") }
    self.featureNames = featureNames
    self.trees = trees
    self.sampleCount = sampleCount
    self.pathLength = pathLength
    self.threshold = threshold
    let featureCount = featureNames.count
    try ForestStructure.checkShape(trees, featureCount: featureCount)
    let expansion = try CategoryExpansion(trees, featureCount: featureCount)
    let columnCount = expansion?.columnCount ?? featureCount
    let structure = try ForestStructure(
      expansion?.expanded(trees) ?? trees, sampleCount: sampleCount, pathLength: pathLength)
    self.expansion = expansion
    self.columnCount = columnCount
    self.structure = structure
    // Compiling takes as long as growing: only who scores pays for it.
    walk = Deferred { TreeWalk(structure, featureCount: columnCount) }
    blocks = Deferred { BlockScorer(structure) }
    gaps = Deferred { MissingSieve(structure) }
  }

  /// How many trees there are.
  public var treeCount: Int { trees.nodeCounts.count }

  /// The same forest with another threshold.
  ///
  /// - Precondition: `threshold` is finite.
  public func withThreshold(_ threshold: Double) -> IsolationForest {
    precondition(threshold.isFinite, "a threshold is finite")
    return IsolationForest(copying: self, threshold: threshold)
  }

  /// A copy with other names of its categories or another threshold.
  init(copying other: IsolationForest, trees: ForestTrees? = nil, threshold: Double? = nil) {
    featureNames = other.featureNames
    self.trees = trees ?? other.trees
    sampleCount = other.sampleCount
    pathLength = other.pathLength
    self.threshold = threshold ?? other.threshold
    structure = other.structure
    expansion = other.expansion
    columnCount = other.columnCount
    walk = other.walk
    blocks = other.blocks
    gaps = other.gaps
  }

  /// Whether a row with this score is an anomaly.
  public func isAnomaly(score: Double) -> Bool { score > threshold }
}

extension IsolationForest: Equatable {
  public static func == (left: IsolationForest, right: IsolationForest) -> Bool {
    left.featureNames == right.featureNames && left.trees == right.trees
      && left.sampleCount == right.sampleCount && left.pathLength == right.pathLength
      && left.threshold == right.threshold
  }
}
