internal import Arguments
internal import Files
internal import Ingestion
internal import JSON
internal import Terminal
internal import Transactions

extension LabCommand {
  /// The store of transactions: its tables, generated and imported rows.
  static let storeCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "db init", "Create or upgrade the tables of the store.", options: [.config, .source],
        examples: [
          "anomalyze db init", "anomalyze db init --source postgresql://localhost/payments",
        ]),
      LabCommand.initializeStore),
    LabEntry(
      CommandSyntax(
        "generate", "Generate labelled card transactions into the store or a CSV file.",
        options: [
          .config, .source,
          .init(
            "--csv", "FILE", "Write a CSV file (gzip when it ends in .gz) instead of the store."),
          .init("--users", "N", "Number of users.", default: "2000"),
          .init("--days", "N", "Number of days.", default: "120"),
          .init("--seed", "N", "Seed; equal seeds give equal rows.", default: "7"),
          .init("--start", "DATE", "First day, UTC.", default: "2026-01-01"),
          .init("--difficulty", "X", "0: fraud stands out … 1: fraud hides.", default: "0.5"),
          .init(
            "--drift", "X",
            "0: nothing changes … 1: prices, habits and fraud change within a year.",
            default: "0"),
          .json,
        ],
        examples: ["anomalyze generate --users 2000 --days 120 --seed 7"]),
      LabCommand.generate),
    LabEntry(
      CommandSyntax(
        "import", "Import transactions from a CSV file, plain or gzip, into the store.",
        operands: [.init("FILE", "CSV file with a header line")],
        options: [
          .config, .source,
          .init("--map", "FIELD=COLUMN,…", "Which column holds which field.", default: "by name"),
          .init(
            "--label-delay", "SPAN", "How long after a transaction its label became known.",
            default: "7d"), .json,
        ],
        examples: [
          "anomalyze import transactions.csv.gz --map time=tx_datetime,user_id=customer_id --label-delay 7d"
        ]),
      LabCommand.importFile),
  ]

  func initializeStore() throws {
    let location = try source()
    let store = try openStore(location)
    let counts = try store.counts()
    Terminal.print(
      "\(location) is ready: \(grouped(counts.transactions)) transactions, "
        + "\(grouped(counts.labels)) labels\n")
  }

  func generate() throws {
    let start = try values.value("--start", "a date such as 2026-01-01") { Timestamp(parsing: $0) }
    let settings = try GeneratorSettings(
      userCount: values.integer("--users", in: 1...GeneratorSettings.largestUserCount) ?? 2_000,
      dayCount: values.integer("--days", in: 1...GeneratorSettings.largestDayCount) ?? 120,
      seed: UInt64(values.integer("--seed") ?? 7), start: start ?? GeneratorSettings.defaultStart,
      difficulty: values.number("--difficulty", in: 0...1) ?? 0.5,
      drift: values.number("--drift", in: 0...1) ?? 0)
    var counter = RowCounter("generated")
    let target: String
    if let path = values.text("--csv") {
      var writer = try CSVTransactionWriter(path: path)
      try TransactionGenerator(settings).forEachBatch(threadCount: Terminal.processorCount) {
        try writer.write($0)
        counter.count($0)
      }
      try writer.finish()
      target = path
    } else {
      let location = try source()
      let store = try openStore(location)
      try TransactionGenerator(settings).forEachBatch(threadCount: Terminal.processorCount) {
        try store.insert($0)
        counter.count($0)
      }
      target = location.description
    }
    counter.finish()
    show(counter.document(target: target), "\(counter.summary) into \(target)\n")
  }

  func importFile() throws {
    let reader = CSVTransactionReader(
      path: values.required("FILE"), mapping: try mapping(), labelDelay: try labelDelay())
    let location = try source()
    var counter = RowCounter("imported")
    // Every row is read once before the first is stored: a file with a wrong row in the middle changes nothing.
    var checked = 0
    var progress = ProgressLine("checked")
    try reader.forEachBatch { batch in
      checked += batch.count
      progress.update(checked)
    }
    progress.finish()
    let store = try openStore(location)
    try reader.forEachBatch { batch in
      try store.insert(batch)
      counter.count(batch)
    }
    counter.finish()
    show(
      counter.document(target: location.description), "\(counter.summary) into \(location)\n")
  }

  /// The store, with its tables; the folder of a SQLite file is made when it is missing.
  func openStore(_ location: SourceLocation) throws -> DatabaseStore {
    if case .sqlite(let path) = location {
      try FileSystem.createDirectory(FileSystem.parentDirectory(of: path))
    }
    let store = try DatabaseStore(opening: location)
    try store.migrate(at: now)
    return store
  }
}

/// Counts rows that pass by, with a line of progress on a terminal.
private struct RowCounter {
  private let verb: String
  private var rows = 0
  private var frauds = 0
  private var progress: ProgressLine
  private let started = Terminal.monotonicSeconds

  init(_ verb: String) {
    self.verb = verb
    progress = ProgressLine(verb)
  }

  mutating func count(_ batch: TransactionBatch) {
    rows += batch.count
    frauds += batch.labels.count { $0 == 1 }
    progress.update(rows)
  }

  func finish() { progress.finish() }

  var summary: String {
    let seconds = Terminal.monotonicSeconds - started
    return "\(verb) \(grouped(rows)) transactions, \(grouped(frauds)) of them fraud, in "
      + "\((seconds * 10).rounded() / 10) s"
  }

  func document(target: String) -> JSONValue {
    [
      "transactions": .integer(Int64(rows)), "frauds": .integer(Int64(frauds)),
      "target": .string(target),
    ]
  }
}
