internal import Memory
internal import Transactions

/// Finds rows that share an identifier and decides which of them stays.
struct DuplicateFinder {
  private(set) var identicalCount = 0
  private(set) var relabelledCount = 0
  private(set) var replacedCount = 0
  // An open-addressing hash table of rows, −1 where free.
  private var slots: [Int32] = []
  private var hashes: [UInt32] = []
  /// What `touchSlots` read; of no meaning.
  private var touched: Int32 = 0

  /// The rows of which one an identifier is left.
  ///
  /// - Throws: `RepeatedIdentifiers` when others are of other transactions and the policy refuses that.
  mutating func survivors(
    of rows: TransactionBatch, _ conflicts: ConflictPolicy
  ) throws(RepeatedIdentifiers) -> TransactionBatch {
    var rows = rows
    let kept = resolve(&rows)
    guard conflicts == .lastWins || replacedCount == 0 else {
      throw RepeatedIdentifiers(count: replacedCount)
    }
    return kept.map { kept in
      rows.selecting((0..<Int32(rows.count)).filter { kept[Int($0)] })
    } ?? rows
  }

  /// Merges duplicates into the row that stays; the answer says per row whether it does, or is `nil` when all do.
  private mutating func resolve(_ rows: inout TransactionBatch) -> [Bool]? {
    hashes = rows.ids.map { UInt32(truncatingIfNeeded: $0.utf8Span.span.tableHash) }
    var count = 16
    while count < 2 * rows.count { count *= 2 }
    slots = Array(repeating: -1, count: count)
    var isKept: [Bool]?
    for row in 0..<rows.count {
      if row % Self.touchLength == 0 { touchSlots(from: row) }
      let slot = findSlot(row, rows)
      guard slots[slot] >= 0 else {
        slots[slot] = Int32(row)
        continue
      }
      let earlier = Int(slots[slot])
      if isKept == nil { isKept = Array(repeating: true, count: rows.count) }
      if !rows.isSameTransaction(earlier, row) {
        replacedCount += 1
        // A later row without a label says nothing against the label that is known.
        if rows.labels[row] < 0 { rows.copyLabel(from: earlier, to: row) }
        isKept?[earlier] = false
        slots[slot] = Int32(row)
      } else {
        isKept?[row] = false
        if rows.isSameLabel(earlier, row) {
          identicalCount += 1
        } else {
          relabelledCount += 1
          if rows.isLabel(row, laterThan: earlier) { rows.copyLabel(from: row, to: earlier) }
        }
      }
    }
    return isKept
  }

  private static let touchLength = 32

  /// Reads the slots of the next rows: they lie scattered in memory, and the reads of many overlap.
  private mutating func touchSlots(from row: Int) {
    var sum: Int32 = 0
    for next in row..<min(row + Self.touchLength, hashes.count) {
      sum &+= slots[Int(hashes[next]) & (slots.count - 1)]
    }
    touched = sum
  }

  private func findSlot(_ row: Int, _ rows: TransactionBatch) -> Int {
    let mask = slots.count - 1
    var slot = Int(hashes[row]) & mask
    while slots[slot] >= 0 {
      let other = Int(slots[slot])
      if hashes[other] == hashes[row] && rows.ids[other] == rows.ids[row] { break }
      slot = (slot + 1) & mask
    }
    return slot
  }
}

/// Rows that share an identifier and are not of one transaction.
struct RepeatedIdentifiers: Error {
  let count: Int
}

extension TransactionBatch {
  fileprivate func isSameTransaction(_ a: Int, _ b: Int) -> Bool {
    times[a] == times[b] && amounts[a] == amounts[b]
      && isSame(latitudes[a], latitudes[b]) && isSame(longitudes[a], longitudes[b])
      && SnapshotColumn.texts.allSatisfy { column in
        column == .scenario
          || self[keyPath: column.texts].codes[a] == self[keyPath: column.texts].codes[b]
      }
  }

  private func isSame(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }

  fileprivate func isSameLabel(_ a: Int, _ b: Int) -> Bool {
    labels[a] == labels[b] && labelTimes[a] == labelTimes[b]
      && scenarios.codes[a] == scenarios.codes[b]
  }

  /// Whether the label of `a` became known after that of `b`; at the same moment fraud wins, then the later scenario's name.
  fileprivate func isLabel(_ a: Int, laterThan b: Int) -> Bool {
    if labels[a] < 0 || labels[b] < 0 { return labels[a] >= 0 }
    if labelTimes[a] != labelTimes[b] { return labelTimes[a] > labelTimes[b] }
    if labels[a] != labels[b] { return labels[a] > labels[b] }
    return (scenarios[a] ?? "").utf8.lexicographicallyPrecedes((scenarios[b] ?? "").utf8) == false
  }

  fileprivate mutating func copyLabel(from source: Int, to target: Int) {
    labels[target] = labels[source]
    labelTimes[target] = labelTimes[source]
    scenarios.replace(target, with: scenarios[source])
  }
}
