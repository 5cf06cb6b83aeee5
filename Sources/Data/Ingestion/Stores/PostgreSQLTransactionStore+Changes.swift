internal import PostgreSQL
public import Transactions

extension PostgreSQLTransactionStore {
  /// Which rows came.
  public enum ChangedRows: Sendable {
    /// All there are.
    case all
    /// Those that were inserted, updated or labelled since the last pull, and perhaps more.
    case changed
    /// None: nothing has changed since the last pull.
    case none
  }

  /// Lends the rows that were inserted, updated or labelled since `earlier`, or all rows when that cannot be told.
  ///
  /// The rows, and the watermark for the next time, belong to one snapshot. Rows of transactions that ran while `earlier` was taken
  /// may come again, never too few: replace by identifier.
  ///
  /// - Parameters:
  ///   - earlier: What the last pull left; `nil` for the first.
  ///   - isFull: Lends all rows in any case; `earlier` then only says which columns to expect.
  ///   - acceptsNewSchema: Whether columns may have come, gone or changed their types since `earlier`.
  ///   - rowsPerBatch: How many rows `body` gets at once; few, so that several batches may wait in little memory.
  ///   - body: Takes which rows come, and a batch.
  /// - Returns: the new watermark, and which rows came.
  public func forEachChangedBatch(
    since earlier: PostgreSQLWatermark?, isFull: Bool = false, acceptsNewSchema: Bool = false,
    rowsPerBatch: Int = 1 << 15,
    _ body: (ChangedRows, TransactionBatch) throws -> Void
  ) throws -> (watermark: PostgreSQLWatermark, rows: ChangedRows) {
    let selection = TransactionSelection(order: .any, rowsPerBatch: rowsPerBatch)
    return try rethrowing {
      try connection.showingOneState(of: source.tables) {
        let plan = try PostgreSQLFetchPlan(source, connection)
        var (watermark, position) = try currentWatermark(plan)
        if !acceptsNewSchema, let earlier { try requireSameSchema(earlier, watermark) }
        var rows = ChangedRows.all
        var conditions: [String] = []
        if !isFull, let earlier, watermark.continues(earlier) {
          if try isUnchanged(since: earlier, plan, watermark) {
            rows = .none
            watermark.transactionCount = earlier.transactionCount
            watermark.labelCount = earlier.labelCount
            watermark.tableCounts = earlier.tableCounts
          } else {
            rows = .changed
            conditions = [plan.changedSince(earlier.horizon)]
            let counts = try connection.query(plan.countQuery())
            watermark.transactionCount = Int(counts.integer(0, 0) ?? 0)
            watermark.labelCount = Int(counts.integer(0, 1) ?? 0)
          }
        }
        if rows != .none {
          try fetchInRanges(plan, conditions, selection) { batch in
            if rows == .all {
              watermark.transactionCount += batch.count
              watermark.labelCount += batch.labels.count { $0 >= 0 }
            }
            try body(rows, batch)
          }
          watermark.tableCounts = try tableCounts(plan, joinedCount: watermark.transactionCount)
        }
        try waitUntilDurable(upTo: position)
        return (watermark, rows)
      }
    }
  }

  // MARK: Whether anything has changed

  /// Whether the tables are proven to hold what they held.
  ///
  /// Equal snapshots show the same rows. Otherwise one look at each table's rows, without joining or sending any: whatever was
  /// written since has a young `xmin`, and rows that were deleted are missing in the count.
  private func isUnchanged(
    since earlier: PostgreSQLWatermark, _ plan: PostgreSQLFetchPlan, _ now: PostgreSQLWatermark
  ) throws(PostgreSQLError) -> Bool {
    if earlier.serverSnapshot == now.serverSnapshot { return true }
    let statements = plan.changeCountQueries(source, since: earlier.horizon, until: now.next)
    guard statements.count == earlier.tableCounts.count else { return false }
    for (statement, count) in zip(statements, earlier.tableCounts) {
      let result = try connection.query(statement)
      guard result.integer(0, 0) == Int64(count), result.integer(0, 1) == 0 else { return false }
    }
    return true
  }

  /// How many rows the tables have as the running transaction sees them.
  ///
  /// Without a filter every transaction was lent at least once, so `joinedCount` is never too small, and a later count that
  /// equals it proves that none was deleted.
  private func tableCounts(
    _ plan: PostgreSQLFetchPlan, joinedCount: Int
  ) throws(PostgreSQLError) -> [Int] {
    guard plan.isTable else { return [] }
    var counts: [Int] = []
    for (index, statement) in plan.rowCountQueries(source).enumerated() {
      let isKnown = index == 0 && source.filter == nil
      let count = isKnown ? nil : try connection.query(statement).integer(0, 0)
      counts.append(count.map { Int($0) } ?? joinedCount)
    }
    return counts
  }

  /// Waits until no crash of the server can undo what was seen, and give the same numbers to other transactions.
  ///
  /// That is so when its log has reached the disk up to `position`, or else, by the server's promise for commits that do not wait
  /// for the disk, three turns of its log writer after the snapshot. A standby shows only what its primary had on disk.
  private func waitUntilDurable(upTo position: String) throws(PostgreSQLError) {
    _ = try connection.query(
      """
      SELECT CASE WHEN NOT pg_is_in_recovery() AND pg_current_wal_flush_lsn() < $1::pg_lsn
        THEN pg_sleep(greatest(0, extract(epoch FROM transaction_timestamp() - clock_timestamp()
          + 3 * current_setting('wal_writer_delay')::interval))) END
      """, [position])
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

  /// The watermark of the running transaction's snapshot, its counts still zero, and the position in the server's log at which
  /// everything lies that it shows.
  ///
  /// Where the user may ask for them, the cluster's identifier and timeline are part of the identity: a database restored to an
  /// earlier moment counts its transactions anew. So are the partitions, since rows of one that is attached may be old. Views have
  /// no `xmin`, so their identity is empty.
  private func currentWatermark(
    _ plan: PostgreSQLFetchPlan
  ) throws(PostgreSQLError) -> (PostgreSQLWatermark, position: String) {
    let result = try connection.query(
      """
      WITH RECURSIVE tables AS (
        SELECT to_regclass(name)::oid AS oid FROM unnest($1::text[]) AS name
        UNION SELECT inhrelid FROM pg_inherits JOIN tables ON inhparent = tables.oid)
      SELECT pg_current_snapshot()::text,
        CASE WHEN NOT EXISTS (SELECT 1 FROM tables LEFT JOIN pg_class USING (oid)
            WHERE coalesce(relkind, '-') NOT IN ('r', 'p')) THEN concat_ws('/',
          CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
            THEN (SELECT system_identifier FROM pg_control_system()) END,
          CASE WHEN has_function_privilege('pg_control_checkpoint()', 'EXECUTE')
            THEN (SELECT timeline_id FROM pg_control_checkpoint()) END,
          (SELECT oid FROM pg_database WHERE datname = current_database()),
          (SELECT string_agg(oid::text, '/' ORDER BY oid) FROM tables)) END,
        CASE WHEN pg_is_in_recovery() THEN '0/0' ELSE pg_current_wal_insert_lsn() END
      """, [plan.tables(of: source)])
    let watermark = PostgreSQLWatermark(
      serverSnapshot: result.text(0, 0) ?? "",
      identity: plan.isTable ? result.text(0, 1) ?? "" : "",
      fingerprint: source.fingerprint, schema: plan.schema)
    return (watermark, result.text(0, 2) ?? "0/0")
  }
}
