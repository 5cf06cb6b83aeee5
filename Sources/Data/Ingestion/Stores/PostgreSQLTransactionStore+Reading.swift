internal import PostgreSQL
public import Transactions

extension PostgreSQLTransactionStore {
  /// The columns that rows are made of, as the decoder shall give them.
  private static let requests: [PostgreSQLColumn.Request] = [
    .init("tx_id", .text), .init("occurred_at", .microseconds), .init("user_id", .dictionary),
    .init("amount", .millionths), .init("currency", .dictionary, isNullable: true),
    .init("merchant_id", .dictionary, isNullable: true),
    .init("merchant_category", .dictionary, isNullable: true),
    .init("terminal_id", .dictionary, isNullable: true),
    .init("device_id", .dictionary, isNullable: true),
    .init("channel", .dictionary, isNullable: true),
    .init("location", .dictionary, isNullable: true),
    .init("latitude", .double, isNullable: true), .init("longitude", .double, isNullable: true),
    .init("is_fraud", .flag, isNullable: true), .init("scenario", .dictionary, isNullable: true),
    .init("labelled_at", .microseconds, isNullable: true),
  ]

  /// Lends the selected rows with their labels, as one snapshot of the database.
  ///
  /// Rows are fetched on threads of their own while `body` works; at most a few batches are in memory. In canonical order they
  /// come over one connection, in any order over as many as the store was opened with, each reading ranges of the table's
  /// pages under one exported snapshot.
  public func forEachBatch(
    of selection: TransactionSelection, _ body: (TransactionBatch) throws -> Void
  ) throws {
    let query = PostgreSQLTransactionStore.query(for: selection)
    if selection.order == .canonical {
      let order = " ORDER BY t.occurred_at, octet_length(t.tx_id), t.tx_id COLLATE \"C\""
      return try fetch([query + order], snapshot: nil, selection, body)
    }
    guard connectionCount > 1 else { return try fetch([query], snapshot: nil, selection, body) }
    try rethrowing {
      try connection.inTransaction(PostgreSQLTransactionStore.readingMode) {
        try fetchInRanges(query, selection, body)
      }
    }
  }

  static let readingMode = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"

  /// Fetches the rows of a query over all connections, as the snapshot of the running transaction shows them.
  func fetchInRanges(
    _ query: String, _ selection: TransactionSelection, _ body: (TransactionBatch) throws -> Void
  ) throws {
    let snapshot = try connection.query("SELECT pg_export_snapshot()").text(0, 0)
    let separator = query.contains(" WHERE ") ? " AND " : " WHERE "
    let ranges = try pageRanges().map { query + ($0.isEmpty ? "" : separator + $0) }
    try fetch(ranges, snapshot: snapshot, selection, body)
  }

  static func query(for selection: TransactionSelection) -> String {
    let columns =
      TransactionColumns.names.map { "t.\($0)" }
      + TransactionColumns.labelNames.dropFirst().map { "l.\($0)" }
    var query =
      "SELECT \(columns.joined(separator: ", ")) FROM transactions AS t LEFT JOIN labels AS l ON l.tx_id = t.tx_id"
    if let range = selection.range {
      query +=
        " WHERE t.occurred_at >= \(literal(range.lowerBound)) AND t.occurred_at < \(literal(range.upperBound))"
    }
    return query
  }

  /// A moment as a constant; those before the year 1 or after 9999 are beyond any transaction.
  private static func literal(_ moment: Timestamp) -> String {
    let years = Timestamp(seconds: -62_135_596_800)..<Timestamp(seconds: 253_402_300_800)
    if moment < years.lowerBound { return "'-infinity'::timestamptz" }
    return years.contains(moment) ? "'\(moment)'::timestamptz" : "'infinity'::timestamptz"
  }

  /// Conditions that cut the table into ranges of pages, several for each connection, so that none waits for another. The last
  /// one is open: pages that are added later hold no row of the snapshot, but reading them costs nothing.
  private func pageRanges() throws -> [String] {
    let size = try connection.query(
      """
      SELECT pg_relation_size(oid) / current_setting('block_size')::bigint FROM pg_class
      WHERE oid = 'transactions'::regclass AND relkind = 'r'
      """)
    // Anything but a plain table, such as a partitioned one, has no page numbers of its own.
    let pageCount = size.rowCount == 1 ? size.integer(0, 0) ?? 0 : 0
    let rangeCount = Int64(connectionCount * 4)
    guard pageCount >= rangeCount * 16 else { return [""] }
    return (0..<rangeCount).map { index in
      let first = "t.ctid >= '(\(pageCount * index / rangeCount),0)'::tid"
      if index == rangeCount - 1 { return first }
      return first + " AND t.ctid < '(\(pageCount * (index + 1) / rangeCount),0)'::tid"
    }
  }

  /// Runs the queries on threads of their own, each thread with a connection, and hands their rows to `body` here.
  private func fetch(
    _ queries: [String], snapshot: String?, _ selection: TransactionSelection,
    _ body: (TransactionBatch) throws -> Void
  ) throws {
    let producerCount = min(connectionCount, queries.count)
    let (url, rowsPerBatch) = (url, selection.rowsPerBatch)
    let producers = (0..<producerCount).map { index in
      { @Sendable (channel: BatchChannel) throws in
        try rethrowing {
          let own = queries.indices.filter { $0 % producerCount == index }.map { queries[$0] }
          try PostgreSQLTransactionStore.produce(
            own, url: url, snapshot: snapshot, rowsPerBatch: rowsPerBatch, into: channel)
        }
      }
    }
    try BatchChannel.run(producers: producers, capacity: 2, body)
  }

  private static func produce(
    _ queries: [String], url: String, snapshot: String?, rowsPerBatch: Int,
    into channel: BatchChannel
  ) throws {
    let connection = try PostgreSQLConnection(url)
    try connection.inTransaction("ISOLATION LEVEL REPEATABLE READ, READ ONLY") {
      if let snapshot { try connection.execute("SET TRANSACTION SNAPSHOT '\(snapshot)'") }
      // Scans begin at the first page, so that the same table comes in the same order; the labels are joined in memory.
      try connection.execute(
        "SET LOCAL synchronize_seqscans = off; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
      for query in queries {
        try connection.copyOut(query, requests, rowsPerBatch: rowsPerBatch) { columns, rowCount in
          try channel.send(batch(of: columns))
        }
      }
    }
  }

  private static func batch(of columns: [PostgreSQLColumn]) -> TransactionBatch {
    func texts(_ index: Int) -> TextColumn {
      TextColumn(codes: columns[index].codes, dictionary: columns[index].dictionary)
    }
    var batch = TransactionBatch()
    batch.ids = columns[0].texts
    batch.times = columns[1].integers
    batch.users = texts(2)
    batch.amounts = columns[3].integers
    batch.currencies = texts(4)
    batch.merchants = texts(5)
    batch.merchantCategories = texts(6)
    batch.terminals = texts(7)
    batch.devices = texts(8)
    batch.channels = texts(9)
    batch.locations = texts(10)
    batch.latitudes = columns[11].doubles
    batch.longitudes = columns[12].doubles
    batch.labels = columns[13].integers.map { $0 == 0 ? 0 : 1 }
    for row in columns[13].nullRows { batch.labels[Int(row)] = -1 }
    batch.scenarios = texts(14)
    batch.labelTimes = columns[15].integers
    for row in columns[15].nullRows { batch.labelTimes[Int(row)] = .max }
    return batch
  }
}
