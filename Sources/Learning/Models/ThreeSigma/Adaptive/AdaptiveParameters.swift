/// What an `AdaptiveDetector` watches with; only valid values exist.
public struct AdaptiveParameters: Equatable, Sendable {
  /// An alert needs at least this score, 0 < threshold < 1.
  ///
  /// The default is the one best for the shared part of the Numenta benchmark (`bench quality nab`): it stands for seven
  /// channels that lie about 2.7 standard deviations off on average, or for five far off and two quiet ones.
  public let threshold: Double
  /// How many points are learned before the first alert.
  public let warmUpCount: Int
  /// An alert must be the highest score of this many points: one alert an episode.
  public let quietCount: Int

  /// Checks and joins the parameters.
  ///
  /// - Parameters:
  ///   - threshold: The score from which a point is an anomaly, in 0 … 1.
  ///   - warmUpCount: How many points are learned before the first warning.
  ///   - quietCount: Half the warm-up without one.
  /// - Throws: `ThreeSigmaError.invalidParameter` naming the first parameter out of its range.
  public init(
    threshold: Double = 2.0 / 3, warmUpCount: Int = 600, quietCount: Int? = nil
  ) throws(ThreeSigmaError) {
    guard threshold > 0, threshold < 1 else {
      throw .invalidParameter(name: "threshold", reason: "must be between 0 and 1")
    }
    guard (0...1_000_000).contains(warmUpCount) else {
      throw .invalidParameter(name: "warm_up", reason: "must be 0 to 1000000 points")
    }
    let quietCount = quietCount ?? warmUpCount / 2
    guard (0...1_000_000).contains(quietCount) else {
      throw .invalidParameter(name: "quiet", reason: "must be 0 to 1000000 points")
    }
    self.threshold = threshold
    self.warmUpCount = warmUpCount
    self.quietCount = quietCount
  }

  /// A warm-up of 600 points and a quiet period of 300.
  public static let standard = AdaptiveParameters()

  private init() {
    threshold = 2.0 / 3
    warmUpCount = 600
    quietCount = 300
  }
}

/// What an `AdaptiveDetector` compares with the past.
public enum AdaptiveChannel: Int, CaseIterable, Sendable {
  /// The value itself.
  case level
  /// How far it jumped from the value before.
  case change
  /// How far it lies from the usual value of this hour of the day.
  case hour
  /// The mean of the last 12 values.
  case shortMean
  /// The mean of the last 48 values.
  case longMean
  /// The deviation of the last 24 values.
  case shortSpread
  /// The deviation of the last 96 values.
  case longSpread

  /// The channel in words.
  public var name: String {
    switch self {
    case .level: "value"
    case .change: "change from the value before"
    case .hour: "difference to the usual value of this hour"
    case .shortMean: "mean of the last 12 values"
    case .longMean: "mean of the last 48 values"
    case .shortSpread: "spread of the last 24 values"
    case .longSpread: "spread of the last 96 values"
    }
  }
}
