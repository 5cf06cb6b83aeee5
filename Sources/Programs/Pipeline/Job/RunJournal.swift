public import Files
internal import JSON
internal import Terminal
public import Transactions

/// Writes down what a run does while it does it, so that a run that was killed has left its story.
public struct RunJournal {
  /// What happened so far.
  public private(set) var record: RunRecord
  private let path: String
  private let limits: JobConfiguration.Limits
  private let started = Terminal.monotonicSeconds
  private let tell: (RunRecord.Stage) -> Void

  /// What a stage tells about its work.
  struct Figures {
    var rowCount: Int?
    var byteCount: Int?
    var key: String?
    var summary: String
  }

  /// Starts the record of a run in `folder`.
  ///
  /// - Parameters:
  ///   - folder: Folder of the records.
  ///   - context: Who runs, and when.
  ///   - asOf: The past moment whose knowledge is used; `nil` for now.
  ///   - isDryRun: Whether the champion stays in any case.
  ///   - limits: What the run may use.
  ///   - tell: Receives every stage when it has ended.
  /// - Throws: `FileError`.
  public init(
    in folder: String, context: RunContext, asOf: Timestamp?, isDryRun: Bool,
    limits: JobConfiguration.Limits, tell: @escaping (RunRecord.Stage) -> Void
  ) throws(FileError) {
    let id = String(context.moment.description.filter { $0 != ":" })
    record = RunRecord(
      id: id, startedAt: context.moment, asOf: asOf, actor: context.actor,
      codeVersion: context.codeVersion, isDryRun: isDryRun)
    path = "\(folder)/\(id).json"
    self.limits = limits
    self.tell = tell
    try FileSystem.createDirectory(folder)
    try save()
  }

  private func save() throws(FileError) {
    try FileSystem.writeAtomically(record.json.bytes(.indented), to: path)
  }

  /// Runs a stage and writes down how it went; an error is written down and thrown on.
  ///
  /// - Throws: `PipelineError.timeBudgetSpent` before the stage starts, or what `body` throws.
  mutating func stage<Result>(
    _ stage: RetrainingStage, of model: String? = nil,
    _ body: () throws -> (Result, Figures)
  ) throws -> Result {
    let elapsed = Terminal.monotonicSeconds - started
    // Telling people is never cut short: it is how they learn that the time was over.
    if let budget = limits.time, stage != .notify, elapsed > budget.seconds {
      throw PipelineError.timeBudgetSpent(stage.rawValue, budget: budget)
    }
    let begun = Terminal.monotonicSeconds
    func entry(_ figures: Figures, isSuccess: Bool) -> RunRecord.Stage {
      RunRecord.Stage(
        stage: stage, model: model,
        seconds: ((Terminal.monotonicSeconds - begun) * 1000).rounded() / 1000,
        rowCount: figures.rowCount, byteCount: figures.byteCount,
        peakMemoryByteCount: Terminal.peakMemoryByteCount, key: figures.key,
        isSuccess: isSuccess, summary: figures.summary)
    }
    do {
      let (result, figures) = try body()
      try append(entry(figures, isSuccess: true))
      return result
    } catch {
      // Where the stage found no space, its story may find none either; what went wrong first is what to tell.
      try? append(entry(Figures(summary: "\(error)"), isSuccess: false))
      throw error
    }
  }

  private mutating func append(_ stage: RunRecord.Stage) throws(FileError) {
    record.stages.append(stage)
    try save()
    tell(stage)
  }

  /// Ends the record.
  mutating func finish(
    _ status: RunRecord.Status, models: [JSONValue], failure: String?
  ) throws(FileError) {
    record.status = status
    record.models = models
    record.failure = failure
    let seconds = Terminal.monotonicSeconds - started
    record.endedAt = Timestamp(
      microseconds: record.startedAt.microseconds + Int64(seconds * 1_000_000))
    try save()
  }
}

/// The records of earlier runs.
public struct RunHistory: Sendable {
  /// Folder of the records.
  public let folder: String

  /// How many records a folder keeps.
  public static let keptCount = 1_000

  /// Describes the records in `folder`, which need not exist.
  public init(folder: String) { self.folder = folder }

  /// The newest `count` records, the newest first; a file that is no record is left out.
  ///
  /// - Throws: `FileError`.
  public func latest(_ count: Int) throws(FileError) -> [RunRecord] {
    guard FileSystem.exists(folder) else { return [] }
    let names = try FileSystem.contents(ofDirectory: folder).filter { $0.hasSuffix(".json") }
    var records: [RunRecord] = []
    for name in names.sorted(by: >).prefix(count) {
      let bytes = try FileSystem.read("\(folder)/\(name)")
      guard let json = try? JSONValue(parsing: bytes), let record = RunRecord(json) else {
        continue
      }
      records.append(record)
    }
    return records
  }

  /// Removes all but the newest records.
  func prune() throws(FileError) {
    let names = try FileSystem.contents(ofDirectory: folder).filter { $0.hasSuffix(".json") }
    for name in names.sorted(by: >).dropFirst(Self.keptCount) {
      try FileSystem.removeTree("\(folder)/\(name)")
    }
  }
}
