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
          try connection.execute("SET TRANSACTION SNAPSHOT '\(snapshot)'")
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

/// A state of a PostgreSQL database, held open while workers read its shards.
public struct PostgreSQLExport: ~Copyable {
  /// The name by which other connections join the state.
  public let snapshot: String
  /// Which transactions the state shows, for the lineage.
  public let visibility: String
  private let connection: PostgreSQLConnection
  private let shard: PostgreSQLShard
  private let pageCount: Int64

  /// Exports the present state of the database.
  ///
  /// - Throws: `IngestionError`
  public init(url: String, table: String, filter: String? = nil) throws {
    let opened = try Self.opened(url: url, table: table)
    (snapshot, visibility, pageCount) = (opened.snapshot, opened.visibility, opened.pageCount)
    connection = opened.connection
    shard = PostgreSQLShard(url: url, table: table, filter: filter, snapshot: snapshot)
  }

  private struct Opened: ~Copyable {
    let connection: PostgreSQLConnection
    let snapshot: String
    let visibility: String
    let pageCount: Int64
  }

  private static func opened(url: String, table: String) throws -> Opened {
    try rethrowing {
      let connection = try PostgreSQLConnection(url)
      try connection.execute("BEGIN \(PostgreSQLTransactionStore.readingMode)")
      let row = try connection.query(
        """
        SELECT pg_export_snapshot(), pg_current_snapshot()::text, CASE relkind WHEN 'r' THEN
          pg_relation_size(oid) / current_setting('block_size')::bigint ELSE 0 END
        FROM pg_class WHERE oid = $1::regclass
        """, [table])
      return Opened(
        connection: connection, snapshot: row.text(0, 0) ?? "", visibility: row.text(0, 1) ?? "",
        pageCount: row.integer(0, 2) ?? 0)
    }
  }

  /// The table cut into `count` ranges of pages; one shard where pages have no numbers, as in views and partitioned tables.
  public func shards(count: Int) -> [ShardDescriptor] {
    let count = max(1, min(Int64(count), pageCount))
    return (0..<count).map { index in
      var part = shard
      part.firstPage = pageCount * index / count
      part.endPage = index == count - 1 ? nil : pageCount * (index + 1) / count
      return ShardDescriptor(name: ShardDescriptor.name(Int(index)), place: .postgresql(part))
    }
  }
}

extension ShardDescriptor {
  /// The usual name of the shard number `index`, which sorts as the numbers do.
  public static func name(_ index: Int) -> String {
    let digits = String(index)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
