extension TransactionBatch {
  /// Makes room for `rowCount` rows in all.
  public mutating func reserveCapacity(_ rowCount: Int) {
    ids.reserveCapacity(rowCount)
    times.reserveCapacity(rowCount)
    amounts.reserveCapacity(rowCount)
    users.reserveCapacity(rowCount)
    currencies.reserveCapacity(rowCount)
    merchants.reserveCapacity(rowCount)
    merchantCategories.reserveCapacity(rowCount)
    terminals.reserveCapacity(rowCount)
    devices.reserveCapacity(rowCount)
    channels.reserveCapacity(rowCount)
    locations.reserveCapacity(rowCount)
    latitudes.reserveCapacity(rowCount)
    longitudes.reserveCapacity(rowCount)
    labels.reserveCapacity(rowCount)
    labelTimes.reserveCapacity(rowCount)
    scenarios.reserveCapacity(rowCount)
  }

  /// Adds all rows of `other` at the end, column by column.
  public mutating func append(contentsOf other: TransactionBatch) {
    ids += other.ids
    times += other.times
    amounts += other.amounts
    users.append(contentsOf: other.users)
    currencies.append(contentsOf: other.currencies)
    merchants.append(contentsOf: other.merchants)
    merchantCategories.append(contentsOf: other.merchantCategories)
    terminals.append(contentsOf: other.terminals)
    devices.append(contentsOf: other.devices)
    channels.append(contentsOf: other.channels)
    locations.append(contentsOf: other.locations)
    latitudes += other.latitudes
    longitudes += other.longitudes
    labels += other.labels
    labelTimes += other.labelTimes
    scenarios.append(contentsOf: other.scenarios)
  }

  /// The rows with the given indices, in their order.
  ///
  /// Dictionaries hold only what these rows use, in order of first appearance: equal rows in equal order give equal batches.
  public func selecting(_ rows: [Int32]) -> TransactionBatch {
    var result = TransactionBatch()
    result.ids = rows.map { ids[Int($0)] }
    result.times = rows.map { times[Int($0)] }
    result.amounts = rows.map { amounts[Int($0)] }
    result.users = users.selecting(rows)
    result.currencies = currencies.selecting(rows)
    result.merchants = merchants.selecting(rows)
    result.merchantCategories = merchantCategories.selecting(rows)
    result.terminals = terminals.selecting(rows)
    result.devices = devices.selecting(rows)
    result.channels = channels.selecting(rows)
    result.locations = locations.selecting(rows)
    result.latitudes = rows.map { latitudes[Int($0)] }
    result.longitudes = rows.map { longitudes[Int($0)] }
    result.labels = rows.map { labels[Int($0)] }
    result.labelTimes = rows.map { labelTimes[Int($0)] }
    result.scenarios = scenarios.selecting(rows)
    return result
  }

  /// Puts the rows into `order`, takes the first `count` of them out and keeps the others.
  ///
  /// Column by column, so that there are never two copies of all rows; the memory of those that are taken stays with this batch, for rows
  /// to come. Dictionaries of the rows that are taken are as those of `selecting`; the others keep theirs while they are not large.
  public mutating func removeFirst(_ count: Int, in order: [Int32]) -> TransactionBatch {
    let (first, rest) = (Array(order[..<count]), Array(order[count...]))
    let isInOrder = order.indices.allSatisfy { order[$0] == Int32($0) }
    var taken = TransactionBatch()
    func split<Value>(_ column: WritableKeyPath<TransactionBatch, [Value]>) {
      var values: [Value] = []
      swap(&values, &self[keyPath: column])
      taken[keyPath: column] =
        isInOrder ? Array(values[..<count]) : first.map { values[Int($0)] }
      let kept = rest.map { values[Int($0)] }
      values.removeAll(keepingCapacity: true)
      values += kept
      swap(&values, &self[keyPath: column])
    }
    func split(_ column: WritableKeyPath<TransactionBatch, TextColumn>) {
      taken[keyPath: column] = self[keyPath: column].selecting(first)
      self[keyPath: column].keep(rest)
    }
    split(\.ids)
    for column in [\TransactionBatch.times, \.amounts, \.labelTimes] { split(column) }
    for column in [\TransactionBatch.latitudes, \.longitudes] { split(column) }
    split(\.labels)
    for column in [
      \TransactionBatch.users, \.currencies, \.merchants, \.merchantCategories, \.terminals,
      \.devices, \.channels, \.locations, \.scenarios,
    ] { split(column) }
    return taken
  }

  /// Whether row `left` comes before row `right` in the order of `LabelledTransaction.isOrderedBefore`.
  public func isOrdered(_ left: Int, before right: Int) -> Bool {
    if times[left] != times[right] { return times[left] < times[right] }
    let (a, b) = (ids[left].utf8, ids[right].utf8)
    if a.count != b.count { return a.count < b.count }
    return a.lexicographicallyPrecedes(b)
  }

  /// Indices of all rows in canonical order: by time, then by identifier, shorter ones first.
  ///
  /// - Complexity: O(rows) when they are in order already, else O(rows · log rows).
  public func canonicalOrder() -> [Int32] {
    var order = (0..<Int32(count)).map { SortKey(time: times[Int($0)], row: $0) }
    let isOrdered = (1..<max(count, 1)).allSatisfy { !self.isOrdered($0, before: $0 - 1) }
    if !isOrdered {
      order.sort { left, right in
        left.time != right.time
          ? left.time < right.time : self.isOrdered(Int(left.row), before: Int(right.row))
      }
    }
    return order.map(\.row)
  }

  private struct SortKey {
    let time: Int64
    let row: Int32
  }
}
