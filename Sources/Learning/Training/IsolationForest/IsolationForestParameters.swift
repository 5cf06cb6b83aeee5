public import Models

/// The settings of an Isolation Forest, with scikit-learn's names and meanings; only valid ones exist.
public struct IsolationForestParameters: Equatable, Sendable {
  /// How many rows each tree is grown from (`max_samples`).
  public enum SampleSize: Equatable, Sendable {
    /// 256, or all rows when there are fewer: isolation needs no more (Liu 2008, section 5.1).
    case automatic
    /// This many, or all rows when there are fewer.
    case count(Int)
    /// This share of the rows, at least one.
    case fraction(Double)
  }

  /// Where the threshold between normal and anomalous lies (`contamination`).
  public enum Contamination: Equatable, Sendable {
    /// At 0.5, the score of an average row, as in the original paper.
    case automatic
    /// So that this share of the training rows lies above.
    case share(Double)
    /// So that at most this many training rows lie above (`alert_budget`).
    case alertBudget(Int)
    /// So that a new normal row lies above with at most this chance (`false_alarm_rate`): conformal, from the scores that
    /// rows get of the trees they did not grow.
    case falseAlarmRate(Double)
  }

  /// How many of the features each tree may use (`max_features`).
  public enum FeatureCount: Equatable, Sendable {
    /// This many, or all when there are fewer.
    case count(Int)
    /// This share of them, at least one.
    case fraction(Double)
  }

  /// How deep a tree may grow.
  public enum DepthLimit: Equatable, Sendable {
    /// ⌈log₂ ψ⌉, the mean depth of a balanced tree of ψ rows.
    case automatic
    /// Until every row is alone or equal to its neighbours.
    case unlimited
    /// This many levels of splits.
    case levels(Int)
  }

  /// How a split is chosen.
  public enum SplitRule: Equatable, Sendable {
    /// One random feature, a random threshold (Liu, Ting & Zhou 2008).
    case axisParallel
    /// A random direction over this many features, a random threshold (Hariri, Kind & Brunner 2021).
    case extended(dimensions: Int)
    /// A random direction over this many features, the threshold of greatest pooled gain (Cortes 2021).
    case pooledGain(dimensions: Int)
    /// Of ten random directions over this many features the one of greatest averaged gain, cut there (SCiForest, Liu,
    /// Ting & Zhou 2010).
    case averagedGain(dimensions: Int)
  }

  /// What a leaf says of the rows that end in it (`scoring_metric` and `penalize_range`).
  public enum Scoring: Equatable, Sendable {
    /// How soon they are isolated: depth and c(rows). With a penalty a split takes one from the path of a row that lies
    /// further from the threshold than the split's own rows are wide (Liu, Ting & Zhou 2010).
    case depth(penalizesRange: Bool)
    /// How dense they lie: the leaf's share of the tree's rows over its share of the volume that the splits parted. The score
    /// is 1 / (1 + the geometric mean over the trees).
    case density
  }

  /// How many trees are grown (`n_estimators`).
  public let treeCount: Int
  /// Rows of each tree (`max_samples`).
  public let sampleSize: SampleSize
  /// Where the threshold lies (`contamination`).
  public internal(set) var contamination: Contamination
  /// Features of each tree (`max_features`).
  public let featureCount: FeatureCount
  /// Draw the rows of a tree with replacement (`bootstrap`).
  public let drawsWithReplacement: Bool
  /// How splits are chosen (`split` and `ndim`).
  public let splitRule: SplitRule
  /// How deep trees grow (`max_depth`).
  public let depthLimit: DepthLimit
  /// What leaves say (`scoring_metric`, `penalize_range`).
  public let scoring: Scoring
  /// How c(n) is computed (`path_length`).
  public let pathLength: PathLength
  /// The names of the columns whose values are only equal or different (`categorical_features`), ascending.
  public internal(set) var categoricalFeatures: [String]
  /// Where all randomness comes from (`random_state`).
  public internal(set) var seed: UInt64

  /// Checks the settings; what is left out is as in scikit-learn (`Preset.scikitLearn`).
  ///
  /// - Throws: `TrainingError.invalidParameter` with the name, the given and the allowed values.
  public init(
    treeCount: Int = 100, sampleSize: SampleSize = .automatic,
    contamination: Contamination = .automatic, featureCount: FeatureCount = .fraction(1),
    drawsWithReplacement: Bool = false, splitRule: SplitRule = .axisParallel,
    depthLimit: DepthLimit = .automatic, scoring: Scoring = .depth(penalizesRange: false),
    pathLength: PathLength = .exact, categoricalFeatures: [String] = [], seed: UInt64 = 0
  ) throws(TrainingError) {
    try Self.check("n_estimators", treeCount, 1...100_000)
    switch sampleSize {
    case .automatic: break
    case .count(let count): try Self.check("max_samples", count, 1...Int(Int32.max))
    case .fraction(let share): try Self.checkShare("max_samples", share, upTo: 1)
    }
    switch featureCount {
    case .count(let count): try Self.check("max_features", count, 1...Int(Int32.max))
    case .fraction(let share): try Self.checkShare("max_features", share, upTo: 1)
    }
    switch contamination {
    case .automatic: break
    case .share(let share): try Self.checkShare("contamination", share, upTo: 0.5)
    case .alertBudget(let count): try Self.check("alert_budget", count, 1...Int(Int32.max))
    case .falseAlarmRate(let rate): try Self.checkShare("false_alarm_rate", rate, upTo: 0.5)
    }
    switch splitRule {
    case .axisParallel: break
    case .extended(let dimensions), .pooledGain(let dimensions), .averagedGain(let dimensions):
      try Self.check("ndim", dimensions, 1...1000)
    }
    if case .levels(let levels) = depthLimit { try Self.check("max_depth", levels, 1...4096) }
    self.treeCount = treeCount
    self.sampleSize = sampleSize
    self.contamination = contamination
    self.featureCount = featureCount
    self.drawsWithReplacement = drawsWithReplacement
    self.splitRule = splitRule
    self.depthLimit = depthLimit
    self.scoring = scoring
    self.pathLength = pathLength
    self.categoricalFeatures = Set(categoricalFeatures).sorted()
    self.seed = seed
  }

  /// The same settings where also the columns `names` are categorical.
  public func addingCategoricalFeatures(_ names: [String]) -> IsolationForestParameters {
    var changed = self
    changed.categoricalFeatures = Set(categoricalFeatures + names).sorted()
    return changed
  }

  private static func check(
    _ name: String, _ value: Int, _ range: ClosedRange<Int>
  ) throws(TrainingError) {
    guard range.contains(value) else {
      throw .invalidParameter(
        name: name, given: String(value),
        allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  private static func checkShare(
    _ name: String, _ value: Double, upTo limit: Double
  ) throws(TrainingError) {
    guard value > 0 && value <= limit else {
      throw .invalidParameter(
        name: name, given: String(value), allowed: "a share above 0 and up to \(limit)")
    }
  }

  /// ψ for a table of `rowCount` rows.
  func sampleCount(rowCount: Int) -> Int {
    switch sampleSize {
    case .automatic: min(256, rowCount)
    case .count(let count): min(count, rowCount)
    case .fraction(let share): min(max(1, Int(share * Double(rowCount))), rowCount)
    }
  }

  /// How many of `columnCount` features a tree uses.
  func featureCount(columnCount: Int) -> Int {
    switch featureCount {
    case .count(let count): min(count, columnCount)
    case .fraction(let share): min(max(1, Int(share * Double(columnCount))), columnCount)
    }
  }

  /// How many of `featureCount` features a split combines.
  func dimensions(featureCount: Int) -> Int {
    switch splitRule {
    case .axisParallel: 1
    case .extended(let dimensions), .pooledGain(let dimensions), .averagedGain(let dimensions):
      min(dimensions, featureCount)
    }
  }

  /// The number of levels for trees of `sampleCount` rows.
  func levelLimit(sampleCount: Int) -> Int {
    switch depthLimit {
    case .automatic: Int.bitWidth - (max(sampleCount, 2) - 1).leadingZeroBitCount
    case .unlimited: Int.max
    case .levels(let levels): levels
    }
  }
}
