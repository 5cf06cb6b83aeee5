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
