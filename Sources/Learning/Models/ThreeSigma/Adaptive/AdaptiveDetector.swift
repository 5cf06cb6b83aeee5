public import Transactions

/// Watches one series without being fitted first: every point is judged by the points before it and then learned.
///
/// Seven numbers are taken at each point (`AdaptiveChannel`), and each is compared with its own past: how many standard
/// deviations from its mean. The deviation z of a channel becomes z / √(9 + z²), which is 0.7 at three sigmas and
/// never above 1, so that no heavy tail speaks for all; the score is the mean of the seven. An alert is a score of at least
/// the threshold that is also the highest of a quiet period: one alert an episode, and another only when it gets worse.
///
/// The same points in the same order give the same bits.
public struct AdaptiveDetector: Equatable, Sendable {
  /// What the detector watches with.
  public let parameters: AdaptiveParameters
  /// How many points were learned.
  public private(set) var pointCount = 0

  private var pasts = Array(repeating: RunningSpread(), count: AdaptiveChannel.allCases.count)
  private var hours: HourlyLevel
  private var shortMean = SlidingMoments(capacity: 12)
  private var longMean = SlidingMoments(capacity: 48)
  private var shortSpread = SlidingMoments(capacity: 24)
  private var longSpread = SlidingMoments(capacity: 96)
  private var recentScores: SlidingMaximum
  private var previous: Double?
  private var calibration = ScoreHistogram()

  /// Starts without any past.
  ///
  /// - Parameters:
  ///   - parameters: When it warns.
  ///   - zone: Whose clocks tell the hours.
  public init(parameters: AdaptiveParameters, zone: CalendarZone = .utc) {
    self.parameters = parameters
    hours = HourlyLevel(zone: zone)
    recentScores = SlidingMaximum(capacity: parameters.quietCount)
  }

  /// Judges the next point by the ones before it, and learns it.
  ///
  /// Magnitudes above 1e140 count as that, so that squares stay finite.
  ///
  /// - Precondition: `value` is finite. Times do not matter but for the hour they fall in.
  /// - Complexity: O(1) on average.
  public mutating func judge(_ value: Double, at time: Timestamp) -> AdaptiveVerdict {
    precondition(value.isFinite, "a finite value is judged")
    let value = min(max(value, -1e140), 1e140)
    shortMean.add(value)
    longMean.add(value)
    shortSpread.add(value)
    longSpread.add(value)
    var deviations = SIMD8<Double>.zero
    func take(_ channel: AdaptiveChannel, _ number: Double) {
      deviations[channel.rawValue] = pasts[channel.rawValue].deviation(of: number)
      pasts[channel.rawValue].add(number)
    }
    take(.level, value)
    take(.change, ((previous ?? value) - value).magnitude)
    take(.hour, hours.difference(of: value, at: time))
    take(.shortMean, shortMean.mean)
    take(.longMean, longMean.mean)
    take(.shortSpread, shortSpread.deviation)
    take(.longSpread, longSpread.deviation)
    previous = value

    // Beyond 1e8 the quotient is 1 to the last bit; the cut keeps the square of an infinite deviation out of it.
    let bounded = deviations.clamped(lowerBound: .zero, upperBound: .init(repeating: 1e8))
    let score = (bounded / (9 + bounded * bounded).squareRoot()).sum() / 7
    let isHighest = score > recentScores.value
    recentScores.add(score)
    let probability = calibration.share(below: score)
    calibration.add(score)
    pointCount += 1
    let isWarm = pointCount > parameters.warmUpCount
    return AdaptiveVerdict(
      score: score, alertScore: isHighest && isWarm ? score : 0, probability: probability,
      isAlert: isHighest && isWarm && score >= parameters.threshold, deviations: deviations)
  }
}

/// What an `AdaptiveDetector` says about one point.
public struct AdaptiveVerdict: Equatable, Sendable {
  /// How far the point lies from the past in all channels together, 0 ... 1.
  public let score: Double
  /// The score, where it is the highest of the quiet period and the detector is warm; 0 elsewhere.
  public let alertScore: Double
  /// The share of all earlier points of this series with a lower score.
  public let probability: Double
  /// Whether this point raises an alert.
  public let isAlert: Bool
  let deviations: SIMD8<Double>

  /// Standard deviations of one channel from its past, not negative; infinite when the past never moved.
  public func deviation(_ channel: AdaptiveChannel) -> Double { deviations[channel.rawValue] }

  /// A sentence with the channel that stands out most.
  public var explanation: String {
    let channels = AdaptiveChannel.allCases.sorted { deviation($1) < deviation($0) }
    let strongest = channels[0]
    let far = deviation(strongest)
    if far == 0 { return "nothing differs from the past" }
    let distance =
      far.isFinite
      ? "is \(ReadableNumber.oneDecimal(far)) σ from its past" : "never moved before"
    let others = channels.count { $0 != strongest && deviation($0) >= 3 }
    let rest =
      others == 0
      ? "" : "; \(others) other \(others == 1 ? "channel is" : "channels are") beyond 3 σ"
    return "the \(strongest.name) \(distance)\(rest)"
  }
}

/// The usual value of each hour of the day, shrunk towards the mean of all values while an hour has few.
struct HourlyLevel: Equatable, Sendable {
  /// As many points as the mean of all values is worth in an hour.
  private static let prior = 3.0

  private let zone: CalendarZone
  private var counts = Array(repeating: 0.0, count: 24)
  private var means = Array(repeating: 0.0, count: 24)
  private var count = 0.0
  private var mean = 0.0

  init(zone: CalendarZone) { self.zone = zone }

  /// The value minus what was usual before it, after which it is learned.
  mutating func difference(of value: Double, at time: Timestamp) -> Double {
    let slot = SeasonalSlots.hourOfDay.index(of: time, in: zone)
    let overall = count > 0 ? mean : value
    let usual =
      (means[slot] * counts[slot] + overall * HourlyLevel.prior)
      / (counts[slot] + HourlyLevel.prior)
    counts[slot] += 1
    means[slot] += (value - means[slot]) / counts[slot]
    count += 1
    mean += (value - mean) / count
    return value - usual
  }
}

/// How scores of 0 ... 1 were distributed so far.
struct ScoreHistogram: Equatable, Sendable {
  private static let binCount = 256
  private var bins = [Int32](repeating: 0, count: binCount)
  private var total = 0

  private func bin(_ score: Double) -> Int {
    min(Int(score * Double(ScoreHistogram.binCount)), ScoreHistogram.binCount - 1)
  }

  /// Notes a score; past 2³¹ in one bin it counts no further.
  mutating func add(_ score: Double) {
    let index = bin(score)
    guard bins[index] < .max else { return }
    bins[index] += 1
    total += 1
  }

  /// The share of the noted scores in lower bins; 0 when there is none.
  func share(below score: Double) -> Double {
    guard total > 0 else { return 0 }
    let lower = bins[..<bin(score)].reduce(0) { $0 + Int($1) }
    return Double(lower) / Double(total)
  }
}
