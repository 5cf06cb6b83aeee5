internal import Arguments
internal import Evaluation
internal import Files
internal import JSON
internal import Tabular
internal import Terminal
internal import Transactions

/// Headline metrics beside scikit-learn, and whole reports with resampled and closed-form intervals.
struct EvaluationBenchmark {
  let rowCount: Int
  let reportRowCount: Int
  let replicateCount: Int
  let repetitions: Int
  let threadCount: Int
  let peers: Peers?

  static let benchmark = Benchmark(
    CommandSyntax(
      "evaluation", "Evaluation: headline metrics, reports with 1,000 paired replicates.",
      options: [
        .init("--rows", "N", "Scored rows of the headline metrics.", default: "10000000"),
        .init("--report-rows", "N", "Scored rows of the reports.", default: "1000000"),
        .init("--replicates", "N", "Paired replicates.", default: "1000"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "3"),
        .init("--threads", "N", "Threads.", default: "2"),
      ] + Peers.options)
  ) { values in
    try EvaluationBenchmark(
      rowCount: values.integer("--rows", in: 1_000...100_000_000) ?? 10_000_000,
      reportRowCount: values.integer("--report-rows", in: 1_000...100_000_000) ?? 1_000_000,
      replicateCount: values.integer("--replicates", in: 2...100_000) ?? 1_000,
      repetitions: values.integer("--repetitions", in: 1...1_000) ?? 3,
      threadCount: values.integer("--threads", in: 1...1_024) ?? 2, peers: Peers(values)
    ).run()
  }

  /// Times, ratios and targets as one JSON document.
  func run() throws -> JSONValue {
    let (rows, own, rival) = try table(rowCount)
    var headline: [HeadlineMetric: MetricValue] = [:]
    let headlineTime = try Timing.median(repetitions) {
      headline = try RankingMetrics.headline(
        own, rows: rows, alertsPerDay: 1_000, threadCount: threadCount)
    }
    var report: JSONObject = [
      "benchmark": "evaluation", "threads": .integer(Int64(threadCount)),
      "headline": line(
        headlineTime, rows: rowCount, target: 2,
        extra: [
          "average_precision": .object(headline[.averagePrecision]?.json ?? [:]),
          "area_under_roc": .object(headline[.areaUnderROC]?.json ?? [:]),
        ]),
    ]
    if let peers {
      let answers = try runPeer(peers, rows: rows, scores: own.scores)
      report["peers"] = .array(answers)
      let three = answers.first { $0["work"] == "three_calls" }?["seconds"]?.doubleValue
      report["times_faster_than_three_calls"] = three.map {
        ["ratio": .number($0 / headlineTime.wall), "target": 5]
      }
    }
    let small = try rowCount == reportRowCount ? (rows, own, rival) : table(reportRowCount)
    for (name, settings, target) in [
      ("report_bootstrap", try EvaluationSettings(replicateCount: replicateCount), 8.0),
      ("report_closed_form", try EvaluationSettings(intervals: .closedForm), 1.0),
    ] {
      let time = try Timing.median(repetitions) {
        let evaluation = try Evaluation(
          rows: small.0, detectors: [small.1, small.2], settings: settings,
          threadCount: threadCount)
        _ = try EvaluationReport(
          evaluation, title: "benchmark", lineage: EvaluationLineage(), plotter: Gnuplot()
        ).files()
      }
      report[name] = line(time, rows: reportRowCount, target: target, extra: [:])
    }
    return .object(report)
  }

  private func line(
    _ time: Timing, rows: Int, target: Double, extra: JSONObject
  ) -> JSONValue {
    var object: JSONObject = [
      "rows": .integer(Int64(rows)), "seconds": .number(time.wall),
      "cpu_seconds": .number(time.processor), "target_seconds": .number(target),
    ]
    for member in extra.members { object[member.key] = member.value }
    return .object(object)
  }

  /// Payments of 30 days, one in two hundred fraud, by cards that have about twenty each, with the scores of two detectors.
  private func table(
    _ count: Int
  ) throws -> (EvaluationRows, own: DetectorScores, rival: DetectorScores) {
    var generator = SeededGenerator(seed: 1)
    var rows = EvaluationRows()
    var (own, rival): ([Double], [Double]) = ([], [])
    own.reserveCapacity(count)
    rival.reserveCapacity(count)
    let cardCount = max(1, count / 20)
    let step = 30 * 86_400_000_000 / Int64(count)
    for row in 0..<count {
      let isFraud = generator.chance(0.005)
      let signal = isFraud ? 2.0 : 0
      try rows.append(
        id: "t\(row)", time: Timestamp(microseconds: Int64(row) * step),
        entity: "c\(generator.below(cardCount))",
        amount: Money(millionths: Int64(1 + generator.below(500)) * 1_000_000),
        label: isFraud ? 1 : 0)
      own.append(generator.normal() + signal)
      rival.append(generator.normal() + 0.8 * signal)
    }
    return (
      rows, DetectorScores(name: "challenger", scores: own),
      DetectorScores(name: "champion", role: .champion, scores: rival)
    )
  }

  private func runPeer(
    _ peers: Peers, rows: EvaluationRows, scores: [Double]
  ) throws -> [JSONValue] {
    let folder = "/tmp/anomalyze-bench-\(Terminal.wallClockMicroseconds)"
    try FileSystem.createDirectory(folder)
    defer { try? FileSystem.removeTree(folder) }
    let tensors = [
      Tensor("scores", .float64(scores), shape: [scores.count]),
      Tensor("labels", .uint8(rows.labels.map { $0 ? 1 : 0 }), shape: [scores.count]),
    ]
    try FileSystem.writeAtomically(
      SafetensorsArchive(metadata: [:], tensors: tensors).encoded(),
      to: "\(folder)/arrays.safetensors")
    return try peers.answers(
      of: "evaluation.py", ["\(folder)/arrays.safetensors"])
  }
}
