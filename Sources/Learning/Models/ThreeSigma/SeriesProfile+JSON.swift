internal import JSON
internal import Transactions

extension SeriesProfile {
  /// The profile as JSON: `kind` (`level`, `exponential`, `seasonal`) and its numbers.
  var json: JSONValue {
    switch self {
    case .level(let centre, let scale):
      return ["kind": "level", "centre": .number(centre), "scale": .number(scale)]
    case .exponential(let profile):
      return [
        "kind": "exponential",
        "level": .number(profile.level),
        "variance": .number(profile.variance),
        "half_life_microseconds": .integer(profile.halfLife.microseconds),
        "interval_microseconds": .integer(profile.interval.microseconds),
        "floor": .number(profile.floor),
        "last_time_microseconds": .integer(profile.lastTime.microseconds),
      ]
    case .seasonal(let profile):
      return [
        "kind": "seasonal",
        "slots": .string(profile.slots.rawValue),
        "utc_offset_seconds": .number(profile.zone.fixedOffset?.seconds ?? 0),
        "values": .array(profile.values.map { .number($0) }),
        "counts": .array(profile.counts.map { .integer(Int64($0)) }),
        "slope_per_day": .number(profile.slopePerDay),
        "origin_microseconds": .integer(profile.origin.microseconds),
        "scale": .number(profile.scale),
      ]
    }
  }

  /// Restores a profile, whose hours are those of `zone`.
  ///
  /// - Throws: `ModelError.malformed` when a member is missing or out of range.
  init(_ json: JSONValue, zone: CalendarZone) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "series profile: \(reason)") }
    func number(_ key: String, atLeast lowest: Double = -.infinity) throws(ModelError) -> Double {
      guard let value = json[key]?.doubleValue, value.isFinite, value >= lowest else {
        throw fail("\(key) is missing or out of range")
      }
      return value
    }
    func time(_ key: String) throws(ModelError) -> Timestamp {
      guard let microseconds = json[key]?.integerValue else { throw fail("\(key) is not a time") }
      return Timestamp(microseconds: microseconds)
    }
    func span(_ key: String) throws(ModelError) -> TimeSpan {
      guard let microseconds = json[key]?.integerValue, microseconds > 0 else {
        throw fail("\(key) is not a length of time")
      }
      return TimeSpan(microseconds: microseconds)
    }
    switch json["kind"]?.stringValue {
    case "level":
      self = .level(centre: try number("centre"), scale: try number("scale", atLeast: 0))
    case "exponential":
      self = .exponential(
        ExponentialProfile(
          level: try number("level"), variance: try number("variance", atLeast: 0),
          halfLife: try span("half_life_microseconds"), floor: try number("floor", atLeast: 0),
          lastTime: try time("last_time_microseconds"), interval: try span("interval_microseconds"))
      )
    case "seasonal":
      guard let slots = json["slots"]?.stringValue.flatMap({ SeasonalSlots(rawValue: $0) }) else {
        throw fail("slots is unknown")
      }
      guard let offset = TimeSpan(storedSeconds: try number("utc_offset_seconds")),
        offset == zone.fixedOffset ?? .seconds(0)
      else { throw fail("utc_offset_seconds is not that of the model") }
      let values = (json["values"]?.arrayValue ?? []).compactMap(\.doubleValue)
      let counts = (json["counts"]?.arrayValue ?? []).compactMap(\.integerValue)
      guard values.count == slots.count, values.allSatisfy(\.isFinite),
        json["values"]?.arrayValue?.count == slots.count
      else { throw fail("values are not one finite number for each slot") }
      guard counts.count == slots.count, counts.allSatisfy({ (0...(1 << 53)).contains($0) }),
        json["counts"]?.arrayValue?.count == slots.count
      else { throw fail("counts are not one count for each slot") }
      self = .seasonal(
        SeasonalProfile(
          slots: slots, zone: zone, values: values, counts: counts.map { Int($0) },
          slopePerDay: try number("slope_per_day"), origin: try time("origin_microseconds"),
          scale: try number("scale", atLeast: 0)))
    default:
      throw fail("kind is unknown")
    }
  }
}
