internal import Arguments
internal import Files
internal import Ingestion
internal import JSON
internal import PostgreSQL
internal import Subprocess
internal import Tabular
internal import Terminal
internal import Transactions

/// Pulls from PostgreSQL to a finished snapshot beside psql's `\copy` to nowhere, and beside what people use in Python.
struct PullBenchmark {
  let url: String
  let rowCount: Int
  let pandasRowCount: Int
  let repetitions: Int
  let peers: Peers?

  static let benchmark = Benchmark(
    CommandSyntax(
      "pull", "Pull transactions from PostgreSQL beside psql, connectorx, ADBC, polars and pandas.",
      operands: [
        .init("URL", "an empty database, or the one of an earlier run; its tables are filled")
      ],
      options: [
        .init("--rows", "N", "Rows of the table.", default: "10000000"),
        .init("--pandas-rows", "N", "Rows that pandas gets.", default: "1000000"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "3"),
      ] + Peers.options),
    printing: { values in
      try PullBenchmark(
        url: values.required("URL"),
        rowCount: values.integer("--rows", in: 1_000...1_000_000_000) ?? 10_000_000,
        pandasRowCount: values.integer("--pandas-rows", in: 1_000...1_000_000_000) ?? 1_000_000,
        repetitions: values.integer("--repetitions", in: 1...100) ?? 3, peers: Peers(values)
      ).run()
    })

  private static let columns =
    "tx_id, occurred_at, user_id, amount, currency, merchant_id, merchant_category, terminal_id, "
    + "device_id, channel, location, latitude, longitude"

  func run() throws -> String {
    try PullBenchmarkTable(url: url, rowCount: rowCount).fill()
    var copies: [Double] = []
    var pulls: [[Double]] = [[], []]
    var decodes: [[Double]] = [[], []]
    var peak = 0
    for _ in 0..<repetitions {
      copies.append(try seconds { try copyToNowhere() })
      for connections in 1...2 {
        pulls[connections - 1].append(try seconds { try pull(connections) })
        if peak == 0 || connections == 2 { peak = max(peak, try residentPeak()) }
      }
      for connections in 1...2 {
        decodes[connections - 1].append(try seconds { try decodeSixColumns(connections) })
      }
    }
    let copy = rate(copies)
    let ours = pulls.map(rate)
    let six = decodes.map(rate)
    var table = ComparisonTable()
    table.add(
      "snapshot, 1 connection", ours[0], beside: "psql \\copy binary", copy, atLeast: 1 / 1.3)
    table.add("snapshot, 2 connections", ours[1], beside: "psql \\copy binary", copy, atLeast: 1)
    let targets = ["connectorx": 2.0, "adbc": 2, "polars": 3, "pandas": 10]
    for (name, value) in try peerFigures().members {
      guard let theirs = value.doubleValue, let target = targets[name] else { continue }
      table.add("snapshot, 2 connections", ours[1], beside: name, theirs, atLeast: target)
    }
    for (connections, wanted) in [(1, 1.5e6), (2, 2.2e6)] {
      let figure = six[connections - 1]
      table.add(
        "six columns, \(connections) connection\(connections == 1 ? "" : "s")",
        ComparisonTable.rate(figure), isMet: figure >= wanted,
        target: "≥ \(ComparisonTable.rate(wanted))")
    }
    table.add(
      "resident memory of all that", "\(peak / 1_024) MB", isMet: peak <= 400 * 1_024,
      target: "≤ 400 MB")
    return "\(grouped(rowCount)) rows × 13 columns\n" + table.text
  }

  private func rate(_ seconds: [Double]) -> Double {
    Double(rowCount) / seconds.sorted()[seconds.count / 2]
  }

  private func seconds(_ work: () throws -> Void) rethrows -> Double {
    let start = Terminal.monotonicSeconds
    try work()
    return Terminal.monotonicSeconds - start
  }

  // MARK: What is measured

  private func copyToNowhere() throws {
    let query = "\\copy (SELECT \(Self.columns) FROM transactions) to /dev/null with binary"
    let outcome = try Subprocess(
      path: Subprocess.locate("psql"), arguments: [url, "-q", "-c", query], secondsAllowed: 3_600
    ).run()
    guard outcome.exitCode == 0 else {
      throw BenchmarkError.peersFailed(
        exitCode: outcome.exitCode, message: String(decoding: outcome.errorOutput, as: UTF8.self))
    }
  }

  private func pull(_ connections: Int) throws {
    let folder = "/tmp/anomalyze-bench-\(Terminal.wallClockMicroseconds)"
    defer { try? FileSystem.removeTree(folder) }
    var source = PostgreSQLSource()
    source.connectionCount = connections
    let outcome = try PostgreSQLPull(url: url, snapshotsFolder: folder, selection: source)
      .run(isFull: true)
    precondition(outcome.snapshot.manifest.rowCount == rowCount, "every row is in the snapshot")
  }

  private func decodeSixColumns(_ connections: Int) throws {
    let pages = try PostgreSQLConnection(url).query(
      "SELECT pg_relation_size('transactions') / current_setting('block_size')::bigint"
    ).integer(0, 0)
    let pageCount = Int(pages ?? 0) + 1
    let counts = try BlockParallel.map(
      count: pageCount, blockSize: (pageCount + connections - 1) / connections,
      threadCount: connections
    ) { range throws -> Int in
      var count = 0
      try PostgreSQLConnection(url).copyOut(
        """
        SELECT occurred_at, user_id, amount, merchant_id, terminal_id, channel FROM transactions
        WHERE ctid >= '(\(range.lowerBound),0)'::tid AND ctid < '(\(range.upperBound),0)'::tid
        """,
        [
          .init("occurred_at", .microseconds), .init("user_id", .dictionary),
          .init("amount", .millionths), .init("merchant_id", .dictionary),
          .init("terminal_id", .dictionary), .init("channel", .dictionary),
        ], rowsPerBatch: TransactionSelection.defaultRowsPerBatch
      ) { _, rows in count += rows }
      return count
    }
    precondition(counts.reduce(0, +) == rowCount, "every row is decoded")
  }

  /// The most memory that the process ever had, in kilobytes.
  private func residentPeak() throws -> Int {
    let lines = try FileSystem.readText("/proc/self/status").split(separator: "\n")
    let line = lines.first { $0.hasPrefix("VmHWM:") } ?? ""
    return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }

  private func peerFigures() throws -> JSONObject {
    guard let peers else { return [:] }
    let outcome = try Subprocess(
      path: peers.python,
      arguments: ["\(peers.folder)/pull.py", url, String(rowCount), String(pandasRowCount)],
      secondsAllowed: 3_600
    ).run()
    guard outcome.exitCode == 0 else {
      throw BenchmarkError.peersFailed(
        exitCode: outcome.exitCode, message: String(decoding: outcome.errorOutput, as: UTF8.self))
    }
    return try JSONValue(parsing: outcome.output).objectValue ?? [:]
  }
}

/// The table that is pulled: fixed rows by arithmetic, one in two hundred known as fraud.
struct PullBenchmarkTable {
  let url: String
  let rowCount: Int

  /// Fills the database unless an earlier run has.
  func fill() throws {
    let store = try PostgreSQLTransactionStore(url: url)
    try store.migrate(at: Timestamp(seconds: 0))
    guard try store.counts().transactions != rowCount else { return }
    try PostgreSQLConnection(url).execute(
      """
      TRUNCATE transactions, labels;
      INSERT INTO transactions SELECT 'tx-' || lpad(i::text, 9, '0'),
        timestamptz '2025-01-01Z' + i * interval '0.7 seconds', 'user-' || (i * 48271 % 50021),
        ((i * 16807 % 99991) + 1) * 0.01, CASE WHEN i % 9 = 0 THEN 'USD' ELSE 'EUR' END,
        'merchant-' || (i * 69621 % 5003), 'category-' || (i * 39373 % 23),
        'terminal-' || (i * 40692 % 10007), 'device-' || (i * 48271 % 80021),
        CASE i % 3 WHEN 0 THEN 'online' WHEN 1 THEN 'atm' ELSE 'card_present' END,
        'city-' || (i * 62089 % 53), 45 + (i % 977) * 0.01, 5 + (i % 1493) * 0.01
      FROM generate_series(1::bigint, \(rowCount)) AS i;
      INSERT INTO labels SELECT 'tx-' || lpad(i::text, 9, '0'), true, 'stolen',
        timestamptz '2025-01-06Z' + i * interval '0.7 seconds'
      FROM generate_series(100::bigint, \(rowCount), 200) AS i;
      ANALYZE transactions, labels;
      """)
    try PostgreSQLConnection(url).execute("CHECKPOINT")
  }
}
