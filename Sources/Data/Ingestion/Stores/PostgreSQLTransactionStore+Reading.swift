internal import PostgreSQL
internal import Synchronization
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
    try rethrowing {
      let plan = try PostgreSQLFetchPlan(source, connection)
      let conditions = PostgreSQLTransactionStore.conditions(of: selection)
      if selection.order == .canonical {
        let query = plan.query(conditions, order: PostgreSQLFetchPlan.canonicalOrder)
        return try fetch([query], snapshot: nil, selection, body)
      }
      guard source.connectionCount > 1 else {
        return try fetch([plan.query(conditions)], snapshot: nil, selection, body)
      }
      try connection.inTransaction(PostgreSQLTransactionStore.readingMode) {
        try fetchInRanges(plan, conditions, selection, body)
      }
    }
  }

  static let readingMode = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"

  /// Fetches the rows of a plan over all connections, as the snapshot of the running transaction shows them.
  func fetchInRanges(
    _ plan: PostgreSQLFetchPlan, _ conditions: [String], _ selection: TransactionSelection,
    _ body: (TransactionBatch) throws -> Void
  ) throws {
    let snapshot = try connection.query("SELECT pg_export_snapshot()").text(0, 0)
    let ranges = plan.isTable && source.connectionCount > 1 ? try pageRanges() : []
    let queries =
      ranges.isEmpty ? [plan.query(conditions)] : ranges.map { plan.query(conditions + [$0]) }
    try fetch(queries, snapshot: snapshot, selection, body)
  }

  private static func conditions(of selection: TransactionSelection) -> [String] {
    guard let range = selection.range else { return [] }
    return [
      "q.occurred_at >= \(literal(range.lowerBound)) AND q.occurred_at < \(literal(range.upperBound))"
    ]
  }

  /// A moment as a constant; those before the year 1 or after 9999 are beyond any transaction.
  private static func literal(_ moment: Timestamp) -> String {
    let years = Timestamp(seconds: -62_135_596_800)..<Timestamp(seconds: 253_402_300_800)
    if moment < years.lowerBound { return "'-infinity'::timestamptz" }
    return years.contains(moment) ? "'\(moment)'::timestamptz" : "'infinity'::timestamptz"
  }

  /// Conditions that cut the table into ranges of pages, for each connection to take the next when it is done with one.
  ///
  /// Ranges are short, so that rows arrive almost in the order of the table, which is mostly that of time; each joins the labels
  /// anew, so there are fewer when the labels are many. The last one is open: pages that are added later hold no row of the
  /// snapshot, but reading them costs nothing.
  private func pageRanges() throws -> [String] {
    let size = try connection.query(
      """
      SELECT pg_relation_size(oid) / current_setting('block_size')::bigint,
        (SELECT reltuples FROM pg_class WHERE oid = to_regclass($2))
      FROM pg_class WHERE oid = $1::regclass AND relkind = 'r'
      """, [source.table, source.labels])
    // Anything but a plain table, such as a partitioned one, has no page numbers of its own.
    let pageCount = size.rowCount == 1 ? size.integer(0, 0) ?? 0 : 0
    let labelCount = size.rowCount == 1 ? size.text(0, 1).flatMap { Double($0) } ?? 0 : 0
    let fewest = Int64(source.connectionCount * 4)
    guard pageCount >= fewest * 16 else { return [] }
    // Statistics may be missing (−1): then nothing is known about the labels.
    let hasFewLabels = labelCount >= 0 && labelCount < 200_000
    let rangeCount = hasFewLabels ? max(fewest, pageCount / 1_024) : fewest
    return (0..<rangeCount).map { index in
      let first = "q.row_place >= '(\(pageCount * index / rangeCount),0)'::tid"
      if index == rangeCount - 1 { return first }
      return first + " AND q.row_place < '(\(pageCount * (index + 1) / rangeCount),0)'::tid"
    }
  }

  /// Runs the queries on threads of their own, each thread with a connection, and hands their rows to `body` here.
  private func fetch(
    _ queries: [String], snapshot: String?, _ selection: TransactionSelection,
    _ body: (TransactionBatch) throws -> Void
  ) throws {
    let (url, source, rowsPerBatch) = (url, source, selection.rowsPerBatch)
    let queue = QueryQueue(queries)
    let producer = { @Sendable (channel: BatchChannel) throws in
      try rethrowing {
        try PostgreSQLTransactionStore.produce(
          queue, url: url, source, snapshot: snapshot, rowsPerBatch: rowsPerBatch, into: channel)
      }
    }
    let producers = Array(repeating: producer, count: min(source.connectionCount, queries.count))
    try BatchChannel.run(producers: producers, capacity: 2, body)
  }

  private static func produce(
    _ queries: QueryQueue, url: String, _ source: PostgreSQLSource, snapshot: String?,
    rowsPerBatch: Int, into channel: BatchChannel
  ) throws {
    let connection = try PostgreSQLConnection(url)
    try connection.inTransaction("ISOLATION LEVEL REPEATABLE READ, READ ONLY") {
      if let snapshot { try connection.execute("SET TRANSACTION SNAPSHOT '\(snapshot)'") }
      // Scans begin at the first page, so that the same table comes in the same order; the labels are joined in memory.
      // A timestamp without zone is read as UTC, also where an expression makes one with a zone of it.
      try connection.execute(
        """
        SET LOCAL synchronize_seqscans = off; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off;
        SET LOCAL timezone = 'UTC'
        """)
      if let timeout = source.statementTimeout {
        try connection.execute(
          "SET LOCAL statement_timeout = \(max(1, timeout.microseconds / 1_000))")
      }
      var dictionaries = PostgreSQLDictionaries()
      var families = TextFamilies()
      while let query = queries.take() {
        try connection.copyOut(
          query, requests,
          specialValues: source.readsSpecialValuesAsMissing ? .asNull : .refuse,
          rowsPerBatch: rowsPerBatch, keeping: &dictionaries
        ) { columns, _ in
          try channel.send(batch(of: columns, &families))
        }
      }
    }
  }

  private static func batch(
    of columns: [PostgreSQLColumn], _ families: inout TextFamilies
  ) -> TransactionBatch {
    func texts(_ index: Int) -> TextColumn {
      TextColumn(
        codes: columns[index].codes, dictionary: columns[index].dictionary,
        lineage: families.lineage(of: index, generation: columns[index].generation))
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

/// The families that the texts of one connection's columns belong to, a new one each generation.
private struct TextFamilies {
  private var current: [Int: (generation: Int, lineage: TextLineage)] = [:]

  mutating func lineage(of column: Int, generation: Int) -> TextLineage {
    if let known = current[column], known.generation == generation { return known.lineage }
    let lineage = TextLineage()
    current[column] = (generation, lineage)
    return lineage
  }
}

/// Statements that several connections take from, each the next that nobody has.
private final class QueryQueue: Sendable {
  private let queries: [String]
  private let next = Atomic(0)

  init(_ queries: [String]) { self.queries = queries }

  func take() -> String? {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < queries.count ? queries[index] : nil
  }
}
