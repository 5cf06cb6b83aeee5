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
      let column: TextColumn
      switch holder {
      case .user: column = batch.users
      case .merchant: column = batch.merchants
      case .terminal: column = batch.terminals
      case .device: column = batch.devices
      }
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
}
