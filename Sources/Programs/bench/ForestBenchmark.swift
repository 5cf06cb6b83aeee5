internal import Arguments
internal import Files
internal import JSON
internal import Models
internal import Subprocess
internal import Tabular
internal import Terminal
internal import Training

/// Isolation Forest: fit, threshold and scoring times beside the peers', on the same table in the same run.
struct ForestBenchmark {
  let rowCount: Int
  let columnCount: Int
  let split: Split
  let repetitions: Int
  let seed: UInt64
  /// The Python that has the peers installed, and the folder of their scripts.
  let peers: Peers?

  /// Which forest is measured.
  enum Split {
    case axis
    case extended(dimensions: Int)
    case fairCut

    /// What the peers' script is told.
    var argument: String {
      switch self {
      case .axis: "axis"
      case .extended(let dimensions): "extended-\(dimensions)"
      case .fairCut: "fair-cut"
      }
    }
  }

  private func parameters(
    contamination: IsolationForestParameters.Contamination
  ) throws -> IsolationForestParameters {
    switch split {
    case .axis: try IsolationForestParameters(contamination: contamination, seed: seed)
    case .extended(let dimensions):
      try IsolationForestParameters(
        contamination: contamination, splitRule: .extended(dimensions: dimensions), seed: seed)
    case .fairCut: try .fairCut(contamination: contamination, seed: seed)
    }
  }

  static let benchmark = Benchmark(
    CommandSyntax(
      "forest", "Isolation Forest: fit, threshold, scores and single rows beside the peers.",
      options: [
        .init("--rows", "N", "Rows of the table.", default: "1000000"),
        .init("--columns", "N", "Columns of the table.", default: "30"),
        .init("--split", "RULE", "axis, extended or fair-cut.", default: "axis"),
        .init("--ndim", "N", "Features that an extended split combines.", default: "2"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "5"),
        .init("--seed", "N", "Seed of the table and the forest.", default: "1"),
      ] + Peers.options)
  ) { values in
    let dimensions = try values.integer("--ndim", in: 1...1000) ?? 2
    let split: Split? = try values.value("--split", "axis, extended or fair-cut") {
      switch $0 {
      case "axis": .axis
      case "extended": .extended(dimensions: dimensions)
      case "fair-cut": .fairCut
      default: nil
      }
    }
    return try ForestBenchmark(
      rowCount: values.integer("--rows", in: 1000...100_000_000) ?? 1_000_000,
      columnCount: values.integer("--columns", in: 1...10_000) ?? 30,
      split: split ?? .axis,
      repetitions: values.integer("--repetitions", in: 1...1000) ?? 5,
      seed: UInt64(values.integer("--seed") ?? 1), peers: Peers(values)
    ).run()
  }

  /// Times, ratios and the agreement of the models, as one JSON document.
  func run() throws -> JSONValue {
    let data = BenchmarkData.clusters(
      rowCount: rowCount, columnCount: columnCount, seed: seed,
      threadCount: Terminal.processorCount)
    var report: JSONObject = [
      "benchmark": "isolation_forest",
      "rows": .integer(Int64(rowCount)),
      "columns": .integer(Int64(columnCount)),
      "split": .string(split.argument),
      "seed": .integer(Int64(seed)),
    ]
    var ours: [JSONValue] = []
    for threads in Set([1, min(2, Terminal.processorCount)]).sorted() {
      ours.append(try measure(data, threads: threads))
    }
    report["anomalyze"] = .array(ours)
    if let peers {
      let answers = try runPeers(peers, data)
      report["peers"] = .array(answers)
      report["ratios"] = .array(ratios(ours: ours, peers: answers))
    }
    return .object(report)
  }

  private func measure(_ data: Matrix<Float>, threads: Int) throws -> JSONValue {
    let names = (0..<columnCount).map { "f\($0)" }
    let learner = IsolationForestLearner(parameters: try parameters(contamination: .automatic))
    // Fits take milliseconds: more of them cost nothing and give a steadier median.
    let fit = try Timing.median(repetitions * 20) {
      _ = try learner.fit(data, featureNames: names, threadCount: threads)
    }
    let forest = try learner.fit(data, featureNames: names, threadCount: threads)
    let score = try Timing.median(repetitions) {
      _ = try forest.scores(of: data, threadCount: threads)
    }
    let thresholdLearner = IsolationForestLearner(
      parameters: try parameters(contamination: .share(0.01)))
    let fitWithThreshold = try Timing.median(repetitions) {
      _ = try thresholdLearner.fit(data, featureNames: names, threadCount: threads)
    }
    let rows = (0..<256).map { data.row($0 * (rowCount / 256)).map { Double($0) } }
    let oneRow = try Timing.median(repetitions * 20) {
      for row in rows { _ = try forest.score(of: row) }
    }
    let artifact = SafetensorsArchive(metadata: [:], tensors: forest.encoded().tensors).encoded()
    var row: JSONObject = ["threads": .integer(Int64(threads))]
    for (name, timing, scale) in [
      ("fit", fit, 1), ("score", score, 1), ("fit_with_threshold", fitWithThreshold, 1),
      ("one_row", oneRow, 1.0 / 256),
    ] {
      row["\(name)_seconds"] = .number(timing.wall * scale)
      row["\(name)_cpu_seconds"] = .number(timing.processor * scale)
    }
    row["artifact_bytes"] = .integer(Int64(artifact.count))
    return .object(row)
  }

  private func runPeers(
    _ peers: Peers, _ data: Matrix<Float>
  ) throws -> [JSONValue] {
    let folder = "/tmp/anomalyze-bench-\(Terminal.wallClockMicroseconds)"
    try FileSystem.createDirectory(folder)
    defer { try? FileSystem.removeTree(folder) }
    let tensor = Tensor("rows", .float32(data.values), shape: [data.rowCount, data.columnCount])
    try FileSystem.writeAtomically(
      SafetensorsArchive(metadata: [:], tensors: [tensor]).encoded(),
      to: "\(folder)/rows.safetensors")
    let process = Subprocess(
      path: peers.python,
      arguments: [
        "\(peers.folder)/isolation_forest.py", "\(folder)/rows.safetensors", split.argument,
      ],
      environment: ["LC_ALL=C.UTF-8", "OMP_NUM_THREADS=2"], secondsAllowed: 1800)
    let outcome = try process.run()
    guard outcome.exitCode == 0 else {
      throw BenchmarkError.peersFailed(
        exitCode: outcome.exitCode, message: String(decoding: outcome.errorOutput, as: UTF8.self))
    }
    return try outcome.output.split(separator: UInt8(ascii: "\n")).map {
      try JSONValue(parsing: Array($0))
    }
  }

  /// How many times faster ours is than each peer with the same number of threads.
  private func ratios(ours: [JSONValue], peers: [JSONValue]) -> [JSONValue] {
    var rows: [JSONValue] = []
    for peer in peers {
      guard let own = ours.first(where: { $0["threads"] == peer["threads"] }) else { continue }
      var row: JSONObject = [:]
      row["peer"] = peer["name"]
      row["threads"] = peer["threads"]
      for work in ["fit", "score", "fit_with_threshold", "one_row"] {
        for key in ["\(work)_seconds", "\(work)_cpu_seconds"] {
          if let theirs = peer[key]?.doubleValue, let mine = own[key]?.doubleValue, mine > 0 {
            row[key] = .number((theirs / mine * 100).rounded() / 100)
          }
        }
      }
      rows.append(.object(row))
    }
    return rows
  }
}

/// Why a benchmark could not be completed.
enum BenchmarkError: Error, CustomStringConvertible {
  /// The peers' script ended with an error.
  case peersFailed(exitCode: Int32, message: String)
  /// A line has another number of fields than the header, or a field that is no number.
  case unreadableTable(path: String, line: Int)

  var description: String {
    switch self {
    case .peersFailed(let exitCode, let message):
      "the peers' script ended with exit code \(exitCode): \(message)"
    case .unreadableTable(let path, let line):
      "\(path), line \(line): not as many numbers as the header has names"
    }
  }
}
