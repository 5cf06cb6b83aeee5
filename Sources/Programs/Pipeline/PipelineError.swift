public import Transactions

/// Why a stage of the pipeline cannot do its work with what it was given.
public enum PipelineError: Error, Equatable, CustomStringConvertible {
  /// No row of the snapshot lies in a period.
  case emptyPeriod(String, Range<Timestamp>, String)
  /// The snapshot is too short for the periods of the configuration.
  case snapshotTooShort(needed: TimeSpan, available: TimeSpan)
  /// There is no snapshot yet.
  case noSnapshot(folder: String)
  /// The configuration has no such model.
  case unknownModel(String, known: [String])
  /// A version says nothing readable about where it comes from.
  case malformedLineage(path: String)
  /// The snapshot has no transaction of this identifier.
  case unknownTransaction(id: String, snapshot: String)
  /// A version does not say with which rivals it was judged: it was made by an early version of the program.
  case notReproducible(String)
  /// The time that a run may take was over before a stage began.
  case timeBudgetSpent(String, budget: TimeSpan)
  /// There is too little free space to start.
  case diskTooFull(folder: String, freeByteCount: Int, neededByteCount: Int)
  /// The server does not answer with a new champion.
  case serverBehind(String)
  /// A run was to start at its promotion, but a model was not trained on the snapshot.
  case notTrained(model: String)
  /// A shard could not be read or worked on, also after being tried again; `exitCode` is that of its worker.
  case shardFailed(name: String, exitCode: Int32, reason: String)
  /// A machine has another version of the program.
  case wrongWorker(shard: String, expected: String, actual: String)
  /// The engine that should run the workers does not work.
  case engineFailed(engine: String, reason: String)
  /// The rows changed while they were read.
  case rowsChanged(before: Int, now: Int)

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .emptyPeriod(let name, let period, let digest):
      "the \(name) period \(period.lowerBound.dateText)..\(period.upperBound.dateText) has no "
        + "row in snapshot \(digest.prefix(12)); give --train and --test inside its range"
    case .snapshotTooShort(let needed, let available):
      "the snapshot covers \(available.seconds / 86_400) days; training, delay and test need "
        + "\(needed.seconds / 86_400): pull more data or shorten them in the configuration"
    case .timeBudgetSpent(let stage, let budget):
      "the time budget of \(budget) was spent before the stage \(stage); finished stages are kept, run it again "
        + "or raise job.time_budget"
    case .diskTooFull(let folder, let free, let needed):
      "\(folder) has \(free >> 20) MiB of free space and a run needs \(needed >> 20): remove old snapshots with "
        + "anomalyze snapshots gc, old versions with anomalyze gc, or lower job.free_disk_mib"
    case .serverBehind(let reason): reason
    case .notTrained(let model):
      "\(model) has no versions of this snapshot, configuration and moment; run again from the stage train"
    case .shardFailed(let name, let exitCode, let reason):
      "shard \(name) failed for good (exit code \(exitCode)): \(reason)"
    case .wrongWorker(let shard, let expected, let actual):
      "shard \(shard) met a worker of version \(actual) where \(expected) is needed; install one version on all machines"
    case .engineFailed(let engine, let reason): "the engine \(engine) does not work: \(reason)"
    case .rowsChanged(let before, let now):
      "the source had \(before) rows in one round and \(now) in the next; read from a snapshot"
    case .noSnapshot(let folder):
      "there is no snapshot in \(folder); make one with anomalyze pull"
    case .unknownModel(let name, let known):
      "the configuration has no model \(name); it has \(known.joined(separator: ", "))"
    case .malformedLineage(let path):
      "\(path) is missing or not of the format \(VersionLineage.format)"
    case .unknownTransaction(let id, let snapshot):
      "snapshot \(snapshot.prefix(12)) has no transaction \(id); name another with --snapshot"
    case .notReproducible(let reference):
      "\(reference) does not say which detectors it was judged beside, so its report cannot be made "
        + "again; train it anew with this version of the program"
    }
  }
}
