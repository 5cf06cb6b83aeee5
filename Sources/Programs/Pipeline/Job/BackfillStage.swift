internal import Files
public import Ingestion
internal import JSON
internal import Registry
internal import Terminal
public import Transactions

/// Runs the weekly job as it would have run on past days, in a registry of its own, and judges what would have served.
///
/// Each run sees what was known at its moment and nothing later. The runs follow one another, because each meets the
/// champion that the one before left; what they train may be trained for several days side by side. Runs that a registry has
/// seen already are not repeated.
public struct BackfillStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext
  private let folder: String

  /// Makes the stage; registry, reports and records go into `folder`.
  public init(configuration: LabConfiguration, context: RunContext, folder: String) {
    var configuration = configuration
    configuration.registryFolder = "\(folder)/registry"
    configuration.reportsFolder = "\(folder)/reports"
    // The past is nobody's news, and no server serves it.
    configuration.job = JobConfiguration(
      runsFolder: "\(folder)/runs", limits: configuration.job.limits, series: nil, schedule: nil,
      metricsTextfile: nil, server: nil, notifications: .none)
    self.configuration = configuration
    self.context = context
    self.folder = folder
  }

  /// Runs the job at each moment of `moments`, then judges the champions on the time until the next.
  ///
  /// - Parameters:
  ///   - snapshot: The transactions.
  ///   - moments: When the job would have run, ascending.
  ///   - interval: How long each champion serves before the next run.
  ///   - jobCount: How many days are trained side by side, each in memory of its own; no version depends on it.
  ///   - tell: Receives the record of each run.
  /// - Throws: the errors of opening the registry and of judging; a run that fails is part of the result.
  public func run(
    on snapshot: Snapshot, moments: [Timestamp], every interval: TimeSpan,
    jobCount: Int = 1, tell: (RunRecord) -> Void
  ) throws -> BackfillReport {
    let registry = try Registry(root: configuration.registryFolder)
    var weeks: [BackfillReport.Week] = []
    var progress = ProgressLine("backfill, runs")
    let earlier = try finishedRuns()
    let training = BackfillTraining(
      configuration: configuration, context: context, folder: "\(folder)/training")
    for start in stride(from: 0, to: moments.count, by: max(jobCount, 1)) {
      let group = moments[start..<min(start + max(jobCount, 1), moments.count)]
      let missing = group.filter { earlier[$0] == nil }
      if jobCount > 1 { try training.train(at: missing, on: snapshot) }
      for (index, moment) in zip(group.indices, group) {
        progress.update(index, of: moments.count)
        if jobCount > 1 { try training.adopt(moment, into: registry) }
        let record = try earlier[moment] ?? run(at: moment, snapshot, registry)
        tell(record)
        weeks.append(BackfillReport.Week(moment: moment, record: record))
      }
    }
    try FileSystem.removeTree("\(folder)/training")
    progress.finish()
    for model in configuration.models {
      try BackfillJudge(
        configuration: configuration.scoped(to: model), context: context, model: model.name
      ).judge(
        &weeks, on: snapshot, every: interval, layout: registry.layout)
    }
    return BackfillReport(
      snapshotDigest: snapshot.manifest.digest, interval: interval, weeks: weeks)
  }

  private func run(
    at moment: Timestamp, _ snapshot: Snapshot, _ registry: borrowing Registry
  ) throws -> RunRecord {
    let then = RunContext(
      actor: context.actor, moment: moment, threadCount: context.threadCount,
      codeVersion: context.codeVersion)
    return try RetrainingJob(configuration: configuration, context: then).run(
      RetrainingPipeline.Order(
        source: .csv(path: snapshot.path), firstStage: .train, snapshot: snapshot, asOf: moment),
      registry: registry, tell: { _ in }
    ).record
  }

  private func finishedRuns() throws -> [Timestamp: RunRecord] {
    var runs: [Timestamp: RunRecord] = [:]
    for record in try RunHistory(folder: configuration.job.runsFolder).latest(RunHistory.keptCount)
    where record.status != .running {
      if let asOf = record.asOf { runs[asOf] = record }
    }
    return runs
  }
}

extension NotificationConfiguration {
  /// Nobody is told.
  static let none = NotificationConfiguration(
    occasions: [], reportsURL: nil, webhook: nil, email: nil, command: [])
}
