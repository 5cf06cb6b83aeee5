internal import Arguments
internal import Compression
internal import Features
internal import Files
internal import Ingestion
internal import JSON
internal import Subprocess
internal import Tabular
internal import Terminal
internal import Transactions

/// CSV import and the feature engine on the handbook's transactions, beside the handbook's own code and its published values.
struct FeatureBenchmark {
  let folder: String
  let repetitions: Int
  let peers: Peers?

  static let benchmark = Benchmark(
    CommandSyntax(
      "features", "CSV import and features on the handbook's transactions, beside its own code.",
      operands: [.init("FOLDER", "holds transactions.csv.gz and features-2018-07-25_26.csv.gz")],
      options: [.init("--repetitions", "N", "Runs whose median is taken.", default: "3")]
        + Peers.options),
    printing: { values in
      try FeatureBenchmark(
        folder: values.required("FOLDER"),
        repetitions: values.integer("--repetitions", in: 1...100) ?? 3, peers: Peers(values)
      ).run()
    })

  func run() throws -> String {
    let scratch = "/tmp/anomalyze-bench-\(Terminal.wallClockMicroseconds)"
    defer { try? FileSystem.removeTree(scratch) }
    let reader = CSVTransactionReader(path: "\(folder)/transactions.csv.gz")
    var table = ComparisonTable()
    var snapshot: Snapshot?
    let importing = try Timing.median(repetitions) {
      try FileSystem.removeTree(scratch)
      var writer = SnapshotWriter(root: scratch, source: "csv")
      try reader.forEachBatch { try writer.append($0) }
      snapshot = try writer.finish()
    }
    guard let snapshot else { preconditionFailure("the import ran") }
    let rowCount = Double(snapshot.manifest.rowCount)
    func line(_ what: String, _ seconds: Double, target: Double) {
      let rate = rowCount / seconds
      table.add(
        what, ComparisonTable.rate(rate), isMet: rate >= target,
        target: "≥ \(ComparisonTable.rate(target))")
    }
    line("import of CSV (gzip) to a snapshot", importing.processor, target: 400_000)

    var batches: [TransactionBatch] = []
    try snapshot.forEachBatch { batches.append($0) }
    var rates: [String: Double] = [:]
    for preset in FeatureSpecification.presetNames {
      let specification = try FeatureSpecification.preset(named: preset)
      let timing = try Timing.median(repetitions) {
        var engine = FeatureEngine(specification)
        for batch in batches { _ = try engine.process(batch) }
      }
      rates[preset] = rowCount / timing.processor
      line(
        "\(specification.names.count) features of the preset \(preset), 1 thread",
        timing.processor, target: 1_000_000)
    }
    let truth = try HandbookTruth(path: "\(folder)/features-2018-07-25_26.csv.gz")
      .compare(batches)
    table.add(
      "rows equal to the published features", "\(truth.equalCount) of \(truth.rowCount)",
      isMet: truth.equalCount == truth.rowCount && truth.rowCount > 0, target: "100 %")
    if let peer = try peerSeconds() {
      table.add(
        "the handbook's 15 features", rates["handbook"] ?? 0, beside: "its pandas code",
        rowCount / peer, atLeast: 30)
    }
    return "\(grouped(snapshot.manifest.rowCount)) transactions, by processor time of one thread\n"
      + table.text
  }

  private func peerSeconds() throws -> Double? {
    guard let peers else { return nil }
    let outcome = try Subprocess(
      path: peers.python,
      arguments: ["\(peers.folder)/card_features.py", "\(folder)/transactions.csv.gz"],
      environment: ["LC_ALL=C.UTF-8", "OMP_NUM_THREADS=1"], secondsAllowed: 3_600
    ).run()
    guard outcome.exitCode == 0 else {
      throw BenchmarkError.peersFailed(
        exitCode: outcome.exitCode, message: String(decoding: outcome.errorOutput, as: UTF8.self))
    }
    return try JSONValue(parsing: outcome.output)["processor_seconds"]?.doubleValue
  }
}

/// The handbook's published features of some of its transactions.
struct HandbookTruth {
  /// Its columns in the order of the preset `handbook`.
  private static let columns =
    ["tx_amount", "tx_during_weekend", "tx_during_night"]
    + ["nb_tx", "avg_amount"].flatMap { name in
      [1, 7, 30].map { "customer_id_\(name)_\($0)day_window" }
    }
    + ["nb_tx", "risk"].flatMap { name in [1, 7, 30].map { "terminal_id_\(name)_\($0)day_window" } }

  private var rows: [String: [Double]] = [:]

  init(path: String) throws {
    var reader = try GzipReader(path)
    var bytes: [UInt8] = []
    while case let part = try reader.read(upTo: 1 << 20), !part.isEmpty { bytes += part }
    let table = bytes.split(separator: UInt8(ascii: "\n")).map { line in
      line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    let positions = Self.columns.compactMap { table.first?.firstIndex(of: $0) }
    guard positions.count == Self.columns.count else {
      throw CSVError.malformed(path: path, line: 1, reason: "not the handbook's columns")
    }
    for row in table.dropFirst() { rows[row[0]] = positions.map { Double(row[$0]) ?? .nan } }
  }

  /// How many of the published rows the engine reproduces: counts exactly, means and risks to 1e-9.
  func compare(_ batches: [TransactionBatch]) throws -> (equalCount: Int, rowCount: Int) {
    var engine = FeatureEngine(try FeatureSpecification.preset(named: "handbook"))
    var equalCount = 0
    for batch in batches {
      let matrix = try engine.process(batch)
      for row in 0..<batch.count {
        guard let expected = rows[batch.ids[row]] else { continue }
        let isEqual = expected.indices.allSatisfy { column in
          let tolerance = Self.columns[column].contains("_nb_") ? 0 : 1e-9
          let value = expected[column]
          return abs(matrix[row, column] - value) <= tolerance * max(1, abs(value))
        }
        if isEqual { equalCount += 1 }
      }
    }
    return (equalCount, rows.count)
  }
}
