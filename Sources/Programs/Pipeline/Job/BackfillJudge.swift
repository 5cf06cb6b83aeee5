internal import Evaluation
internal import Ingestion
internal import JSON
internal import Models
internal import Registry
internal import Tabular
internal import Transactions

/// Judges the champions of past runs on the rows after each run, with every label that came in since.
struct BackfillJudge {
  let configuration: LabConfiguration
  let context: RunContext
  let model: String

  /// Adds the course of the model to each week that had a champion.
  func judge(
    _ weeks: inout [BackfillReport.Week], on snapshot: Snapshot, every interval: TimeSpan,
    layout: RegistryLayout
  ) throws {
    let champions = champions(of: weeks)
    guard let start = champions.firstIndex(where: { $0 != nil }), let first = champions[start]
    else { return }
    let loaded = try Dictionary(
      uniqueKeysWithValues: Set(champions.compactMap { $0 }).map { version in
        (version, try ScoringModel(loadingFrom: layout.versionFolder(model, version)))
      })
    let split = try VersionLineage(ofVersionIn: layout.versionFolder(model, first)).split
    let end = min(
      weeks[weeks.count - 1].moment + interval, snapshot.lastTime + TimeSpan(microseconds: 1))
    let tables = try FeatureTables(
      of: snapshot, features: configuration.features, rules: configuration.rules,
      split: TimeSplit(
        training: split.training, delay: configuration.evaluation.delay,
        test: weeks[start].moment..<end),
      segment: configuration.segment,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised,
      limits: .init(training: 1))
    for index in weeks.indices.dropFirst(start) {
      guard let champion = champions[index] else { continue }
      let rows = tables.testRows.times.indices.filter { row in
        let time = Timestamp(microseconds: tables.testRows.times[row])
        return time >= weeks[index].moment && time < weeks[index].moment + interval
      }
      guard !rows.isEmpty else { continue }
      let before = index > 0 ? champions[index - 1] : nil
      weeks[index].courses.append(
        try course(
          champion, predecessor: before == champion ? nil : before, frozen: first, loaded, tables,
          rows))
    }
  }

  /// The champion after each run: a promotion names the new one, anything else leaves the old one.
  private func champions(of weeks: [BackfillReport.Week]) -> [Int?] {
    var champion: Int?
    return weeks.map { week in
      let entry = week.record.models.first { $0["model"]?.stringValue == model }
      if entry?["action"]?.stringValue == "promoted" {
        champion = entry?["version"]?.integerValue.map { Int($0) } ?? champion
      }
      return champion
    }
  }

  private func course(
    _ champion: Int, predecessor: Int?, frozen: Int, _ loaded: [Int: ScoringModel],
    _ tables: FeatureTables, _ rows: [Int]
  ) throws -> BackfillReport.Course {
    let features = tables.test.selecting(rows: rows)
    func scores(
      _ name: String, _ version: Int, role: DetectorScores.Role
    ) throws -> DetectorScores {
      guard let model = loaded[version] else { preconditionFailure("every champion is loaded") }
      return DetectorScores(
        name: name, role: role,
        scores: try model.detector.scores(of: features, threadCount: context.threadCount))
    }
    var detectors = [
      try scores("served", champion, role: .candidate),
      try scores("frozen", frozen, role: .candidate),
    ]
    if let predecessor {
      detectors.append(try scores("predecessor", predecessor, role: .champion))
    }
    let evaluation = try Evaluation(
      rows: tables.testRows.selecting(rows: rows), detectors: detectors,
      settings: EvaluationSettings(
        alertsPerDay: configuration.evaluation.alertsPerDay, replicateCount: 400),
      threadCount: context.threadCount)
    let comparison = evaluation.comparisons.first { $0.otherName == "predecessor" }
    return BackfillReport.Course(
      model: model, champion: champion, predecessor: predecessor, rowCount: rows.count,
      fraudCount: evaluation.rows.positiveCount, served: evaluation.detectors[0].headline,
      frozen: evaluation.detectors[1].headline,
      gain: comparison?.differences[.averagePrecision]?.estimate)
  }
}
