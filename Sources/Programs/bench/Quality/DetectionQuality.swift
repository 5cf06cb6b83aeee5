internal import Arguments
internal import Evaluation
internal import Files
internal import JSON
internal import Models
internal import Subprocess
internal import Tabular
internal import Terminal
internal import Training

/// Detection quality of the forest's presets on labelled tables, beside scikit-learn and isotree on the same files.
struct DetectionQuality {
  /// Gzipped CSV files, as `LabelledTable` reads them.
  let folder: String
  let seedCount: Int
  let peers: Peers?

  static let benchmark = Benchmark(
    CommandSyntax(
      "quality adbench",
      "Isolation Forest: AUROC and average precision on the labelled tables in DATA/adbench.",
      options: [.init("--seeds", "N", "Seeds whose mean is taken.", default: "5")]
        + QualityReport.options),
    printing: { values in
      try DetectionQuality(
        folder: QualityReport.dataFolder(values) + "/adbench",
        seedCount: values.integer("--seeds", in: 1...100) ?? 5, peers: Peers(values)
      ).run().output(values)
    })

  /// The mean quality of one method on one file, or of all files.
  private struct Quality {
    let file: String
    let method: String
    let areaUnderROC: Double
    let averagePrecision: Double

    var json: JSONValue {
      .object([
        "file": .string(file), "method": .string(method), "auroc": .number(areaUnderROC),
        "ap": .number(averagePrecision),
      ])
    }
  }

  private static let plain = "anomalyze scikit_learn"
  private static let standard = "anomalyze fair_cut (default)"

  /// Means over the seeds for each file, and over the files for each method.
  func run() throws -> QualityReport {
    let files = try FileSystem.contents(ofDirectory: folder).filter { $0.hasSuffix(".csv.gz") }
    var rows: [Quality] = []
    for file in files {
      let name = String(file.dropLast(7))
      let table = try LabelledTable(contentsOf: "\(folder)/\(file)", name: name)
      rows.append(try measure(Self.plain, on: table) { try .init(seed: $0) })
      rows.append(try measure(Self.standard, on: table) { try .fairCut(seed: $0) })
    }
    if let peers { rows += try measurePeers(peers) }
    var report = QualityReport(
      name: "quality adbench", subject: "\(files.count) files, mean of \(seedCount) seeds",
      rows: rows.map(\.json))
    for (method, area, precision) in [
      (Self.standard, QualityReport.Target.atLeast(0.88), QualityReport.Target.atLeast(0.55)),
      (Self.plain, .withinOfPeer(0.005), .none),
    ] {
      let ours = mean(method, rows)
      let others = ["scikit-learn", "isotree fair_cut"].map { mean($0, rows) }.filter {
        !$0.areaUnderROC.isNaN
      }
      // The plain forest is held against the one whose settings it has.
      let rivals = method == Self.plain ? Array(others.prefix(1)) : others
      for rival in rivals.isEmpty ? [nil] : rivals.map(Optional.some) {
        report.lines.append(
          QualityReport.Line(
            measure: "AUROC of \(method)", ours: ours.areaUnderROC,
            peer: rival.map { ($0.method, $0.areaUnderROC) }, target: area))
        report.lines.append(
          QualityReport.Line(
            measure: "AP of \(method)", ours: ours.averagePrecision,
            peer: rival.map { ($0.method, $0.averagePrecision) }, target: precision))
      }
    }
    return report
  }

  private func measure(
    _ method: String, on table: LabelledTable,
    parameters: (UInt64) throws -> IsolationForestParameters
  ) throws -> Quality {
    var area = 0.0
    var precision = 0.0
    let names = (0..<table.matrix.columnCount).map { "x\($0)" }
    for seed in 0..<seedCount {
      let forest = try IsolationForestLearner(parameters: parameters(UInt64(seed))).fit(
        table.matrix, featureNames: names, threadCount: Terminal.processorCount)
      let scores = try forest.scores(of: table.matrix, threadCount: Terminal.processorCount)
      area += try RankingMetrics.areaUnderROC(scores: scores, labels: table.labels).value ?? 0
      precision +=
        try RankingMetrics.averagePrecision(scores: scores, labels: table.labels).value ?? 0
    }
    return Quality(
      file: table.name, method: method, areaUnderROC: area / Double(seedCount),
      averagePrecision: precision / Double(seedCount))
  }

  private func measurePeers(_ peers: Peers) throws -> [Quality] {
    let process = Subprocess(
      path: peers.python,
      arguments: ["\(peers.folder)/detection_quality.py", folder, String(seedCount)],
      secondsAllowed: 3600)
    let outcome = try process.run()
    guard outcome.exitCode == 0 else {
      throw BenchmarkError.peersFailed(
        exitCode: outcome.exitCode, message: String(decoding: outcome.errorOutput, as: UTF8.self))
    }
    return try outcome.output.split(separator: UInt8(ascii: "\n")).map { line in
      let json = try JSONValue(parsing: Array(line))
      return Quality(
        file: json["file"]?.stringValue ?? "", method: json["method"]?.stringValue ?? "",
        areaUnderROC: json["auroc"]?.doubleValue ?? .nan,
        averagePrecision: json["ap"]?.doubleValue ?? .nan)
    }
  }

  /// The mean over the files; NaN for a method that did not run.
  private func mean(_ method: String, _ rows: [Quality]) -> Quality {
    let own = rows.filter { $0.method == method }
    let count = Double(own.count)
    return Quality(
      file: "mean", method: method,
      areaUnderROC: own.reduce(0) { $0 + $1.areaUnderROC } / count,
      averagePrecision: own.reduce(0) { $0 + $1.averagePrecision } / count)
  }
}
