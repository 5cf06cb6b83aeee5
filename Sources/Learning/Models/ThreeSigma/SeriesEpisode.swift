public import Transactions

/// A run of anomalies that is one alert.
public struct SeriesEpisode: Equatable, Sendable {
  /// The index of the first anomaly among the points that were judged.
  public internal(set) var startIndex: Int
  /// The index of the highest score.
  public internal(set) var peakIndex: Int
  /// The index of the last point that belongs to the episode.
  public internal(set) var endIndex: Int
  /// The time of the first anomaly.
  public internal(set) var start: Timestamp
  /// The time of the highest score.
  public internal(set) var peak: Timestamp
  /// The time of the last point that belongs to the episode.
  public internal(set) var end: Timestamp
  /// The highest score.
  public internal(set) var peakScore: Double
  /// How many of its points are anomalies by themselves.
  public internal(set) var anomalyCount: Int
}

/// When an episode goes on and when it is over; only valid settings exist.
public struct EpisodeParameters: Equatable, Sendable {
  /// An anomaly at most this long after the last one belongs to the same episode; longer silence ends it.
  public let minimumGap: TimeSpan
  /// While an episode lasts, a point with at least this share of the threshold keeps it up, 0 < share ≤ 1 (hysteresis).
  public let holdingShare: Double

  /// Checks and joins the settings.
  ///
  /// - Throws: `ThreeSigmaError.invalidParameter`.
  public init(
    minimumGap: TimeSpan = .seconds(0), holdingShare: Double = 1
  ) throws(ThreeSigmaError) {
    guard minimumGap.microseconds >= 0 else {
      throw .invalidParameter(name: "minimum_gap", reason: "must not be negative")
    }
    guard holdingShare > 0, holdingShare <= 1 else {
      throw .invalidParameter(
        name: "holding_share", reason: "must be greater than 0 and at most 1")
    }
    self.minimumGap = minimumGap
    self.holdingShare = holdingShare
  }

  /// Every anomaly that follows another directly belongs to its episode; the first normal point ends it.
  public static let standard = EpisodeParameters()

  private init() {
    minimumGap = .seconds(0)
    holdingShare = 1
  }
}

/// Turns judged points into episodes, one point at a time.
///
/// Two states: *quiet* becomes *raised* at an anomaly; *raised* becomes *quiet* at a normal point that does not hold the
/// episode and comes later than the minimum gap allows, or stays *raised*.
public struct EpisodeTracker: Sendable {
  private let parameters: EpisodeParameters
  private let holdingScore: Double
  private var open: SeriesEpisode?

  /// Starts quiet.
  ///
  /// - Parameters:
  ///   - parameters: When an episode is over.
  ///   - threshold: The score above which a point is an anomaly, for the hysteresis.
  public init(parameters: EpisodeParameters, threshold: Double) {
    self.parameters = parameters
    holdingScore = threshold * parameters.holdingShare
  }

  /// Takes the next point.
  ///
  /// - Returns: the episode that ended before this point, if one did.
  public mutating func add(
    isAnomaly: Bool, score: Double, at time: Timestamp, index: Int
  ) -> SeriesEpisode? {
    var ended: SeriesEpisode?
    if let episode = open {
      let silence = secondsBetween(episode.end, time)
      let holds = isAnomaly || (parameters.holdingShare < 1 && score >= holdingScore)
      let isWithinGap = silence <= parameters.minimumGap.seconds
      if holds && (isWithinGap || index == episode.endIndex + 1) {
        open?.extend(isAnomaly: isAnomaly, score: score, at: time, index: index)
        return nil
      }
      if isWithinGap { return nil }
      ended = episode
      open = nil
    }
    if isAnomaly {
      open = SeriesEpisode(
        startIndex: index, peakIndex: index, endIndex: index, start: time, peak: time, end: time,
        peakScore: score, anomalyCount: 1)
    }
    return ended
  }

  /// The episode that is still going on, if there is one.
  public var ongoing: SeriesEpisode? { open }
}

extension SeriesEpisode {
  fileprivate mutating func extend(isAnomaly: Bool, score: Double, at time: Timestamp, index: Int) {
    endIndex = index
    end = time
    if isAnomaly { anomalyCount += 1 }
    if score > peakScore {
      peakScore = score
      peakIndex = index
      peak = time
    }
  }
}

/// What a model says about many points: one element a point in each list, and the episodes.
public struct SeriesAssessment: Equatable, Sendable {
  /// Whether each value is an anomaly.
  public fileprivate(set) var isAnomaly: [Bool] = []
  /// The score of each value.
  public fileprivate(set) var scores: [Double] = []
  /// The share of normal points with a lower score.
  public fileprivate(set) var probabilities: [Double] = []
  /// What was expected at each time.
  public fileprivate(set) var expectedValues: [Double] = []
  /// The lower ends of the band.
  public fileprivate(set) var lower: [Double] = []
  /// The upper ends of the band.
  public fileprivate(set) var upper: [Double] = []
  /// The runs of anomalies, in time order.
  public fileprivate(set) var episodes: [SeriesEpisode] = []
}

extension ThreeSigmaModel {
  /// Judges many points and joins the anomalies into episodes.
  ///
  /// - Throws: `ThreeSigmaError` with the index of the first point at fault.
  /// - Complexity: O(points).
  public func assess(
    timestamps: [Timestamp], values: [Double], episodes parameters: EpisodeParameters = .standard
  ) throws(ThreeSigmaError) -> SeriesAssessment {
    try ThreeSigmaModel.check(timestamps: timestamps, values: values, minimumPointCount: 1)
    var result = SeriesAssessment()
    result.isAnomaly.reserveCapacity(values.count)
    result.scores.reserveCapacity(values.count)
    var tracker = EpisodeTracker(parameters: parameters, threshold: effectiveThreshold)
    let tail = scoreTail
    for (index, value) in values.enumerated() {
      let verdict = judge(value, at: timestamps[index])
      result.isAnomaly.append(verdict.isAnomaly)
      result.scores.append(verdict.score)
      result.probabilities.append(tail.probability(ofScore: verdict.score))
      result.expectedValues.append(verdict.expected)
      result.lower.append(verdict.lower)
      result.upper.append(verdict.upper)
      if let ended = tracker.add(
        isAnomaly: verdict.isAnomaly, score: verdict.score, at: timestamps[index], index: index)
      {
        result.episodes.append(ended)
      }
    }
    if let ongoing = tracker.ongoing { result.episodes.append(ongoing) }
    return result
  }
}
