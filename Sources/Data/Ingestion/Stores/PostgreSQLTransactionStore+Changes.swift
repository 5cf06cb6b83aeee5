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
  ///
  /// Where the user may ask for them, the cluster's identifier and timeline are part of the identity: a database restored to an
  /// earlier moment counts its transactions anew. Views have no `xmin`, so their identity is empty.
  private func currentWatermark() throws(PostgreSQLError) -> PostgreSQLWatermark {
    let result = try connection.query(
      """
      SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
        CASE WHEN 2 = (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p')
            AND oid IN ('transactions'::regclass, 'labels'::regclass)) THEN concat_ws('/',
          CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
            THEN (SELECT system_identifier FROM pg_control_system()) END,
          CASE WHEN has_function_privilege('pg_control_checkpoint()', 'EXECUTE')
            THEN (SELECT timeline_id FROM pg_control_checkpoint()) END,
          (SELECT oid FROM pg_database WHERE datname = current_database()),
          'transactions'::regclass::oid, 'labels'::regclass::oid) END,
        (SELECT count(*) FROM transactions), (SELECT count(*) FROM labels JOIN transactions USING (tx_id))
      """)
    return PostgreSQLWatermark(
      horizon: result.integer(0, 0) ?? 0, identity: result.text(0, 1) ?? "",
      transactionCount: Int(result.integer(0, 2) ?? 0), labelCount: Int(result.integer(0, 3) ?? 0))
  }
}
