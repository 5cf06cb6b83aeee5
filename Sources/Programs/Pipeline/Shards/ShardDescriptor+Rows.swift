internal import Features
internal import Files
public import Ingestion
internal import Tabular
internal import Transactions

extension ShardDescriptor {
  /// Lends the rows of the shard with their keys, batch by batch.
  ///
  /// Features that look back make a worker go through all rows of the snapshot before its own, without keeping them.
  ///
  /// - Throws: the errors of the source, `FeatureError`, and what `body` throws.
  func forEachBatch(of rows: ShardPlan.Rows, _ body: (KeyedRows) throws -> Void) throws {
    switch (place, rows) {
    case (.csv(let path), .columns(let columns, let key)):
      try CSVNumberReader(path: path, columns: columns, key: key).forEachBatch(body)
    case (.parquet(let path), .columns(let columns, let key)):
      try ParquetRows(path: path).forEachBatch(columns: columns, key: key, body)
    case (.postgresql(let shard), .columns(let columns, let key)):
      guard let key else {
        throw ConfigurationError("rows of a database need a key column; name it with --key")
      }
      try shard.forEachBatch(columns: columns, key: key, body)
    case (
      .snapshot(let path, let range),
      .features(let features, let rules, let period, let asOf, let choice)
    ):
      let snapshot = try Snapshot(opening: path).seen(asOf: asOf)
      try forEachBatch(
        of: snapshot, in: range, FeatureEngine(features, rules: rules), period: period, choice, body
      )
    default:
      throw ConfigurationError("shard \(name) lies where the plan's rows cannot be read")
    }
  }

  private func forEachBatch(
    of snapshot: Snapshot, in range: Range<Int>, _ start: FeatureEngine,
    period: Range<Timestamp>, _ choice: TrainingRowChoice, _ body: (KeyedRows) throws -> Void
  ) throws {
    let columnCount = start.specification.names.count
    let looksBack = start.specification.needsHistory
    var engine = start
    // Rows before the own ones only move the state of features that look back.
    let read = (looksBack ? 0 : range.lowerBound)..<range.upperBound
    try snapshot.forEachPiece(in: read) { first, batch in
      let isChosen = choice.choice(in: batch)
      var ids: [String] = []
      var kept: [Double] = []
      try engine.process(
        batch,
        computing: { row in
          isChosen[row] && range.contains(first + row)
            && period.contains(Timestamp(microseconds: batch.times[row]))
        }
      ) { row, features in
        ids.append(batch.ids[row])
        kept.append(contentsOf: features)
      }
      if ids.isEmpty { return }
      try body(
        KeyedRows(
          ids: ids, matrix: Matrix(rowCount: ids.count, columnCount: columnCount, values: kept)))
    }
  }

  /// Lends the amounts of the shard's transactions.
  func forEachAmount(
    by holder: SeriesHolder, _ body: (_ id: String, _ time: Int64, _ amount: Double) throws -> Void
  ) throws {
    switch place {
    case .postgresql(let shard): try shard.forEachAmount(by: holder, body)
    case .snapshot(let path, let range):
      try Snapshot(opening: path).forEachAmount(by: holder, in: range, body)
    case .csv, .parquet:
      throw ConfigurationError("series are read from a snapshot or PostgreSQL, not from files")
    }
  }

  /// The rows of a snapshot in `count` ranges of nearly one size.
  ///
  /// - Throws: `FileError` when the snapshot is gone.
  public static func shards(of snapshot: Snapshot, count: Int) throws -> [ShardDescriptor] {
    // Workers start elsewhere.
    let path = try FileSystem.absolutePath(of: snapshot.path)
    let rowCount = snapshot.manifest.rowCount
    let count = max(1, min(count, rowCount))
    return (0..<count).map { index in
      ShardDescriptor(
        name: name(index),
        place: .snapshot(
          path: path,
          rows: rowCount * index / count..<rowCount * (index + 1) / count))
    }
  }
}
