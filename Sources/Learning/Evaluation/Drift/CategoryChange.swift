internal import Transactions

/// Values of a category that training rows did not have.
public struct CategoryChange: Equatable, Sendable {
  /// The category.
  public let category: RowCategory
  /// How many values training had.
  public let knownCount: Int
  /// How many values are new.
  public let newCount: Int
  /// Share of the rows that have a new value.
  public let newRowShare: Double
  /// The new values with the most rows, at most five.
  public let examples: [String]

  /// Share of rows with new values from which on a detector is asked about what it has not seen.
  public static let materialShare = 0.01

  /// Whether enough rows have new values to matter.
  public var isAlarm: Bool { newRowShare >= CategoryChange.materialShare }

  /// Compares two columns; `nil` when neither has a value.
  init?(category: RowCategory, training: TextColumn, current: TextColumn) {
    guard !training.dictionary.isEmpty || !current.dictionary.isEmpty else { return nil }
    let known = Set(training.dictionary)
    var counts = [Int](repeating: 0, count: current.dictionary.count)
    for code in current.codes where code >= 0 { counts[Int(code)] += 1 }
    let new = counts.indices.filter { !known.contains(current.dictionary[$0]) && counts[$0] > 0 }
      .sorted { (counts[$1], $0) < (counts[$0], $1) }
    self.category = category
    knownCount = known.count
    newCount = new.count
    newRowShare =
      Double(new.reduce(0) { $0 + counts[$1] }) / Double(max(current.count, 1))
    examples = new.prefix(5).map { current.dictionary[$0] }
  }
}
