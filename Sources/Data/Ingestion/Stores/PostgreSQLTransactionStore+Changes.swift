internal import PostgreSQL
public import Transactions

extension PostgreSQLTransactionStore {
  /// Lends the rows that were inserted, updated or labelled since `earlier`, or all rows when that cannot be told.
  ///
  /// The rows, and the watermark for the next time, belong to one snapshot. Rows of transactions that ran while `earlier` was taken
  /// may come again, never too few: replace by identifier.
  ///
  /// - Parameters:
  ///   - earlier: What the last pull left; `nil` for the first.
  ///   - isFull: Lends all rows in any case; `earlier` then only says which columns to expect.
  ///   - acceptsNewSchema: Whether columns may have come, gone or changed their types since `earlier`.
  ///   - rowsPerBatch: How many rows `body` gets at once.
  ///   - body: Takes whether only changes come, and a batch.
  /// - Returns: the new watermark, and whether only changes came.
  public func forEachChangedBatch(
    since earlier: PostgreSQLWatermark?, isFull: Bool = false, acceptsNewSchema: Bool = false,
    rowsPerBatch: Int = TransactionSelection.defaultRowsPerBatch,
    _ body: (_ isIncremental: Bool, TransactionBatch) throws -> Void
  ) throws -> (watermark: PostgreSQLWatermark, isIncremental: Bool) {
    let selection = TransactionSelection(order: .any, rowsPerBatch: rowsPerBatch)
    return try rethrowing {
      try connection.inTransaction(PostgreSQLTransactionStore.readingMode) {
        let plan = try PostgreSQLFetchPlan(source, connection)
        var watermark = try currentWatermark(plan)
        if !acceptsNewSchema, let earlier { try requireSameSchema(earlier, watermark) }
        var conditions: [String] = []
        let isIncremental: Bool
        if !isFull, let earlier, watermark.continues(earlier) {
          isIncremental = true
          conditions = [plan.changedSince(earlier.horizon)]
          let counts = try connection.query(plan.countQuery())
          watermark.transactionCount = Int(counts.integer(0, 0) ?? 0)
          watermark.labelCount = Int(counts.integer(0, 1) ?? 0)
        } else {
          isIncremental = false
        }
        try fetchInRanges(plan, conditions, selection) { batch in
          if !isIncremental {
            watermark.transactionCount += batch.count
            watermark.labelCount += batch.labels.count { $0 >= 0 }
          }
          try body(isIncremental, batch)
        }
        return (watermark, isIncremental)
      }
    }
  }

  /// - Throws: `IngestionError.schemaMismatch` that names every column that is gone, new or of another type.
  private func requireSameSchema(
    _ earlier: PostgreSQLWatermark, _ now: PostgreSQLWatermark
  ) throws(IngestionError) {
    guard earlier.fingerprint == now.fingerprint, !earlier.schema.isEmpty else { return }
    let changes = SourceColumn.changes(from: earlier.schema, to: now.schema)
    guard changes.isEmpty else {
      throw .schemaMismatch(
        source: connection.server,
        reason: "the schema changed since the last pull: \(changes.joined(separator: ", ")); "
          + "pull with --accept-schema when that is intended")
    }
  }

  /// The watermark of the running transaction's snapshot, its counts still zero.
  ///
  /// Where the user may ask for them, the cluster's identifier and timeline are part of the identity: a database restored to an
  /// earlier moment counts its transactions anew. Views have no `xmin`, so their identity is empty.
  private func currentWatermark(
    _ plan: PostgreSQLFetchPlan
  ) throws(PostgreSQLError) -> PostgreSQLWatermark {
    let result = try connection.query(
      """
      SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
        CASE WHEN NOT EXISTS (SELECT 1 FROM unnest($1::text[]) AS name
            WHERE coalesce((SELECT relkind FROM pg_class WHERE oid = to_regclass(name)), '-')
              NOT IN ('r', 'p')) THEN concat_ws('/',
          CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
            THEN (SELECT system_identifier FROM pg_control_system()) END,
          CASE WHEN has_function_privilege('pg_control_checkpoint()', 'EXECUTE')
            THEN (SELECT timeline_id FROM pg_control_checkpoint()) END,
          (SELECT oid FROM pg_database WHERE datname = current_database()),
          (SELECT string_agg(to_regclass(name)::oid::text, '/') FROM unnest($1::text[]) AS name)) END
      """, [plan.tables(of: source)])
    return PostgreSQLWatermark(
      horizon: result.integer(0, 0) ?? 0,
      identity: plan.isTable ? result.text(0, 1) ?? "" : "", fingerprint: source.fingerprint,
      schema: plan.schema)
  }
}
