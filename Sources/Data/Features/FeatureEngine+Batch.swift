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
    sweep(rowCount: batch.count)
    var codes = FeatureColumn.allCases.filter { usedColumns.contains($0.index) }
      .map { BatchColumn($0, $0.column(of: batch)) }
    let featureCount = specification.features.count
    let keepsFrauds = stores.contains { $0.layout.keepsFrauds }
    for index in 0..<batch.count {
      let time = batch.times[index]
      guard index == 0 || time >= batch.times[index - 1] else {
        throw .outOfOrder(row: index)
      }
      for position in codes.indices {
        event.texts[codes[position].column.index] = codes[position].index(
          ofRow: index, &interners)
      }
      setEvent(
        time: time, amount: batch.amounts[index], latitude: batch.latitudes[index],
        longitude: batch.longitudes[index])
      let isWanted = range.map { $0.contains(Timestamp(microseconds: time)) } ?? true
      step(computesRow: isWanted)
      if isWanted { values.append(contentsOf: row[..<featureCount]) }
      // A genuine label of a transaction that is only now processed has nothing to withdraw.
      if keepsFrauds && batch.labels[index] == 1 && batch.labelTimes[index] != .max {
        enqueue(
          time: time, id: batch.ids[index], isFraud: true, knownAt: batch.labelTimes[index]
        ) { column in column.column(of: batch)[index] }
      }
    }
  }
}

/// One text column of a batch with the index of each text, looked up when it first occurs.
private struct BatchColumn {
  let column: FeatureColumn
  let texts: TextColumn
  private var indexOfCode: [Int32]

  init(_ column: FeatureColumn, _ texts: TextColumn) {
    self.column = column
    self.texts = texts
    indexOfCode = Array(repeating: -1, count: texts.dictionary.count)
  }

  mutating func index(ofRow row: Int, _ interners: inout [TextInterner]) -> Int32 {
    let code = Int(texts.codes[row])
    guard code >= 0 else { return -1 }
    let known = indexOfCode[code]
    if known >= 0 { return known }
    let index = interners[column.index].index(of: texts.dictionary[code])
    indexOfCode[code] = index
    return index
  }
}
