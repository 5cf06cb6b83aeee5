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
    let featureCount = specification.features.count
    let keepsFrauds = stores.contains { $0.layout.keepsFrauds }
    for start in stride(from: 0, to: batch.count, by: FeatureEngine.blockLength) {
      let end = min(start + FeatureEngine.blockLength, batch.count)
      for index in columns.indices {
        columns[index].lookUp(start..<end, &interners[columns[index].column.index])
      }
      touchHistories(columns)
      for index in start..<end {
        let time = batch.times[index]
        guard index == 0 || time >= batch.times[index - 1] else {
          throw .outOfOrder(row: index)
        }
        for position in columns.indices {
          event.texts[columns[position].column.index] = columns[position].indices[index - start]
        }
        setEvent(
          time: time, amount: batch.amounts[index], latitude: batch.latitudes[index],
          longitude: batch.longitudes[index])
        let isComputed = isWanted(index)
        step(computesRow: isComputed)
        if isComputed { body(index, row[..<featureCount]) }
        // A genuine label of a transaction that is only now processed has nothing to withdraw.
        if keepsFrauds && batch.labels[index] == 1 && batch.labelTimes[index] != .max {
          enqueue(
            time: time, id: batch.ids[index], isFraud: true, knownAt: batch.labelTimes[index]
          ) { column in column.column(of: batch)[index] }
        }
      }
    }
  }

  /// Rows whose texts are looked up together.
  private static let blockLength = 64

  /// Reads the histories of the entities of a block before they are needed.
  ///
  /// They lie scattered in memory. One row at a time would wait for each of its own; here the reads of many rows overlap, which
  /// saves a quarter of the time with some 25,000 entities.
  private mutating func touchHistories(_ columns: [BatchColumn]) {
    for index in stores.indices where stores[index].layout.columns.count == 1 {
      let column = stores[index].layout.columns[0]
      guard let found = columns.first(where: { $0.column == column }) else { continue }
      stores[index].touch(found.indices)
    }
  }
}

/// One text column of a batch with the index of each text, looked up when it first occurs.
private struct BatchColumn {
  let column: FeatureColumn
  /// Per row of the block the index of its text, or −1.
  private(set) var indices: [Int32] = []
  private let texts: TextColumn
  private var indexOfCode: [Int32]

  init(_ column: FeatureColumn, _ texts: TextColumn) {
    self.column = column
    self.texts = texts
    indexOfCode = Array(repeating: -1, count: texts.dictionary.count)
  }

  /// Finds the indices of a block of rows.
  mutating func lookUp(_ rows: Range<Int>, _ interner: inout TextInterner) {
    indices.removeAll(keepingCapacity: true)
    for code in texts.codes[rows] {
      guard code >= 0 else {
        indices.append(-1)
        continue
      }
      if indexOfCode[Int(code)] < 0 {
        indexOfCode[Int(code)] = interner.index(of: texts.dictionary[Int(code)])
      }
      indices.append(indexOfCode[Int(code)])
    }
  }
}
