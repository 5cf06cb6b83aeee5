/// The UTC days on which the evaluated rows lie, and the day of each row.
struct DayIndex: Sendable {
  static let microsecondsPerDay: Int64 = 86_400_000_000

  /// Starts of the days that have rows, ascending, in microseconds.
  let starts: [Int64]
  /// Index of each row's day in `starts`.
  let dayOfRow: [Int32]

  init(times: [Int64]) {
    let numbers = times.map { time -> Int64 in
      // Division rounds towards zero; days before the epoch must round down.
      let (day, rest) = time.quotientAndRemainder(dividingBy: DayIndex.microsecondsPerDay)
      return rest < 0 ? day - 1 : day
    }
    var indexOfNumber: [Int64: Int32] = [:]
    var previous = Int64.min
    for number in numbers where number != previous {
      indexOfNumber[number] = 0
      previous = number
    }
    let sorted = indexOfNumber.keys.sorted()
    for (index, number) in sorted.enumerated() { indexOfNumber[number] = Int32(index) }
    starts = sorted.map { $0 * DayIndex.microsecondsPerDay }
    var last = (number: Int64.min, index: Int32(0))
    dayOfRow = numbers.map { number in
      if number != last.number { last = (number, indexOfNumber[number] ?? 0) }
      return last.index
    }
  }
}
