internal import Arguments
internal import Evaluation
internal import Files
internal import JSON
internal import Models
internal import Subprocess
internal import Tabular
internal import Terminal
internal import Training

/// Detection quality of the forest's settings on labelled tables, beside scikit-learn and isotree on the same files.
struct QualityBenchmark {
  /// Gzipped CSV files, as `LabelledTable` reads them.
  let folder: String
  let seedCount: Int
  let peers: Peers?

  static let benchmark = Benchmark(
    CommandSyntax(
      "quality", "Isolation Forest: AUROC and average precision on labelled tables.",
      operands: [
        .init("FOLDER", "Gzipped CSV files whose last column, label, is 1 for an anomaly.")
      ],
      options: [.init("--seeds", "N", "Seeds whose mean is taken.", default: "5")] + Peers.options)
  ) { values in
    try QualityBenchmark(
      folder: values.required("FOLDER"), seedCount: values.integer("--seeds", in: 1...100) ?? 5,
      peers: Peers(values)
    ).run()
  }

  /// Means over the seeds for each file, and over the files for each method, as one JSON document.
  func run() throws -> JSONValue {
    let files = try FileSystem.contents(ofDirectory: folder).filter { $0.hasSuffix(".csv.gz") }
    var rows: [JSONValue] = []
    for file in files {
      let name = String(file.dropLast(7))
      let table = try LabelledTable(contentsOf: "\(folder)/\(file)", name: name)
      for method in ["plain", "extended", "fair_cut"] {
        rows.append(try measure(method, on: table))
      }
    }
    if let peers {
      let process = Subprocess(
        path: peers.python,
        arguments: ["\(peers.folder)/detection_quality.py", folder, String(seedCount)],
        secondsAllowed: 3600)
      let outcome = try process.run()
      guard outcome.exitCode == 0 else {
        throw BenchmarkError.peersFailed(
          exitCode: outcome.exitCode,
          message: String(decoding: outcome.errorOutput, as: UTF8.self))
      }
      for line in outcome.output.split(separator: UInt8(ascii: "\n")) {
        rows.append(try JSONValue(parsing: Array(line)))
      }
    }
    return .object([
      "benchmark": "isolation_forest_quality",
      "seeds": .integer(Int64(seedCount)),
      "files": .integer(Int64(files.count)),
      "means": .array(means(rows)),
      "rows": .array(rows),
    ])
  }

  private func parameters(
    _ method: String, seed: UInt64
  ) throws -> IsolationForestParameters {
    switch method {
    case "extended":
      try IsolationForestParameters(splitRule: .extended(dimensions: 2), seed: seed)
    case "fair_cut": try .fairCut(seed: seed)
    default: try IsolationForestParameters(seed: seed)
    }
  }

  private func measure(_ method: String, on table: LabelledTable) throws -> JSONValue {
    var area = 0.0
    var precision = 0.0
    let names = (0..<table.matrix.columnCount).map { "x\($0)" }
    for seed in 0..<seedCount {
      let forest = try IsolationForestLearner(
        parameters: parameters(method, seed: UInt64(seed))
      ).fit(table.matrix, featureNames: names, threadCount: Terminal.processorCount)
      let scores = try forest.scores(of: table.matrix, threadCount: Terminal.processorCount)
      area += try RankingMetrics.areaUnderROC(scores: scores, labels: table.labels).value ?? 0
      precision +=
        try RankingMetrics.averagePrecision(scores: scores, labels: table.labels).value ?? 0
    }
    return .object([
      "file": .string(table.name),
      "method": .string("anomalyze \(method)"),
      "auroc": .number(area / Double(seedCount)),
      "ap": .number(precision / Double(seedCount)),
    ])
  }

  private func means(_ rows: [JSONValue]) -> [JSONValue] {
    var methods: [String] = []
    for row in rows {
      if let method = row["method"]?.stringValue, !methods.contains(method) {
        methods.append(method)
      }
    }
    return methods.map { method in
      let own = rows.filter { $0["method"]?.stringValue == method }
      func mean(_ key: String) -> Double {
        own.reduce(0) { $0 + ($1[key]?.doubleValue ?? 0) } / Double(own.count)
      }
      return .object([
        "method": .string(method), "auroc": .number(mean("auroc")), "ap": .number(mean("ap")),
      ])
    }
  }
}
