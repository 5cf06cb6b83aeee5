internal import PostgreSQL
public import Transactions

extension PostgreSQLTransactionStore {
  /// Lends the rows that were inserted, updated or labelled since `earlier`, or all rows when that cannot be told.
  ///
  /// The rows, and the watermark for the next time, belong to one snapshot. Rows of transactions that ran while `earlier` was taken
  /// may come again, never too few: replace by identifier.
  ///
  /// - Parameter body: Takes whether only changes come, and a batch.
  /// - Returns: the new watermark, and whether only changes came.
  public func forEachChangedBatch(
    since earlier: PostgreSQLWatermark?,
    rowsPerBatch: Int = TransactionSelection.defaultRowsPerBatch,
    _ body: (_ isIncremental: Bool, TransactionBatch) throws -> Void
  ) throws -> (watermark: PostgreSQLWatermark, isIncremental: Bool) {
    let selection = TransactionSelection(order: .any, rowsPerBatch: rowsPerBatch)
    return try rethrowing {
      try connection.inTransaction(PostgreSQLTransactionStore.readingMode) {
        let watermark = try currentWatermark()
        var query = PostgreSQLTransactionStore.query(for: selection)
        var isIncremental = false
        if let earlier, watermark.continues(earlier) {
          isIncremental = true
          // `age` compares numbers of 32 bits that wrap around, as the server itself does.
          let age = "age('\(UInt32(truncatingIfNeeded: earlier.horizon))'::xid)"
          query += " WHERE (age(t.xmin) <= \(age) OR age(l.xmin) <= \(age))"
        }
        try fetchInRanges(query, selection) { try body(isIncremental, $0) }
        return (watermark, isIncremental)
      }
    }
  }

  /// The watermark of the running transaction's snapshot.
  private func currentWatermark() throws(PostgreSQLError) -> PostgreSQLWatermark {
    let result = try connection.query(
      """
      SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
        concat_ws('/', (SELECT oid FROM pg_database WHERE datname = current_database()),
          'transactions'::regclass::oid, 'labels'::regclass::oid),
        (SELECT count(*) FROM transactions), (SELECT count(*) FROM labels JOIN transactions USING (tx_id))
      """)
    return PostgreSQLWatermark(
      horizon: result.integer(0, 0) ?? 0, identity: result.text(0, 1) ?? "",
      transactionCount: Int(result.integer(0, 2) ?? 0), labelCount: Int(result.integer(0, 3) ?? 0))
  }
}
