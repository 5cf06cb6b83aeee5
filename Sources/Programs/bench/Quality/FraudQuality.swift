internal import Arguments
internal import Evaluation
internal import Features
internal import Files
internal import Ingestion
internal import JSON
internal import Models
internal import Pipeline
internal import Tabular
internal import Terminal
internal import Transactions

/// Card fraud by the handbook's protocol: our ensembles, baselines and scikit-learn's logistic regression on the same rows.
struct FraudQuality {
  /// The handbook's transactions as one CSV file.
  let path: String
  /// The configuration whose detectors are measured.
  let configuration: LabConfiguration
  let split: TimeSplit
  let peers: Peers?

  static let benchmark = Benchmark(
    CommandSyntax(
      "quality fraud",
      "Card fraud by the handbook's protocol on DATA/fdh: ensembles, baselines, logistic regression.",
      options: [
        .init(
          "--config", "FILE", "The configuration whose detectors are measured.",
          default: "datasets/handbook-ensemble.yaml"),
        .init(
          "--train", "FROM..TO", "The training period.", default: "2018-07-25..2018-08-01"),
        .init("--test", "FROM..TO", "The test period.", default: "2018-08-08..2018-08-15"),
      ] + QualityReport.options),
    printing: { values in
      func period(_ name: String, _ usual: String) throws -> Range<Timestamp> {
        let text = values.text(name) ?? usual
        guard let range = PeriodSelection.range(parsing: text) else {
          throw UsageError("\(name) is \(text); expected FROM..TO, two days, such as \(usual)")
        }
        return range
      }
      let configuration = try LabConfiguration(
        contentsOf: values.text("--config") ?? "datasets/handbook-ensemble.yaml")
      return try FraudQuality(
        path: QualityReport.dataFolder(values) + "/fdh/transactions.csv.gz",
        configuration: configuration,
        split: TimeSplit(
          training: period("--train", "2018-07-25..2018-08-01"),
          delay: configuration.evaluation.delay,
          test: period("--test", "2018-08-08..2018-08-15")),
        peers: Peers(values)
      ).run().output(values)
    })

  /// What one score finds in the test rows.
  private struct Quality {
    let name: String
    let areaUnderROC: Double
    let averagePrecision: Double
    /// Among the 100 cards of a day, cards caught on an earlier day removed.
    let cardPrecision: Double

    var json: JSONValue {
      .object([
        "method": .string(name), "auroc": .number(areaUnderROC), "ap": .number(averagePrecision),
        "card_precision_at_100": .number(cardPrecision),
      ])
    }
  }

  /// Our detectors beside every baseline and peer.
  func run() throws -> QualityReport {
    let folder = "/tmp/anomalyze-bench-\(Terminal.wallClockMicroseconds)"
    try FileSystem.createDirectory(folder)
    defer { try? FileSystem.removeTree(folder) }
    var writer = SnapshotWriter(root: folder, source: path)
    try CSVTransactionReader(path: path, labelDelay: configuration.evaluation.delay)
      .forEachBatch { try writer.append($0) }
    let snapshot = try writer.finish()
    let tables = try self.tables(of: snapshot, features: configuration.features)
    var report = QualityReport(
      name: "quality fraud",
      subject: "trained \(split.training.lowerBound) on \(tables.training.rowCount) rows, tested "
        + "\(split.test.lowerBound) on \(tables.testRows.count) rows, "
        + "\(tables.testRows.positiveCount) frauds")
    let others =
      try baselines(tables) + (peers.map { [try measurePeer($0, snapshot, folder)] } ?? [])
    for model in configuration.models {
      for detector in model.detectors { try measure(detector, on: tables, beside: others, &report) }
    }
    report.rows += others.map(\.json)
    return report
  }

  private func tables(
    of snapshot: Snapshot, features: FeatureSpecification
  ) throws -> FeatureTables {
    try FeatureTables(
      of: snapshot, features: features, rules: RuleSet(), split: split,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised)
  }

  /// Yardsticks without training; 3-sigma per customer is the z-score that the ensembles see too.
  private func baselines(_ tables: FeatureTables) throws -> [Quality] {
    let random = Baselines.random(rowCount: tables.testRows.count, seed: 0)
    let amount = Baselines.amount(tables.testRows)
    var result = try [random, amount].map { try quality($0.name, $0.scores, tables) }
    if let column = configuration.features.names.firstIndex(of: "amount_z") {
      result.append(try quality("3-sigma per customer", tables.test.column(column), tables))
    }
    return result
  }

  private func measure(
    _ detector: DetectorConfiguration, on tables: FeatureTables, beside others: [Quality],
    _ report: inout QualityReport
  ) throws {
    let (fitted, _, _) = try detector.fit(
      tables.training, featureNames: configuration.features.names, rowKeys: tables.trainingKeys,
      labels: tables.trainingLabels, threadCount: Terminal.processorCount)
    let scores = try fitted.scores(of: tables.test, threadCount: Terminal.processorCount)
    let combination = detector.json["combination"]?.stringValue.map { " \($0)" } ?? ""
    let ours = try quality(detector.kind + combination, scores, tables)
    let probabilities = scores.compactMap { fitted.probability(ofScore: $0) }
    let usesLabels = !probabilities.isEmpty
    report.rows.append(ours.json)
    for other in others {
      report.lines += [
        .init(
          measure: "AP of \(ours.name)", ours: ours.averagePrecision,
          peer: (other.name, other.averagePrecision),
          target: .atLeast(usesLabels ? 0.60 : 0.45)),
        .init(
          measure: "card precision@100 of \(ours.name)", ours: ours.cardPrecision,
          peer: (other.name, other.cardPrecision), target: .atLeast(0.26)),
      ]
    }
    guard usesLabels else { return }
    let meanProbability = probabilities.reduce(0, +) / Double(probabilities.count)
    let fraudShare = Double(tables.testRows.positiveCount) / Double(tables.testRows.count)
    report.lines.append(
      .init(
        measure: "mean probability of \(ours.name)",
        ours: meanProbability, peer: ("share of frauds", fraudShare), target: .withinOfPeer(0.003)))
  }

  private func measurePeer(
    _ peers: Peers, _ snapshot: Snapshot, _ folder: String
  ) throws -> Quality {
    let tables = try tables(of: snapshot, features: .preset(named: "handbook"))
    let file = "\(folder)/handbook.safetensors"
    let parts = [("training", tables.training), ("test", tables.test)].map { name, matrix in
      Tensor(name, .float64(matrix.values), shape: [matrix.rowCount, matrix.columnCount])
    }
    let labels = Tensor("labels", .uint8(tables.trainingLabels.map { $0 ? 1 : 0 }))
    try FileSystem.writeAtomically(
      SafetensorsArchive(metadata: [:], tensors: parts + [labels]).encoded(), to: file)
    let answer = try peers.answers(of: "card_fraud.py", [file]).first
    let scores = answer?["scores"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    return try quality(answer?["peer"]?.stringValue ?? "peer", scores, tables)
  }

  private func quality(
    _ name: String, _ scores: [Double], _ tables: FeatureTables
  ) throws -> Quality {
    let labels = tables.testRows.labels
    let figures = try RankingMetrics.alertFigures(
      DetectorScores(name: name, scores: scores), rows: tables.testRows, alertsPerDay: 100)
    return Quality(
      name: name,
      areaUnderROC: try RankingMetrics.areaUnderROC(scores: scores, labels: labels).value ?? .nan,
      averagePrecision: try RankingMetrics.averagePrecision(scores: scores, labels: labels).value
        ?? .nan, cardPrecision: figures.newCardPrecision.value ?? .nan)
  }
}
