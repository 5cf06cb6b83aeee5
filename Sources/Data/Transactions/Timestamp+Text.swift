extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC, with a fraction only when there is one: `2025-12-20T12:00:00Z`.
  public var description: String {
    let (days, timeOfDay) = microseconds.flooredDivision(by: 86_400_000_000)
    let (year, month, day) = CivilDate(daysSinceEpoch: days).components
    let (seconds, fraction) = timeOfDay.quotientAndRemainder(dividingBy: 1_000_000)
    var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
    text +=
      "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    if fraction > 0 {
      var digits = padded(fraction, 6)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += "." + digits
    }
    return text + "Z"
  }

  /// The date in UTC: `2025-12-20`.
  public var dateText: String { String(description.prefix { $0 != "T" }) }

  /// Midnight UTC of the same day.
  public var startOfDay: Timestamp {
    let (days, _) = microseconds.flooredDivision(by: 86_400_000_000)
    return Timestamp(microseconds: days * 86_400_000_000)
  }

  /// Reads RFC 3339 (`2025-12-20T12:00:00.5+01:00`), the same with a space or without a zone (then UTC), a plain date,
  /// or Unix seconds with an optional fraction. `nil` when the text is none of these or names no real moment.
  public init?(parsing text: some StringProtocol) {
    var bytes = Array(text.utf8)
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
    var reader = DigitReader(bytes: bytes)
    let looksLikeDate = bytes.count >= 10 && bytes[4] == UInt8(ascii: "-")
    guard let value = looksLikeDate ? reader.readDateTime() : reader.readUnixSeconds() else {
      return nil
    }
    microseconds = value
  }

  /// The moment a number of Unix seconds stands for, rounded to the nearest microsecond; `nil` when it is not finite or
  /// further from 1970 than 292,000 years.
  public init?(unixSeconds: Double) {
    let scaled = (unixSeconds * 1_000_000).rounded()
    guard let value = Int64(exactly: scaled) else { return nil }
    microseconds = value
  }
}

/// A day of the proleptic Gregorian calendar (Howard Hinnant's day algorithms).
struct CivilDate {
  let components: (year: Int64, month: Int64, day: Int64)

  init(daysSinceEpoch days: Int64) {
    let shifted = days + 719_468
    let (era, dayOfEra) = shifted.flooredDivision(by: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    components = (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  /// Days since 1970-01-01, or `nil` when there is no such day.
  static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64? {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...12).contains(month), day >= 1, day <= lengths[Int(month) - 1] else { return nil }
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shiftedYear.flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

private struct DigitReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private var isAtEnd: Bool { position == bytes.count }

  private mutating func accept(_ characters: String) -> Bool {
    guard position < bytes.count, characters.utf8.contains(bytes[position]) else { return false }
    position += 1
    return true
  }

  private mutating func digits(_ count: Int) -> Int64? {
    guard position + count <= bytes.count else { return nil }
    var value: Int64 = 0
    for byte in bytes[position..<position + count] {
      guard (48...57).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 48)
    }
    position += count
    return value
  }

  /// Microseconds of a fraction; digits past the sixth are cut.
  private mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var scale: Int64 = 100_000
    let start = position
    while position < bytes.count, (48...57).contains(bytes[position]) {
      value += Int64(bytes[position] - 48) * scale
      scale /= 10
      position += 1
    }
    return position > start ? value : nil
  }

  mutating func readDateTime() -> Int64? {
    guard let year = digits(4), accept("-"), let month = digits(2), accept("-"),
      let day = digits(2), let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
    else { return nil }
    let midnight = days * 86_400_000_000
    if isAtEnd { return midnight }
    guard accept("Tt "), let hour = digits(2), hour < 24, accept(":"), let minute = digits(2),
      minute < 60
    else { return nil }
    var seconds = hour * 3600 + minute * 60
    var micro: Int64 = 0
    if accept(":") {
      guard let second = digits(2), second < 60 else { return nil }
      seconds += second
      if accept(".") {
        guard let value = fraction() else { return nil }
        micro = value
      }
    }
    guard let offset = zoneOffset(), isAtEnd else { return nil }
    return midnight + (seconds - offset) * 1_000_000 + micro
  }

  private mutating func zoneOffset() -> Int64? {
    if isAtEnd || accept("Zz") { return 0 }
    let sign: Int64
    if accept("+") { sign = 1 } else if accept("-") { sign = -1 } else { return nil }
    guard let hours = digits(2), hours < 24 else { return nil }
    if isAtEnd { return sign * hours * 3600 }
    _ = accept(":")
    guard let minutes = digits(2), minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  mutating func readUnixSeconds() -> Int64? {
    let sign: Int64 = accept("-") ? -1 : 1
    let start = position
    while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
    guard position > start,
      let seconds = Int64(String(decoding: bytes[start..<position], as: UTF8.self))
    else { return nil }
    var micro: Int64 = 0
    if accept(".") {
      guard let value = fraction() else { return nil }
      micro = value
    }
    guard isAtEnd else { return nil }
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow, scaled <= Int64.max - micro else { return nil }
    return sign * (scaled + micro)
  }
}

extension Int64 {
  /// Quotient rounded towards −∞ and the remainder in `0 ..< divisor`.
  func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

private func padded(_ number: Int64, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
