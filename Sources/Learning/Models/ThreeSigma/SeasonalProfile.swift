internal import Tabular
public import Transactions

/// The hours that a seasonal profile tells apart.
public enum SeasonalSlots: String, Equatable, Sendable, CaseIterable {
  /// No season; the trend alone.
  case none
  /// The hours of the day.
  case hourOfDay = "hour_of_day"
  /// The hours of the week, Monday 0 h first.
  case hourOfWeek = "hour_of_week"

  /// How many slots there are.
  public var count: Int {
    switch self {
    case .none: 1
    case .hourOfDay: 24
    case .hourOfWeek: 168
    }
  }

  /// The numbers of the slots.
  var indices: Range<Int> { 0..<count }

  /// The slot of `time` on the clocks of `zone`.
  public func index(of time: Timestamp, in zone: CalendarZone) -> Int {
    let hour = zone.wallHour(at: time)
    // The epoch was a Thursday.
    let shifted = self == .hourOfWeek ? hour + 72 : hour
    let period = Int64(count)
    return Int(((shifted % period) + period) % period)
  }

  /// The slot in words, such as `Tuesdays 14 h`; `nil` without a season.
  func name(of index: Int) -> String? {
    let days = [
      "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays",
    ]
    return switch self {
    case .none: nil
    case .hourOfDay: "\(index) h"
    case .hourOfWeek: "\(days[index / 24]) \(index % 24) h"
    }
  }
}

/// An expected value for each hour of the day or week plus a linear trend, by least squares.
///
/// The least-squares fit of slot values and one slope has a closed form (Frisch–Waugh–Lovell): the slope is that of the
/// values on the times after both lose their slot means; a slot's value is its mean without the trend. A slot that no
/// point falls in has the mean of the others.
public struct SeasonalProfile: Equatable, Sendable {
  /// Which hours are told apart.
  public let slots: SeasonalSlots
  /// Whose clocks tell the hours.
  public let zone: CalendarZone
  /// The expected value of each slot at `origin`.
  public private(set) var values: [Double]
  /// How many points each slot value rests on.
  public private(set) var counts: [Int]
  /// Change of the expected value per day; 0 without a trend.
  public let slopePerDay: Double
  /// The moment at which the trend is zero: the middle of the points.
  public let origin: Timestamp
  /// The standard deviation of the residuals.
  public let scale: Double

  init(
    slots: SeasonalSlots, zone: CalendarZone, values: [Double], counts: [Int],
    slopePerDay: Double, origin: Timestamp, scale: Double
  ) {
    self.slots = slots
    self.zone = zone
    self.values = values
    self.counts = counts
    self.slopePerDay = slopePerDay
    self.origin = origin
    self.scale = scale
  }

  /// How many numbers were estimated.
  var parameterCount: Int { counts.count { $0 > 0 } + (slopePerDay == 0 ? 0 : 1) }

  /// The expected value at `time`; always finite.
  public func expectedValue(at time: Timestamp) -> Double {
    let limit = Double.greatestFiniteMagnitude
    let trend = slopePerDay == 0 ? 0 : slopePerDay * (secondsBetween(origin, time) / 86_400)
    return min(max(values[slots.index(of: time, in: zone)] + trend, -limit), limit)
  }

  /// Moves the value of the slot of `time` by its share of the error.
  ///
  /// - Complexity: O(1).
  mutating func update(_ value: Double, at time: Timestamp) {
    let slot = slots.index(of: time, in: zone)
    let error = value - expectedValue(at: time)
    guard error.isFinite else { return }
    counts[slot] += 1
    values[slot] += error / Double(counts[slot])
  }

  /// Fits the profile whose description length is least (Bayesian information criterion): no season, hours of the day, or
  /// hours of the week, each with and without a trend. A season is tried when its slots hold three points on average
  /// and the points span three of its periods.
  static func fit(
    timestamps: [Timestamp], values: [Double], zone: CalendarZone
  ) -> SeasonalProfile {
    let span = secondsBetween(timestamps[0], timestamps[timestamps.count - 1])
    let origin = Timestamp(
      microseconds: timestamps[0].microseconds / 2
        + timestamps[timestamps.count - 1].microseconds / 2)
    var best: (criterion: Double, profile: SeasonalProfile)?
    for slots in SeasonalSlots.allCases {
      let period = Double(slots.count) * 3_600
      if slots != .none && (span < 3 * period || values.count < 3 * slots.count) { continue }
      for hasTrend in [false, true] where !hasTrend || values.count >= 8 {
        let profile = fit(
          timestamps: timestamps, values: values, slots: slots, zone: zone,
          origin: origin, hasTrend: hasTrend)
        let criterion = profile.informationCriterion(pointCount: values.count)
        if best.map({ criterion < $0.criterion }) ?? true { best = (criterion, profile) }
      }
    }
    guard let best else { preconditionFailure("the profile without a season is always tried") }
    return best.profile
  }

  private func informationCriterion(pointCount: Int) -> Double {
    guard scale > 0 else { return -.infinity }
    let count = Double(pointCount)
    return 2 * count * PortableMath.log(scale) + Double(parameterCount) * PortableMath.log(count)
  }

  static func fit(
    timestamps: [Timestamp], values: [Double], slots: SeasonalSlots, zone: CalendarZone,
    origin: Timestamp, hasTrend: Bool
  ) -> SeasonalProfile {
    let indices = timestamps.map { slots.index(of: $0, in: zone) }
    let days = timestamps.map { secondsBetween(origin, $0) / 86_400 }
    var slotValues = Array(repeating: ExactMoments(), count: slots.count)
    var slotDays = slotValues
    for (position, slot) in indices.enumerated() {
      slotValues[slot].add(values[position])
      if hasTrend { slotDays[slot].add(days[position]) }
    }
    let valueMeans = slotValues.map(\.mean)
    var slope = 0.0
    let dayMeans = slotDays.map(\.mean)
    if hasTrend {
      var products = 0.0
      var squares = 0.0
      for (position, slot) in indices.enumerated() {
        let day = days[position] - dayMeans[slot]
        products += day * (values[position] - valueMeans[slot])
        squares += day * day
      }
      let ratio = products / squares
      slope = ratio.isFinite ? ratio : 0
    }
    let overall = ExactMoments(values).mean
    let limit = Double.greatestFiniteMagnitude
    let levels = slots.indices.map { slot in
      slotValues[slot].count > 0
        ? min(max(valueMeans[slot] - slope * dayMeans[slot], -limit), limit) : overall
    }
    let counts = slotValues.map(\.count)
    let unscaled = SeasonalProfile(
      slots: slots, zone: zone, values: levels, counts: counts, slopePerDay: slope,
      origin: origin, scale: 0)
    var residuals = ExactMoments()
    for (position, value) in values.enumerated() {
      let residual = value - unscaled.expectedValue(at: timestamps[position])
      residuals.add(min(max(residual, -limit), limit))
    }
    return SeasonalProfile(
      slots: slots, zone: zone, values: levels, counts: counts, slopePerDay: slope,
      origin: origin, scale: residuals.standardDeviation)
  }
}
