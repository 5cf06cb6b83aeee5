extension TransactionBatch {
  /// The rows that had happened before `moment`, with the labels that were known before it.
  ///
  /// Rows must be in order of time.
  public func seen(asOf moment: Timestamp) -> TransactionBatch {
    let end = times.partitioningIndex { $0 >= moment.microseconds }
    var batch = end == count ? self : selecting((0..<Int32(end)).map { $0 })
    var scenarioCodes = batch.scenarios.codes
    for row in 0..<batch.count
    where batch.labels[row] >= 0 && batch.labelTimes[row] >= moment.microseconds {
      batch.labels[row] = -1
      batch.labelTimes[row] = .max
      scenarioCodes[row] = -1
    }
    batch.scenarios = TextColumn(codes: scenarioCodes, dictionary: batch.scenarios.dictionary)
    return batch
  }
}

extension RandomAccessCollection where Index == Int {
  /// The first index from which on `belongsToSecond` holds; the elements before it must not satisfy it.
  fileprivate func partitioningIndex(where belongsToSecond: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
