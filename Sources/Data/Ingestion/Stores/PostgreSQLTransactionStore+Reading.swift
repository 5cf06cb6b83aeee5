internal import PostgreSQL
internal import Synchronization
public import Transactions

extension PostgreSQLTransactionStore {
  /// The columns that rows are made of, as the decoder shall give them, those of labels last.
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
  /// Rows are fetched on threads of their own while `body` works; a few batches are in memory. In canonical order they
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
        return try fetch([query], snapshot: nil, nil, selection, body)
      }
      guard source.connectionCount > 1 else {
        return try fetch([plan.query(conditions)], snapshot: nil, nil, selection, body)
      }
      try connection.showingOneState(of: source.tables) {
        try fetchInRanges(plan, conditions, selection, body)
      }
    }
  }

  /// So many batches may wait to be taken: as rows keep coming while those of a part are sorted and written.
  private static let waitingBatchLimit = 6

  /// What follows `BEGIN`. One connection waits for another, or for rows to be written: the server must not take it for forgotten.
  static let readingMode = """
    ISOLATION LEVEL REPEATABLE READ, READ ONLY;
    SET LOCAL idle_in_transaction_session_timeout = 0
    """

  /// Fetches the rows of a plan over all connections, as the snapshot of the running transaction shows them.
  ///
  /// Without conditions, which may be about labels, few labels are fetched by themselves and added here.
  func fetchInRanges(
    _ plan: PostgreSQLFetchPlan, _ conditions: [String], _ selection: TransactionSelection,
    _ body: (TransactionBatch) throws -> Void
  ) throws {
    let snapshot = try connection.query("SELECT pg_export_snapshot()").text(0, 0)
    let labels = conditions.isEmpty ? try labels(plan, snapshot) : nil
    let ranges =
      plan.isTable && source.connectionCount > 1
      ? try pageRanges(joinsLabels: labels == nil) : []
    let queries = (ranges.isEmpty ? [[]] : ranges.map { [$0] }).map { range in
      labels == nil
        ? plan.query(conditions + range) : plan.queryWithoutLabels(conditions + range)
    }
    try fetch(queries, snapshot: snapshot, labels, selection, body)
  }

  /// The labels, when there are few and their transactions are known by what identifies them here too.
  private func labels(
    _ plan: PostgreSQLFetchPlan, _ snapshot: String?
  ) throws -> PostgreSQLLabels? {
    guard let query = plan.labelQuery else { return nil }
    let id = try connection.describe(plan.queryWithoutLabels()).first { $0.name == "tx_id" }
    guard let id, id.isTextAsCast else { return nil }
    do {
      return try Self.reading(url, source, snapshot: snapshot) { connection in
        try PostgreSQLLabels(query, connection, specialValues: source.specialValues)
      }
    } catch let error as PostgreSQLError where error.kind == .malformedValue {
      // It may be of a transaction that is not selected: the join knows.
      return nil
    }
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
  /// Ranges are short, so that rows arrive almost in the order of the table, which is mostly that of time; each may join the labels
  /// anew, so there are fewer when the labels are many. The last one is open: pages that are added later hold no row of the
  /// snapshot, but reading them costs nothing.
  private func pageRanges(joinsLabels: Bool) throws -> [String] {
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
    let isCheap = !joinsLabels || (labelCount >= 0 && labelCount < 200_000)
    let rangeCount = isCheap ? max(fewest, pageCount / 1_024) : fewest
    return (0..<rangeCount).map { index in
      let first = "q.row_place >= '(\(pageCount * index / rangeCount),0)'::tid"
      if index == rangeCount - 1 { return first }
      return first + " AND q.row_place < '(\(pageCount * (index + 1) / rangeCount),0)'::tid"
    }
  }

  /// Runs the queries on threads of their own, each thread with a connection, and hands their rows to `body` here.
  ///
  /// - Parameter labels: what the rows of the queries get, which have no labels then.
  private func fetch(
    _ queries: [String], snapshot: String?, _ labels: PostgreSQLLabels?,
    _ selection: TransactionSelection, _ body: (TransactionBatch) throws -> Void
  ) throws {
    let (url, source, rowsPerBatch) = (url, source, selection.rowsPerBatch)
    let queue = QueryQueue(queries)
    let producer = { @Sendable (channel: BatchChannel) throws in
      try rethrowing {
        try Self.reading(url, source, snapshot: snapshot) { connection in
          try Self.produce(
            queue, connection, source.specialValues, labels, rowsPerBatch: rowsPerBatch,
            into: channel)
        }
      }
    }
    let producers = Array(repeating: producer, count: min(source.connectionCount, queries.count))
    try BatchChannel.run(producers: producers, capacity: Self.waitingBatchLimit, body)
  }

  /// Runs `body` with a connection of its own, in a transaction that sees what `snapshot` shows.
  private static func reading<Result>(
    _ url: String, _ source: PostgreSQLSource, snapshot: String?,
    _ body: (borrowing PostgreSQLConnection) throws -> Result
  ) throws -> Result {
    let connection = try PostgreSQLConnection(url)
    return try connection.inTransaction(readingMode) {
      if let snapshot { try connection.join(snapshot) }
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
      return try body(connection)
    }
  }

  private static func produce(
    _ queries: QueryQueue, _ connection: borrowing PostgreSQLConnection,
    _ specialValues: PostgreSQLSpecialValues, _ labels: PostgreSQLLabels?, rowsPerBatch: Int,
    into channel: BatchChannel
  ) throws {
    var dictionaries = PostgreSQLDictionaries()
    var families = TextFamilies()
    let requests = labels == nil ? requests : Array(requests.prefix(TransactionColumns.names.count))
    while let query = queries.take() {
      try connection.copyOut(
        query, requests, specialValues: specialValues, rowsPerBatch: rowsPerBatch,
        keeping: &dictionaries
      ) { columns, _ in
        var batch = batch(of: columns, &families)
        labels?.add(to: &batch)
        try channel.send(batch)
      }
    }
  }

  /// Rows of columns in the order of `requests`; without the last ones they have no labels.
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
    guard columns.count > 13 else { return batch }
    batch.labels = columns[13].flags
    batch.scenarios = texts(14)
    batch.labelTimes = columns[15].moments
    return batch
  }
}

extension PostgreSQLSource {
  fileprivate var specialValues: PostgreSQLSpecialValues {
    readsSpecialValuesAsMissing ? .asNull : .refuse
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
