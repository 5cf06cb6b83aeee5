public import Transactions

extension Snapshot {
  /// The amounts of the transactions of each holder, by identifier; rows without one are left out.
  ///
  /// Memory holds all points, 16 bytes each.
  ///
  /// - Throws: `IngestionError` when a part cannot be read.
  public func amounts(by holder: SeriesHolder) throws -> [(id: String, series: TimeSeries)] {
    var indices: [String: Int] = [:]
    var result: [(id: String, series: TimeSeries)] = []
    try forEachBatch { batch in
      let column = batch.holders(holder)
      let known = column.dictionary.map { id in
        if let index = indices[id] { return index }
        indices[id] = result.count
        result.append((id, TimeSeries()))
        return result.count - 1
      }
      for row in 0..<batch.count where column.codes[row] >= 0 {
        let index = known[Int(column.codes[row])]
        result[index].series.timestamps.append(Timestamp(microseconds: batch.times[row]))
        result[index].series.values.append(Money(millionths: batch.amounts[row]).doubleValue)
      }
    }
    return result.sorted { $0.id < $1.id }
  }

  /// Lends the amounts of the rows `range` that have a holder, in the order of the snapshot; memory holds a piece of them.
  ///
  /// - Throws: `IngestionError` when a part cannot be read; and what `body` throws.
  public func forEachAmount(
    by holder: SeriesHolder, in range: Range<Int>,
    _ body: (_ id: String, _ time: Int64, _ amount: Double) throws -> Void
  ) throws {
    try forEachPartPiece(in: range) { (part: inout SnapshotPartFile, _, rows) throws in
      let column = try part.texts(of: holder.snapshotColumn, rows)
      let times = try part.integers(.occurredAt, rows)
      let amounts = try part.integers(.amount, rows)
      for row in times.indices
      where column.codes[row] >= 0 && asOf.map({ times[row] < $0.microseconds }) ?? true {
        try body(
          column.dictionary[Int(column.codes[row])], times[row],
          Money(millionths: amounts[row]).doubleValue)
      }
    }
  }
}

extension SeriesHolder {
  fileprivate var snapshotColumn: SnapshotColumn {
    switch self {
    case .user: .user
    case .merchant: .merchant
    case .terminal: .terminal
    case .device: .device
    }
  }
}

extension TransactionBatch {
  fileprivate func holders(_ holder: SeriesHolder) -> TextColumn {
    texts(of: holder.snapshotColumn)
  }
}
