extension IsolationForestParameters {
  /// A named set of defaults (`preset`).
  public enum Preset: String, CaseIterable, Sendable {
    /// What detects best on average over public benchmarks, and the default of configurations: `fairCut`.
    case fairCut = "fair_cut"
    /// scikit-learn's defaults: random axis-parallel splits, 100 trees of 256 rows. Scores several times faster.
    case scikitLearn = "scikit_learn"
  }

  /// The settings of a preset.
  ///
  /// - Throws: `TrainingError.invalidParameter` for the contamination.
  public init(
    _ preset: Preset, contamination: Contamination = .automatic, seed: UInt64 = 0
  ) throws(TrainingError) {
    switch preset {
    case .fairCut: self = try .fairCut(contamination: contamination, seed: seed)
    case .scikitLearn: try self.init(contamination: contamination, seed: seed)
    }
  }

  /// A fair-cut forest (Cortes 2021): 150 trees whose splits combine four features at random and cut where the pooled
  /// gain is greatest.
  ///
  /// Cortes' own setting has 200 trees that combine two features without a depth limit. On public benchmarks every further feature up to
  /// four or five detects more, and levels past ⌈log₂ ψ⌉ + 2 change nothing but the time.
  ///
  /// - Throws: `TrainingError.invalidParameter` for the contamination.
  public static func fairCut(
    contamination: Contamination = .automatic, seed: UInt64 = 0
  ) throws(TrainingError) -> IsolationForestParameters {
    try IsolationForestParameters(
      treeCount: 150, contamination: contamination, splitRule: .pooledGain(dimensions: 4),
      depthLimit: .levels(10), seed: seed)
  }

  /// The same settings with another threshold rule and seed.
  func with(contamination: Contamination, seed: UInt64) -> IsolationForestParameters {
    var changed = self
    changed.contamination = contamination
    changed.seed = seed
    return changed
  }
}
