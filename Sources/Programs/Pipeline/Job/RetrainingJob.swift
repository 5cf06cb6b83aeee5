internal import Files
internal import JSON
public import Registry
internal import Terminal

/// An unattended run of the pipeline: one at a time, within its limits, written down, and told to people.
public struct RetrainingJob: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the job.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// How a run ended.
  public struct Outcome: Sendable {
    /// The record as it was written.
    public let record: RunRecord
    /// What the pipeline did; `nil` when it did not come to its models.
    public let pipeline: RetrainingPipeline.Outcome?
    /// The error that ended the run or the work on a model.
    public let failure: (any Error)?
    /// The ways by which nobody could be told.
    public let notificationFailures: [String]
  }

  /// Runs the pipeline; whatever goes wrong in it is part of the outcome.
  ///
  /// - Parameters:
  ///   - order: What the run is asked to do.
  ///   - registry: Where versions and aliases are kept.
  ///   - tell: Receives every stage when it has ended.
  /// - Throws: `FileError.busy` when another run is at work, and `FileError` when nothing can be written down; people are told of
  ///   that run all the same, as long as it could begin its record.
  public func run(
    _ order: RetrainingPipeline.Order, registry: borrowing Registry,
    tell: @escaping (RunRecord.Stage) -> Void
  ) throws -> Outcome {
    let lock = try LockFile(Self.lockPath(configuration))
    defer { withExtendedLifetime(lock) {} }
    var journal = try RunJournal(
      in: configuration.job.runsFolder, context: context, asOf: order.asOf,
      isDryRun: order.isDryRun, limits: configuration.job.limits, tell: tell)
    var result: RetrainingPipeline.Outcome?
    var failure: (any Error)?
    do {
      try checkFreeSpace()
      result = try RetrainingPipeline(configuration: configuration, context: context).run(
        order, registry: registry, journal: &journal)
      failure = result?.failure
    } catch {
      failure = error
    }
    let status = Self.status(of: result, failure)
    let models = result?.models.map(\.json) ?? []
    let reason = failure.map { "\($0)" }
    var notificationFailures: [String]?
    do {
      try journal.finish(status, models: models, failure: reason)
      try notify(&journal, &notificationFailures)
      try journal.finish(status, models: models, failure: reason)
    } catch {
      // A record that cannot be written hides nothing that went wrong before, and keeps nobody from hearing of it.
      if notificationFailures == nil {
        _ = Notifier(configuration.job.notifications).tell(journal.record)
      }
      throw failure ?? error
    }
    try RunHistory(folder: configuration.job.runsFolder).prune()
    if let path = configuration.job.metricsTextfile {
      try FileSystem.writeAtomically(Array(RunMetrics(journal.record).text.utf8), to: path)
    }
    return Outcome(
      record: journal.record, pipeline: result, failure: failure,
      notificationFailures: notificationFailures ?? [])
  }

  /// Where the lock of runs lies.
  public static func lockPath(_ configuration: LabConfiguration) -> String {
    "\(configuration.registryFolder)/.retrain.lock"
  }

  private func checkFreeSpace() throws {
    let needed = configuration.job.limits.freeByteCount
    for folder in [configuration.snapshotsFolder, configuration.registryFolder] {
      try FileSystem.createDirectory(folder)
      let free = try FileSystem.freeByteCount(at: folder)
      guard free >= needed else {
        throw PipelineError.diskTooFull(
          folder: folder, freeByteCount: free, neededByteCount: needed)
      }
    }
  }

  /// - Parameter failures: what went wrong, once people were told or nearly so.
  private func notify(_ journal: inout RunJournal, _ failures: inout [String]?) throws {
    let notifications = configuration.job.notifications
    guard notifications.hasWays, notifications.occasions.contains(journal.record.status) else {
      failures = []
      return
    }
    let record = journal.record
    try journal.stage(.notify) {
      let found = Notifier(notifications).tell(record)
      failures = found
      return (
        (),
        RunJournal.Figures(
          summary: found.isEmpty ? "told" : "not told: \(found.joined(separator: "; "))")
      )
    }
  }

  private static func status(
    of outcome: RetrainingPipeline.Outcome?, _ failure: (any Error)?
  ) -> RunRecord.Status {
    guard failure == nil, let outcome else { return .failed }
    if outcome.models.contains(where: { $0.action == .rolledBack }) { return .failed }
    if outcome.isRefused { return .refused }
    return outcome.models.contains { $0.action == .promoted } ? .promoted : .unchanged
  }
}

extension NotificationConfiguration {
  fileprivate var hasWays: Bool { webhook != nil || email != nil || !command.isEmpty }
}
