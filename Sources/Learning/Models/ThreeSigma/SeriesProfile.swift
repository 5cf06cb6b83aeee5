public import Transactions

/// What a per-series model expects at a moment, and how far normal values stray from it.
public enum SeriesProfile: Equatable, Sendable {
  /// One expected value at all times: mean and deviation, or median and scaled MAD.
  case level(centre: Double, scale: Double)
  /// A level that follows the series.
  case exponential(ExponentialProfile)
  /// A value for each hour of the day or of the week, and a trend.
  case seasonal(SeasonalProfile)

  /// The expected value at `time`; always finite.
  public func expectedValue(at time: Timestamp) -> Double {
    switch self {
    case .level(let centre, _): centre
    case .exponential(let profile): profile.level
    case .seasonal(let profile): profile.expectedValue(at: time)
    }
  }

  /// The standard deviation of normal values around the expected one; 0 only when the series never strayed.
  public var scale: Double {
    switch self {
    case .level(_, let scale): scale
    case .exponential(let profile): profile.scale
    case .seasonal(let profile): profile.scale
    }
  }

  /// How many points of equal weight the profile is as sure as.
  func effectivePointCount(_ pointCount: Int) -> Double {
    let count = Double(pointCount)
    return switch self {
    case .level: count
    case .exponential(let profile): min(count, profile.effectivePointCount)
    case .seasonal(let profile): count - Double(profile.parameterCount) + 1
    }
  }
}

/// Robust location and spread of a set of values.
enum RobustLevel {
  /// The median, and the median absolute deviation scaled to a standard deviation of normal values.
  ///
  /// The spread is at least the step of the data (its smallest gap between different values). When more than half of
  /// the values are one and the same, the MAD is 0 and the mean absolute deviation, scaled alike, stands in; so the
  /// spread is 0 only for constant values.
  static func fit(_ values: [Double]) -> (centre: Double, scale: Double) {
    let sorted = values.map { $0 + 0 }.sorted()
    let centre = middle(sorted)
    let deviations = sorted.map { distance($0, centre) }.sorted()
    let deviation = middle(deviations) * 1.4826022185056018
    var scale = max(deviation, step(sorted))
    if middle(deviations) == 0 {
      scale = max(scale, ExactMoments(deviations).mean * 1.2533141373155003)
    }
    return (centre, min(scale, .greatestFiniteMagnitude))
  }

  /// The middle value of a sorted list, or the mean of the two.
  static func middle(_ sorted: [Double]) -> Double {
    let upper = sorted[sorted.count / 2]
    guard sorted.count.isMultiple(of: 2) else { return upper }
    let lower = sorted[sorted.count / 2 - 1]
    let gap = upper - lower
    return gap.isFinite ? lower + gap / 2 : lower / 2 + upper / 2
  }

  /// The smallest gap that is not rounding noise; 0 when there is none.
  private static func step(_ sorted: [Double]) -> Double {
    let noise = 4 * max(sorted[0].magnitude, sorted[sorted.count - 1].magnitude).ulp
    var smallest = Double.infinity
    for (left, right) in zip(sorted, sorted.dropFirst()) {
      let gap = distance(right, left)
      if gap > noise && gap < smallest { smallest = gap }
    }
    return smallest.isFinite ? smallest : 0
  }

  private static func distance(_ a: Double, _ b: Double) -> Double {
    min((a - b).magnitude, .greatestFiniteMagnitude)
  }
}
