internal import Memory
internal import PostgreSQL
internal import Transactions

/// The labels of a database by their transactions, held in memory: finding one here takes far less time than the server's join, which
/// forms every row anew.
struct PostgreSQLLabels: Sendable {
  /// With more labels than this the server joins them; so many take about a hundred megabytes.
  private static let limit = 1_000_000

  private let ids: [String]
  private let flags: [Int8]
  private let times: [Int64]
  private let scenarios: TextColumn
  /// A bit for every hash of an identifier: most transactions have no label, and most of them end here.
  private var marks: [UInt64]
  /// Open addressing; rows, −1 where free.
  private var slots: [Int32]

  private static let requests: [PostgreSQLColumn.Request] = [
    .init("tx_id", .text), .init("is_fraud", .flag, isNullable: true),
    .init("scenario", .dictionary, isNullable: true),
    .init("labelled_at", .microseconds, isNullable: true),
  ]

  /// Fetches all labels as the snapshot of `connection` shows them; `nil` when they are too many, or two are of one transaction.
  ///
  /// - Throws: `PostgreSQLError`, also for a label that a join with the selected transactions would never have shown.
  init?(
    _ query: String, _ connection: borrowing PostgreSQLConnection,
    specialValues: PostgreSQLSpecialValues
  ) throws {
    var fetched: [PostgreSQLColumn] = []
    try connection.copyOut(
      "\(query) LIMIT \(Self.limit + 1)", Self.requests, specialValues: specialValues,
      rowsPerBatch: Self.limit + 1
    ) { columns, _ in fetched = columns }
    guard fetched.count == Self.requests.count, fetched[0].texts.count <= Self.limit else {
      return nil
    }
    ids = fetched[0].texts
    flags = fetched[1].flags
    scenarios = TextColumn(
      codes: fetched[2].codes, dictionary: fetched[2].dictionary, lineage: TextLineage())
    times = fetched[3].moments
    var slotCount = 64
    while slotCount < 2 * ids.count { slotCount *= 2 }
    slots = Array(repeating: -1, count: slotCount)
    marks = Array(repeating: 0, count: slotCount / 4)
    for row in ids.indices {
      let hash = ids[row].utf8Span.span.tableHash
      let slot = slot(of: ids[row], hash)
      guard slots[slot] < 0 else { return nil }
      slots[slot] = Int32(row)
      marks[markIndex(hash)] |= mark(hash)
    }
  }

  /// Gives the rows of `batch`, which have none, their labels.
  func add(to batch: inout TransactionBatch) {
    batch.labels = Array(repeating: -1, count: batch.count)
    batch.labelTimes = Array(repeating: .max, count: batch.count)
    var codes = [Int32](repeating: -1, count: batch.count)
    for row in batch.ids.indices {
      let hash = batch.ids[row].utf8Span.span.tableHash
      guard marks[markIndex(hash)] & mark(hash) != 0 else { continue }
      let label = Int(slots[slot(of: batch.ids[row], hash)])
      guard label >= 0 else { continue }
      batch.labels[row] = flags[label]
      batch.labelTimes[row] = times[label]
      codes[row] = scenarios.codes[label]
    }
    batch.scenarios = TextColumn(
      codes: codes, dictionary: scenarios.dictionary, lineage: scenarios.lineage)
  }

  /// The slot of the identifier, or the free one where it belongs.
  private func slot(of id: String, _ hash: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 && ids[Int(slots[slot])] != id { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private func markIndex(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash >> 6) & (marks.count - 1)
  }

  private func mark(_ hash: UInt64) -> UInt64 { 1 << (hash & 63) }
}

extension PostgreSQLColumn {
  /// Flags, −1 where null.
  var flags: [Int8] {
    var flags = integers.map { Int8(truncatingIfNeeded: $0) }
    for row in nullRows { flags[Int(row)] = -1 }
    return flags
  }

  /// Moments, the last of all where null.
  var moments: [Int64] {
    var moments = integers
    for row in nullRows { moments[Int(row)] = .max }
    return moments
  }
}
