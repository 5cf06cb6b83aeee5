internal import Tabular
public import Transactions

/// A level that follows the series: each point counts half as much after every half-life, whatever the sampling.
///
/// With w = 2^(−Δt / half-life), a point x moves the level to w · level + (1 − w) · x. The spread is the exponentially
/// weighted standard deviation of the one-step errors, which forgets eight times more slowly than the level.
public struct ExponentialProfile: Equatable, Sendable {
  /// The expected value of the next point.
  public private(set) var level: Double
  /// The weighted mean of squared one-step errors.
  public private(set) var variance: Double
  /// The time after which a point counts half.
  public let halfLife: TimeSpan
  /// The smallest spread: the step of the data it was fitted on.
  public let floor: Double
  /// The time of the last point.
  public private(set) var lastTime: Timestamp
  /// The typical time between points, which says how many points a half-life holds.
  public let interval: TimeSpan

  /// The standard deviation of one-step errors, not below the floor.
  public var scale: Double { max(variance.squareRoot(), floor) }

  /// How many points the slow average of squared errors is worth.
  var effectivePointCount: Double {
    let ratio = 8 * halfLife.seconds / max(interval.seconds, 1e-6)
    return max(2, 2 * ratio / 0.6931471805599453)
  }

  init(
    level: Double, variance: Double, halfLife: TimeSpan, floor: Double, lastTime: Timestamp,
    interval: TimeSpan
  ) {
    self.level = level
    self.variance = variance
    self.halfLife = halfLife
    self.floor = floor
    self.lastTime = lastTime
    self.interval = interval
  }

  /// Learns the next point.
  ///
  /// - Returns: the difference to the level before it.
  /// - Complexity: O(1).
  @discardableResult
  mutating func update(_ value: Double, at time: Timestamp) -> Double {
    let elapsed = secondsBetween(lastTime, time)
    let weight = PortableMath.exp2(-elapsed / halfLife.seconds)
    let slowWeight = PortableMath.exp2(-elapsed / (8 * halfLife.seconds))
    let error = min(
      max(value - level, -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
    level = weight * level + (1 - weight) * value
    // Kept below the square root of the largest number's square, so that one monstrous value leaves a finite spread.
    let square = min(error * error, 1e300)
    variance = slowWeight * variance + (1 - slowWeight) * square
    lastTime = time
    return error
  }

  /// Fits level and spread with the half-life that gave the smallest mean absolute one-step error, or with the given one.
  static func fit(
    timestamps: [Timestamp], values: [Double], halfLife: TimeSpan?
  ) -> ExponentialProfile {
    let interval = medianInterval(timestamps)
    let candidates =
      halfLife.map { [$0] }
      ?? [4, 16, 64, 256].map { (factor: Int64) in
        let (product, overflow) = interval.microseconds.multipliedReportingOverflow(by: factor)
        return TimeSpan(microseconds: overflow ? .max : product)
      }
    let robust = RobustLevel(of: values)
    let start = Array(values.prefix(max(2, min(16, values.count / 4))))
    let floor = ExponentialProfile.floor(values)
    var best: (error: Double, profile: ExponentialProfile)?
    for candidate in candidates {
      var profile = ExponentialProfile(
        level: RobustLevel(of: start).centre, variance: min(robust.scale * robust.scale, 1e300),
        halfLife: candidate, floor: floor, lastTime: timestamps[0], interval: interval)
      var total = 0.0
      for index in 1..<values.count {
        total += profile.update(values[index], at: timestamps[index]).magnitude / 1e10
      }
      if best.map({ total < $0.error }) ?? true { best = (total, profile) }
    }
    guard let best else { preconditionFailure("there is at least one half-life to try") }
    return best.profile
  }

  /// A hundredth of the robust spread, so that a quiet stretch does not turn rounding noise into alarms.
  private static func floor(_ values: [Double]) -> Double { RobustLevel(of: values).scale / 100 }

  static func medianInterval(_ timestamps: [Timestamp]) -> TimeSpan {
    let gaps = zip(timestamps, timestamps.dropFirst()).map { secondsBetween($0, $1) }.sorted()
    let seconds = gaps.isEmpty ? 1 : RobustLevel.middle(gaps)
    return TimeSpan(microseconds: Int64(max(1, min(seconds * 1e6, 1e15))))
  }
}

/// Seconds from one moment to a later one, for any two moments.
func secondsBetween(_ earlier: Timestamp, _ later: Timestamp) -> Double {
  let (difference, overflow) = later.microseconds.subtractingReportingOverflow(earlier.microseconds)
  if overflow { return (Double(later.microseconds) - Double(earlier.microseconds)) / 1e6 }
  return Double(difference) / 1e6
}
