public import Tabular
public import Transactions

extension FeatureEngine {
  /// The features of every row of `batch`: `batch.count × features`, the same bits as row by row.
  ///
  /// Labels in the batch take effect when their time comes. Batches follow one another in the canonical order.
  ///
  /// - Throws: `FeatureError.outOfOrder` when a row is earlier than the one before it; the rows before it count.
  public mutating func process(_ batch: TransactionBatch) throws(FeatureError) -> Matrix<Double> {
    let featureCount = specification.features.count
    var values: [Double] = []
    values.reserveCapacity(batch.count * featureCount)
    try process(batch, within: nil, appendingTo: &values)
    return Matrix(rowCount: batch.count, columnCount: featureCount, values: values)
  }

  /// Moves the state past every row of `batch` and appends the features of those whose moment lies in `range`.
  ///
  /// - Parameters:
  ///   - batch: Rows in the canonical order.
  ///   - range: Moments of the rows that are wanted; `nil` for all.
  ///   - values: Receives the rows, one after the other.
  /// - Throws: `FeatureError.outOfOrder` when a row is earlier than the one before it; the rows before it count.
  public mutating func process(
    _ batch: TransactionBatch, within range: Range<Timestamp>?, appendingTo values: inout [Double]
  ) throws(FeatureError) {
    try process(
      batch,
      computing: { row in
        range.map { $0.contains(Timestamp(microseconds: batch.times[row])) } ?? true
      }
    ) { _, row in values.append(contentsOf: row) }
  }

  /// Moves the state past every row of `batch` and lends the features of those that are wanted.
  ///
  /// - Parameters:
  ///   - batch: Rows in the canonical order.
  ///   - isWanted: Whether the features of a row are computed, by its index; the others only move the state.
  ///   - body: Receives the index of each wanted row and its features, in the order of the rows.
  /// - Throws: `FeatureError.outOfOrder` when a row is earlier than the one before it; the rows before it count.
  public mutating func process(
    _ batch: TransactionBatch, computing isWanted: (_ row: Int) -> Bool,
    _ body: (_ row: Int, _ features: ArraySlice<Double>) -> Void
  ) throws(FeatureError) {
    sweep(rowCount: batch.count)
    var columns = FeatureColumn.allCases.filter { usedColumns.contains($0.index) }
      .map { BatchColumn($0, $0.column(of: batch)) }
    var indices = [Int32](repeating: -1, count: columns.count * FeatureEngine.blockLength)
    let targets = columns.map(\.column.index)
    let keepsFrauds = stores.contains { $0.layout.keepsFrauds }
    let (times, amounts) = (batch.times, batch.amounts)
    let (latitudes, longitudes) = (batch.latitudes, batch.longitudes)
    let (labels, labelTimes) = (batch.labels, batch.labelTimes)
    for start in stride(from: 0, to: batch.count, by: FeatureEngine.blockLength) {
      let end = min(start + FeatureEngine.blockLength, batch.count)
      for position in columns.indices {
        columns[position].lookUp(
          start..<end, times, after: clock, &interners[targets[position]],
          into: &indices, at: position * FeatureEngine.blockLength)
      }
      block.removeAll()
      var isInOrder = true
      for index in start..<end {
        let time = times[index]
        isInOrder = index == 0 || time >= times[index - 1]
        if !isInOrder { break }
        for position in targets.indices {
          event.texts[targets[position]] =
            indices[position * FeatureEngine.blockLength + index - start]
        }
        setEvent(
          time: time, amount: amounts[index], latitude: latitudes[index],
          longitude: longitudes[index])
        enter(computesRow: isWanted(index))
        // A genuine label of a transaction that is only now processed has nothing to withdraw.
        if keepsFrauds && labels[index] == 1 && labelTimes[index] != .max {
          enqueue(time: time, id: batch.ids[index], isFraud: true, knownAt: labelTimes[index]) {
            column in column.column(of: batch)[index]
          }
        }
      }
      pass()
      deliver(from: start, body)
      guard isInOrder else { throw .outOfOrder(row: start + block.takenCount) }
    }
  }

  /// Lends the rows of the block that were computed.
  private func deliver(
    from start: Int, _ body: (_ row: Int, _ features: ArraySlice<Double>) -> Void
  ) {
    let featureCount = specification.features.count
    for position in 0..<block.takenCount where block.isComputed[position] {
      body(start + position, block.row(position, count: featureCount))
    }
  }

  /// Rows that go through the stores together.
  private static let blockLength = 64
}

/// One text column of a batch with the index of each text, looked up when it first occurs.
private struct BatchColumn {
  let column: FeatureColumn
  private let texts: TextColumn
  private var indexOfCode: [Int32]

  init(_ column: FeatureColumn, _ texts: TextColumn) {
    self.column = column
    self.texts = texts
    indexOfCode = Array(repeating: -1, count: texts.dictionary.count)
  }

  /// Finds the indices of a block of rows, −1 for none, and notes when each text was seen, never before `clock`.
  mutating func lookUp(
    _ rows: Range<Int>, _ times: [Int64], after clock: Int64, _ interner: inout TextInterner,
    into indices: inout [Int32], at start: Int
  ) {
    var position = start
    for row in rows {
      let code = Int(texts.codes[row])
      var index: Int32 = -1
      if code >= 0 {
        index = indexOfCode[code]
        if index < 0 {
          index = interner.index(of: texts.dictionary[code])
          indexOfCode[code] = index
        }
        interner.touch(index, at: max(clock, FeatureEngine.bounded(times[row])))
      }
      indices[position] = index
      position += 1
    }
  }
}
