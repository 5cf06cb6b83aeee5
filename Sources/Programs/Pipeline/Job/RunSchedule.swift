public import Transactions

/// When a timer, cron or a cluster starts the job: a minute of some days of the week, in UTC.
///
/// The job does not start itself; the schedule lets `status` say when the next run is due and whether one was missed.
public struct RunSchedule: Equatable, Sendable, CustomStringConvertible {
  /// Names of the days of the week, Sunday first, as in calendars of timers.
  static let dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

  /// Days of the week, 0 for Sunday.
  let weekdays: Set<Int>
  /// Minute of the day.
  let minute: Int

  /// Reads `Sun 03:30`, `Mon,Thu 02:00` or `daily 04:00`; `nil` for anything else.
  public init?(parsing text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    if parts[0] == "daily" {
      weekdays = Set(0..<7)
    } else {
      let days = parts[0].split(separator: ",", omittingEmptySubsequences: false)
        .map { name in Self.dayNames.firstIndex { $0 == name } }
      guard !days.isEmpty, days.allSatisfy({ $0 != nil }) else { return nil }
      weekdays = Set(days.compactMap { $0 })
    }
    let clock = parts[1].split(separator: ":", omittingEmptySubsequences: false)
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    guard clock.count == 2,
      clock.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(isDigit) }),
      let hour = UInt8(clock[0]), let minute = UInt8(clock[1]), hour < 24, minute < 60
    else { return nil }
    self.minute = Int(hour) * 60 + Int(minute)
  }

  /// The schedule as it is written.
  public var description: String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let days =
      weekdays.count == 7
      ? "daily" : weekdays.sorted().map { Self.dayNames[$0] }.joined(separator: ",")
    return "\(days) \(two(minute / 60)):\(two(minute % 60))"
  }

  /// The first start after `moment`.
  public func next(after moment: Timestamp) -> Timestamp {
    start(near: moment, steps: 0...7) { $0 > moment }
  }

  /// The last start at or before `moment`.
  public func latest(at moment: Timestamp) -> Timestamp {
    start(near: moment, steps: (-7...0)) { $0 <= moment }
  }

  private func start(
    near moment: Timestamp, steps: ClosedRange<Int>, _ isWanted: (Timestamp) -> Bool
  ) -> Timestamp {
    let today = moment.startOfDay
    let ordered = steps.lowerBound < 0 ? Array(steps.reversed()) : Array(steps)
    for step in ordered {
      let day = today + .days(Int64(step))
      // The epoch was a Thursday.
      let number = (day.microseconds / 86_400_000_000 + 4) % 7
      guard weekdays.contains(Int((number + 7) % 7)) else { continue }
      let start = day + .seconds(Int64(minute) * 60)
      if isWanted(start) { return start }
    }
    preconditionFailure("a week has every day")
  }
}
