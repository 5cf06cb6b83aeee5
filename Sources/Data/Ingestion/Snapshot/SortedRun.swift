internal import Files
internal import Transactions

/// Rows in canonical order, in pieces on disk or, when there are few, in memory: read piece by piece, row by row.
///
/// A class, because a merge looks at many of them for every row and copies none.
final class SortedRun {
  /// A file of the form of a part.
  struct Piece {
    let path: String
    let rowCount: Int
  }

  private var pieces: ArraySlice<Piece>
  /// Hashes of identifiers whose rows are left out.
  private let excluded: Set<UInt64>
  private(set) var rows: TransactionBatch
  private(set) var position = 0
  /// Per text column and text of the current piece its code in the rows that are being made; −1 unknown.
  var known: [[Int32]] = []

  /// The rows of `pieces`, without those whose identifiers have a hash in `excluded`.
  init(_ pieces: [Piece], excluding excluded: Set<UInt64>) throws {
    self.pieces = pieces[...]
    self.excluded = excluded
    rows = TransactionBatch()
    try loadNext()
  }

  /// Rows in memory, which are in order.
  init(_ rows: TransactionBatch) {
    pieces = []
    excluded = []
    self.rows = rows
    forget()
  }

  var isAtEnd: Bool { position == rows.count }

  /// The moment of the current row.
  var time: Int64 { rows.times[position] }

  /// Whether the current row of this run comes before that of `other`.
  func isBefore(_ other: SortedRun) -> Bool {
    if time != other.time { return time < other.time }
    let (a, b) = (rows.ids[position].utf8, other.rows.ids[other.position].utf8)
    return a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
  }

  /// Moves to the next row, reading the next piece when one is done.
  func advance() throws {
    position += 1
    if position == rows.count { try loadNext() }
  }

  /// Forgets the codes of texts: other rows are being made now.
  func forget() {
    known = SnapshotColumn.texts.map { column in
      [Int32](repeating: -1, count: rows.texts(of: column).dictionary.count)
    }
  }

  private func loadNext() throws {
    while let piece = pieces.popFirst() {
      rows = TransactionBatch()
      position = 0
      rows = try SnapshotPart.read(piece.path, rowCount: piece.rowCount)
      if !excluded.isEmpty {
        let kept = rows.ids.indices.filter {
          !excluded.contains(IdentifierLog.hash(of: rows.ids[$0]))
        }
        if kept.count < rows.count { rows = rows.selecting(kept.map { Int32($0) }) }
      }
      if rows.count > 0 { break }
    }
    forget()
  }
}

/// Runs merged into one, batch by batch.
struct RunMerge {
  private var runs: [SortedRun]
  private let rowsPerBatch: Int

  init(_ runs: [SortedRun], rowsPerBatch: Int) {
    self.runs = runs.filter { !$0.isAtEnd }
    self.rowsPerBatch = rowsPerBatch
  }

  /// The next rows, `rowsPerBatch` or what is left of them; `nil` at the end.
  mutating func next() throws -> TransactionBatch? {
    guard !runs.isEmpty else { return nil }
    var batch = TransactionBatch()
    batch.reserveCapacity(rowsPerBatch)
    for index in runs.indices { runs[index].forget() }
    while batch.count < rowsPerBatch, !runs.isEmpty {
      let (first, second) = leaders()
      let leader = runs[first]
      // Runs of sources that are almost in order are long: nothing else is looked at while one stays ahead.
      repeat {
        batch.append(current: leader)
        try leader.advance()
      } while batch.count < rowsPerBatch && !leader.isAtEnd
        && (second < 0 || leader.isBefore(runs[second]))
      if leader.isAtEnd { runs.remove(at: first) }
    }
    return batch
  }

  /// The run whose row comes first and the one after it, or −1.
  private func leaders() -> (first: Int, second: Int) {
    var (first, second) = (0, -1)
    for index in runs.indices.dropFirst() {
      if runs[index].isBefore(runs[first]) {
        second = first
        first = index
      } else if second < 0 || runs[index].isBefore(runs[second]) {
        second = index
      }
    }
    return (first, second)
  }
}

extension TransactionBatch {
  /// Adds the current row of `run`.
  fileprivate mutating func append(current run: SortedRun) {
    let row = run.position
    ids.append(run.rows.ids[row])
    times.append(run.rows.times[row])
    amounts.append(run.rows.amounts[row])
    latitudes.append(run.rows.latitudes[row])
    longitudes.append(run.rows.longitudes[row])
    labels.append(run.rows.labels[row])
    labelTimes.append(run.rows.labelTimes[row])
    users.append(row, of: run.rows.users, known: &run.known[0])
    currencies.append(row, of: run.rows.currencies, known: &run.known[1])
    merchants.append(row, of: run.rows.merchants, known: &run.known[2])
    merchantCategories.append(row, of: run.rows.merchantCategories, known: &run.known[3])
    terminals.append(row, of: run.rows.terminals, known: &run.known[4])
    devices.append(row, of: run.rows.devices, known: &run.known[5])
    channels.append(row, of: run.rows.channels, known: &run.known[6])
    locations.append(row, of: run.rows.locations, known: &run.known[7])
    scenarios.append(row, of: run.rows.scenarios, known: &run.known[8])
  }
}
