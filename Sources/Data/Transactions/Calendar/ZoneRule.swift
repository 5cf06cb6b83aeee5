/// A yearly law of summer time, as the last line of a zone's file writes it (POSIX `TZ`): `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Equatable, Sendable {
  /// A day of every year, with a time of that day in seconds, which may be negative or past 24 h.
  enum Day: Equatable, Sendable {
    /// Weekday 0 (Sunday) ... 6 of week 1 ... 5 of a month; week 5 is the last.
    case weekday(month: Int64, week: Int64, weekday: Int64)
    /// Day 1 ... 365; 29 February has no number.
    case withoutLeapDay(Int64)
    /// Day 0 ... 365; 29 February counts.
    case withLeapDay(Int64)
  }

  /// The text that it was read from.
  let text: String
  let standardOffset: Int64
  /// Summer time, where there is one.
  private let summer: Summer?

  private struct Summer: Equatable {
    let offset: Int64
    let start: Day
    let startTime: Int64
    let end: Day
    let endTime: Int64
  }

  /// Whether clocks change in a year.
  var hasSummerTime: Bool { summer != nil }

  func offset(atSecond second: Int64) -> Int64 {
    guard let summer else { return standardOffset }
    let day = (second + standardOffset).flooredDivision(by: 86_400).quotient
    let year = CivilDate(daysSinceEpoch: day).components.year
    let start =
      ZoneRule.date(summer.start, of: year) * 86_400 + summer.startTime - standardOffset
    let end = ZoneRule.date(summer.end, of: year) * 86_400 + summer.endTime - summer.offset
    let isSummer =
      start < end ? second >= start && second < end : second >= start || second < end
    return isSummer ? summer.offset : standardOffset
  }

  /// Days from the epoch to a day of a year.
  private static func date(_ day: Day, of year: Int64) -> Int64 {
    func first(_ month: Int64) -> Int64 {
      CivilDate.daysSinceEpoch(
        year: month > 12 ? year + 1 : year, month: (month - 1) % 12 + 1, day: 1)
        ?? 0
    }
    switch day {
    case .weekday(let month, let week, let weekday):
      let start = first(month)
      // The epoch was a Thursday.
      let startWeekday = (start + 4).flooredDivision(by: 7).remainder
      var date =
        start + (weekday - startWeekday).flooredDivision(by: 7).remainder + 7 * (week - 1)
      while date >= first(month + 1) { date -= 7 }
      return date
    case .withLeapDay(let number): return first(1) + number
    case .withoutLeapDay(let number):
      let isLeap = first(3) - first(2) == 29
      return first(1) + number - 1 + (isLeap && number >= 60 ? 1 : 0)
    }
  }
}

extension ZoneRule {
  /// Reads a rule; `nil` for anything else.
  init?(parsing text: String) {
    var reader = RuleReader(bytes: Array(text.utf8))
    guard reader.skipName(), let west = reader.time(), abs(west) < 86_400 * 7 else { return nil }
    self.text = text
    standardOffset = -west
    if reader.isAtEnd {
      summer = nil
      return
    }
    guard reader.skipName() else { return nil }
    var offset = standardOffset + 3_600
    if !reader.isNext(",") {
      guard let west = reader.time(), abs(west) < 86_400 * 7 else { return nil }
      offset = -west
    }
    guard let start = reader.dayAndTime(), let end = reader.dayAndTime(), reader.isAtEnd else {
      return nil
    }
    summer = Summer(
      offset: offset, start: start.day, startTime: start.time, end: end.day, endTime: end.time)
  }
}

private struct RuleReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  func isNext(_ character: Unicode.Scalar) -> Bool {
    position < bytes.count && bytes[position] == UInt8(ascii: character)
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard isNext(character) else { return false }
    position += 1
    return true
  }

  /// Passes three letters or more, or anything in angle brackets.
  mutating func skipName() -> Bool {
    if accept("<") {
      while position < bytes.count, !isNext(">") { position += 1 }
      return accept(">")
    }
    let start = position
    while position < bytes.count, (65...90).contains(bytes[position] & 0xDF) { position += 1 }
    return position - start >= 3
  }

  private mutating func number(in range: ClosedRange<Int64>) -> Int64? {
    let start = position
    var value: Int64 = 0
    while position < bytes.count, (48...57).contains(bytes[position]), position - start < 3 {
      value = value * 10 + Int64(bytes[position] - 48)
      position += 1
    }
    return position > start && range.contains(value) ? value : nil
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func time() -> Int64? {
    let sign: Int64 = accept("-") ? -1 : 1
    if sign == 1 { _ = accept("+") }
    guard var seconds = number(in: 0...167) else { return nil }
    seconds *= 3_600
    for unit: Int64 in [60, 1] where accept(":") {
      guard let part = number(in: 0...59) else { return nil }
      seconds += part * unit
    }
    return sign * seconds
  }

  mutating func dayAndTime() -> (day: ZoneRule.Day, time: Int64)? {
    guard accept(",") else { return nil }
    let day: ZoneRule.Day
    if accept("M") {
      guard let month = number(in: 1...12), accept("."), let week = number(in: 1...5),
        accept("."), let weekday = number(in: 0...6)
      else { return nil }
      day = .weekday(month: month, week: week, weekday: weekday)
    } else if accept("J") {
      guard let number = number(in: 1...365) else { return nil }
      day = .withoutLeapDay(number)
    } else {
      guard let number = number(in: 0...365) else { return nil }
      day = .withLeapDay(number)
    }
    guard accept("/") else { return (day, 7_200) }
    return time().map { (day, $0) }
  }
}
