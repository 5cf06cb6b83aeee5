internal import Transactions

/// What rows are divided by, and into what.
struct SliceDimension {
  let title: String
  private let codes: [Int32]
  private let names: [String]

  /// The slices of one dimension: a slot a value, the last for all other values.
  struct Slots {
    let names: [String]
    let slotOfRow: [Int32]
  }

  /// Every dimension of the rows: amount and time of day, and the categories that were recorded.
  static func all(of rows: EvaluationRows) -> [SliceDimension] {
    [amount(rows), timeOfDay(rows)]
      + RowCategory.allCases.map { category in
        SliceDimension(
          title: category.title, codes: rows[category].codes, names: rows[category].dictionary)
      }
  }

  private static func amount(_ rows: EvaluationRows) -> SliceDimension {
    let limits: [Int64] = [10, 100, 1_000].map { $0 * 1_000_000 }
    return SliceDimension(
      title: "Amount",
      codes: rows.amounts.map { amount in
        Int32(limits.firstIndex { amount < $0 } ?? limits.count)
      },
      names: ["under 10", "10 to 100", "100 to 1000", "1000 and more"])
  }

  private static func timeOfDay(_ rows: EvaluationRows) -> SliceDimension {
    let quarter = DayIndex.microsecondsPerDay / 4
    return SliceDimension(
      title: "Time of day (UTC)",
      codes: rows.times.map { time in
        let moment = time % DayIndex.microsecondsPerDay
        return Int32((moment < 0 ? moment + DayIndex.microsecondsPerDay : moment) / quarter)
      },
      names: ["0 to 6 h", "6 to 12 h", "12 to 18 h", "18 to 24 h"])
  }

  /// Gives the values with the most frauds, then rows, a slot each, and the others one together.
  func slots(_ rows: EvaluationRows, limit: Int) -> Slots {
    let noValue = names.count
    var counts = [(rows: Int, frauds: Int)](repeating: (0, 0), count: names.count + 1)
    for (row, code) in codes.enumerated() {
      let value = code < 0 ? noValue : Int(code)
      counts[value].rows += 1
      if rows.labels[row] { counts[value].frauds += 1 }
    }
    let used = counts.indices.filter { counts[$0].rows > 0 }
    guard used.contains(where: { $0 != noValue }) else { return Slots(names: [], slotOfRow: []) }
    let ranked = used.sorted {
      (counts[$1].frauds, counts[$1].rows, $0) < (counts[$0].frauds, counts[$0].rows, $1)
    }
    // One other value alone needs no line "others".
    let shown = ranked.count <= limit + 1 ? ranked : Array(ranked.prefix(limit))
    var slotOfValue = [Int32](repeating: Int32(shown.count), count: counts.count)
    for (slot, value) in shown.enumerated() { slotOfValue[value] = Int32(slot) }
    var titles = shown.map { $0 == noValue ? "not given" : names[$0] }
    if shown.count < ranked.count { titles.append("\(ranked.count - shown.count) others") }
    return Slots(
      names: titles, slotOfRow: codes.map { slotOfValue[$0 < 0 ? noValue : Int($0)] })
  }
}

extension RowCategory {
  /// Name for people.
  var title: String {
    switch self {
    case .channel: "Channel"
    case .merchantCategory: "Merchant category"
    case .currency: "Currency"
    case .location: "Location"
    }
  }
}
