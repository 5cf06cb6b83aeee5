public import Evaluation
internal import Features
public import Ingestion
internal import JSON
internal import Models
internal import Tabular
internal import Terminal
internal import Training
internal import Transactions

/// Asks history how a detector would have done if it had been retrained never, every week or every day.
public struct BacktestStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the stage.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// How often a detector is trained again.
  public enum Cadence: String, CaseIterable, Sendable {
    case weekly
    case frozen
    case daily

    /// The start of the period in which the same model is used as on the day that is `day` days after the start.
    func origin(ofDay day: Int) -> Int {
      switch self {
      case .frozen: 0
      case .weekly: day / 7 * 7
      case .daily: day
      }
    }
  }

  /// Every row from the first training on, with its features, in order of time.
  private struct History {
    let rows: EvaluationRows
    let features: Matrix<Double>
    let keys: [UInt64]

    /// The rows of a period.
    func range(_ period: Range<Timestamp>) -> Range<Int> {
      func first(_ moment: Timestamp) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
          let middle = (low + high) / 2
          if rows.times[middle] < moment.microseconds { low = middle + 1 } else { high = middle }
        }
        return low
      }
      return first(period.lowerBound)..<first(period.upperBound)
    }
  }

  /// Runs the detector over the last `weekCount` weeks whose labels are known.
  ///
  /// Every model is trained on the configured length of time that ends a label delay before its first day.
  ///
  /// - Parameters:
  ///   - model: The model of the configuration.
  ///   - detector: Index of the detector within the model.
  ///   - snapshot: The transactions.
  ///   - weekCount: How many weeks are judged.
  ///   - cadences: How often each way trains.
  /// - Throws: `PipelineError.snapshotTooShort`, and the errors of reading, learning and judging.
  public func run(
    _ model: LabConfiguration.Model, detector: Int, on snapshot: Snapshot, weekCount: Int,
    cadences: [Cadence] = Cadence.allCases
  ) throws -> EvaluationReport {
    precondition(weekCount > 0 && !cadences.isEmpty, "a backtest has weeks and ways")
    return try BacktestStage(configuration: configuration.scoped(to: model), context: context)
      .judge(model, detector, snapshot, weekCount, cadences)
  }

  private func judge(
    _ model: LabConfiguration.Model, _ detector: Int, _ snapshot: Snapshot, _ weekCount: Int,
    _ cadences: [Cadence]
  ) throws -> EvaluationReport {
    var settings = configuration.evaluation
    settings.test = .days(7 * Int64(weekCount))
    settings.validation = .days(0)
    let split = try PeriodSelection().split(
      of: snapshot, at: context.moment, evaluation: settings)
    let history = try history(of: snapshot, split)
    let judged = try judgedRows(of: snapshot, split, history)
    let detectorConfiguration = model.detectors[detector]
    let scores = try cadenceScores(detectorConfiguration, split, history, cadences)
    let rows = history.rows.selecting(rows: judged)
    let courses = zip(cadences, scores).map { cadence, course in
      (
        scores: DetectorScores(
          name: cadence.rawValue, role: cadence == .frozen ? .champion : .candidate,
          scores: judged.map { course.scores[$0] }),
        fitCount: course.fitCount
      )
    }
    return try report(
      model.name, detectorConfiguration, snapshot, split, history, rows, judged, courses)
  }

  /// All rows from the first training to the end of the test.
  private func history(of snapshot: Snapshot, _ split: TimeSplit) throws -> History {
    // Without a delay between them, training and test are all rows without a gap.
    let tables = try FeatureTables(
      of: snapshot, features: configuration.features, rules: configuration.rules,
      split: TimeSplit(
        training: split.training.lowerBound..<split.test.lowerBound, delay: .days(0),
        test: split.test),
      segment: configuration.segment, dropsKnownCompromised: false)
    var rows = tables.trainingRows
    rows.append(contentsOf: tables.testRows)
    return History(
      rows: rows,
      features: Matrix(
        rowCount: rows.count, columnCount: tables.training.columnCount,
        values: tables.training.values + tables.test.values),
      keys: rows.ids.map { StableHash.of($0) })
  }

  /// The test rows that are judged: not those of entities known to be compromised.
  private func judgedRows(
    of snapshot: Snapshot, _ split: TimeSplit, _ history: History
  ) throws -> [Int] {
    let range = history.range(split.test)
    guard configuration.evaluation.dropsKnownCompromised else { return Array(range) }
    var compromised = CompromisedEntities(since: split.training.lowerBound)
    try snapshot.forEachBatch { compromised.observe($0) }
    return range.filter { row in
      !compromised.isKnown(
        history.rows.entities[row] ?? "",
        at: Timestamp(microseconds: history.rows.times[row]))
    }
  }

  /// Per way the scores of all rows (those outside the test are 0) and how many models it took.
  private func cadenceScores(
    _ detector: DetectorConfiguration, _ split: TimeSplit, _ history: History,
    _ cadences: [Cadence]
  ) throws -> [(scores: [Double], fitCount: Int)] {
    let start = split.test.lowerBound
    let dayCount = Int((split.test.upperBound - start).seconds / 86_400)
    var courses = cadences.map { _ in
      (scores: [Double](repeating: 0, count: history.rows.count), fitCount: 0)
    }
    var progress = ProgressLine("backtest, days")
    for day in 0..<dayCount {
      // The ways that train anew on this day share the model.
      let training = cadences.indices.filter { cadences[$0].origin(ofDay: day) == day }
      progress.update(day, of: dayCount)
      guard !training.isEmpty else { continue }
      let origin = start + .days(Int64(day))
      let trainingEnd = origin - split.delay
      let window = history.range(
        (trainingEnd - configuration.evaluation.training)..<trainingEnd)
      guard !window.isEmpty else {
        throw EvaluationError.noRows(
          reason: "no row trains the model of \(origin.dateText); start later with fewer --weeks")
      }
      let (fitted, _, _) = try detector.fit(
        history.features.selecting(rows: window), featureNames: configuration.features.names,
        rowKeys: Array(history.keys[window]), labels: Array(history.rows.labels[window]),
        threadCount: context.threadCount)
      for index in training {
        let last = (day..<dayCount).last { cadences[index].origin(ofDay: $0) == day } ?? day
        let used = history.range(origin..<(start + .days(Int64(last) + 1)))
        let scores = try fitted.scores(
          of: history.features.selecting(rows: used), threadCount: context.threadCount)
        courses[index].scores.replaceSubrange(used, with: scores)
        courses[index].fitCount += 1
      }
    }
    progress.finish()
    return courses
  }

  private func report(
    _ name: String, _ detector: DetectorConfiguration, _ snapshot: Snapshot, _ split: TimeSplit,
    _ history: History, _ rows: EvaluationRows, _ judged: [Int],
    _ courses: [(scores: DetectorScores, fitCount: Int)]
  ) throws -> EvaluationReport {
    let settings = try configuration.evaluation.settings()
    let training = history.range(split.training)
    let weekCount = Int((split.test.upperBound - split.test.lowerBound).seconds / 604_800)
    return try EvaluationReport(
      Evaluation(
        rows: rows, detectors: courses.map(\.scores), settings: settings,
        threadCount: context.threadCount),
      title: "Backtest of \(name): \(detector.kind)",
      lineage: EvaluationLineage(
        snapshotDigest: snapshot.manifest.digest, source: snapshot.manifest.source,
        features: configuration.features.names, split: split, trainingRowCount: training.count,
        excludedRowCount: history.range(split.test).count - judged.count,
        parameters: [(detector: detector.kind, values: detector.json.objectValue ?? [:])],
        codeVersion: context.codeVersion,
        commands: [
          "anomalyze backtest \(name) --weeks \(weekCount) --snapshot "
            + "\(snapshot.manifest.digest.prefix(12))" + configuration.evaluation.intervalsArgument
        ]),
      drift: DriftReport(
        featureNames: configuration.features.names,
        training: .init(
          rows: history.rows.selecting(rows: training),
          features: history.features.selecting(rows: training), scores: nil),
        test: .init(
          rows: rows, features: history.features.selecting(rows: judged), scores: nil),
        threadCount: context.threadCount),
      backtest: Backtest(
        rows: rows, courses: courses, start: split.test.lowerBound, settings: settings,
        threadCount: context.threadCount),
      plotter: Gnuplot())
  }
}
