internal import PostgreSQL
internal import Tabular
public import Transactions

extension PostgreSQLShard {
  private static let rowsPerBatch = 16_384

  /// The rows' condition.
  private var condition: String {
    var parts: [String] = []
    if firstPage > 0 { parts.append("s.ctid >= '(\(firstPage),0)'::tid") }
    if let endPage { parts.append("s.ctid < '(\(endPage),0)'::tid") }
    if let keys {
      let column = "s.\(quotedIdentifier(keys.column))"
      // A bare literal takes the type of the column that it is compared with.
      if let first = keys.first { parts.append("\(column) >= \(quotedLiteral(first))") }
      if let end = keys.end {
        parts.append("\(column) < \(quotedLiteral(end))")
      } else if let last = parts.popLast() {
        // A row without a key must be found, to be refused.
        parts.append("(\(last) OR \(column) IS NULL)")
      }
    }
    if let filter { parts.append("(\(filter)\n)") }
    return parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND ")
  }

  private func reading(
    _ body: (borrowing PostgreSQLConnection) throws -> Void
  ) throws {
    try rethrowing {
      let connection = try PostgreSQLConnection(url)
      try connection.inTransaction(PostgreSQLTransactionStore.readingMode) {
        if let snapshot {
          guard
            snapshot.utf8.allSatisfy({
              $0 == 45 || (48...57).contains($0) || (65...70).contains($0)
            })
          else {
            throw IngestionError.malformedSource(reason: "a shard's snapshot is not an identifier")
          }
          try connection.join(snapshot)
        }
        // The parallel plan of one worker would take processors from the others.
        try connection.execute(
          """
          SET LOCAL synchronize_seqscans = off; SET LOCAL jit = off; SET LOCAL timezone = 'UTC';
          SET LOCAL max_parallel_workers_per_gather = 0
          """)
        try body(connection)
      }
    }
  }

  /// Lends the rows of numbers with the keys of the column `key`, in batches.
  ///
  /// - Throws: `IngestionError`, and what `body` throws.
  public func forEachBatch(
    columns: [String], key: String, _ body: (KeyedRows) throws -> Void
  ) throws {
    try reading { connection in
      // Positions keep the names apart when the key is also a column.
      let selected = columns.enumerated().map { "s.\(quotedIdentifier($1)) AS c\($0)" }
      let query =
        "SELECT s.\(quotedIdentifier(key)) AS key, \(selected.joined(separator: ", ")) "
        + "FROM \(table) AS s\(condition)"
      let integerTypes: Set<UInt32> = [20, 21, 23]
      let isInteger = try connection.describe(query).first.map { integerTypes.contains($0.typeID) }
      let requests =
        [PostgreSQLColumn.Request("key", isInteger == true ? .integer : .text)]
        + columns.indices.map { .init("c\($0)", .double, isNullable: true) }
      try connection.copyOut(query, requests, rowsPerBatch: Self.rowsPerBatch) {
        batch, rowCount in
        var values = [Double](repeating: 0, count: rowCount * columns.count)
        for column in columns.indices {
          let source = batch[column + 1].doubles
          for row in 0..<rowCount { values[row * columns.count + column] = source[row] }
        }
        let matrix = Matrix(rowCount: rowCount, columnCount: columns.count, values: values)
        try body(
          isInteger == true
            ? KeyedRows(keys: batch[0].integers.map { UInt64(bitPattern: $0) }, matrix: matrix)
            : KeyedRows(ids: batch[0].texts, matrix: matrix))
      }
    }
  }

  /// Lends the amounts of the holders' transactions, row by row in no order.
  ///
  /// - Throws: `IngestionError`, and what `body` throws.
  public func forEachAmount(
    by holder: SeriesHolder, _ body: (_ id: String, _ time: Int64, _ amount: Double) throws -> Void
  ) throws {
    try reading { connection in
      let column = quotedIdentifier(holder.column)
      let narrowed = condition.isEmpty ? " WHERE " : condition + " AND "
      let query =
        "SELECT s.\(column) AS series_id, s.occurred_at AS time, s.amount AS value "
        + "FROM \(table) AS s\(narrowed)s.\(column) IS NOT NULL"
      let requests: [PostgreSQLColumn.Request] = [
        .init("series_id", .dictionary), .init("time", .microseconds), .init("value", .double),
      ]
      try connection.copyOut(query, requests, rowsPerBatch: Self.rowsPerBatch) {
        batch, rowCount in
        for row in 0..<rowCount {
          try body(
            batch[0].dictionary[Int(batch[0].codes[row])], batch[1].integers[row],
            batch[2].doubles[row])
        }
      }
    }
  }
}
