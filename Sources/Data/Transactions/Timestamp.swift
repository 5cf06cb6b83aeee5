/// A moment in UTC: microseconds since 1970-01-01T00:00:00Z, negative before it.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Microseconds since the epoch.
  public var microseconds: Int64

  /// Makes the moment `microseconds` after the epoch.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Makes the moment `seconds` after the epoch.
  public init(seconds: Int64) { microseconds = seconds * 1_000_000 }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// The moment `interval` later.
  public static func + (moment: Timestamp, interval: TimeSpan) -> Timestamp {
    Timestamp(microseconds: moment.microseconds + interval.microseconds)
  }

  /// The moment `interval` earlier.
  public static func - (moment: Timestamp, interval: TimeSpan) -> Timestamp {
    Timestamp(microseconds: moment.microseconds - interval.microseconds)
  }

  /// How long after `earlier` this moment is.
  public static func - (later: Timestamp, earlier: Timestamp) -> TimeSpan {
    TimeSpan(microseconds: later.microseconds - earlier.microseconds)
  }
}

/// A length of time in microseconds; `7d`, `90s` and the like as text.
public struct TimeSpan: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Length in microseconds.
  public var microseconds: Int64

  /// Makes a span of `microseconds`.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// A span of whole seconds.
  public static func seconds(_ count: Int64) -> TimeSpan {
    TimeSpan(microseconds: count * 1_000_000)
  }

  /// A span of whole days of 24 hours.
  public static func days(_ count: Int64) -> TimeSpan { seconds(count * 86_400) }

  public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
    left.microseconds < right.microseconds
  }

  /// Length in seconds.
  public var seconds: Double { Double(microseconds) / 1_000_000 }

  private static let units: [(suffix: String, seconds: Int64)] = [
    ("w", 604_800), ("d", 86_400), ("h", 3_600), ("min", 60), ("m", 60), ("s", 1),
  ]

  /// Reads a whole number with a unit: `30s`, `10min` or `10m`, `12h`, `7d`, `2w`; `nil` when the text is none.
  public init?(parsing text: some StringProtocol) {
    for unit in TimeSpan.units where text.hasSuffix(unit.suffix) {
      let digits = text.dropLast(unit.suffix.count)
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
        let count = Int64(digits)
      else { return nil }
      let (seconds, overflow) = count.multipliedReportingOverflow(by: unit.seconds * 1_000_000)
      guard !overflow else { return nil }
      microseconds = seconds
      return
    }
    return nil
  }

  /// The span in the largest unit that divides it: `7d`, `90s`.
  public var description: String {
    for unit in TimeSpan.units
    where unit.suffix != "w" && microseconds.isMultiple(of: unit.seconds * 1_000_000) {
      return "\(microseconds / (unit.seconds * 1_000_000))\(unit.suffix)"
    }
    return "\(seconds)s"
  }
}
