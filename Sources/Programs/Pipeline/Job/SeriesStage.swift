internal import Files
public import Ingestion
public import Models
internal import SeriesStorage
internal import Terminal
public import Training
internal import Transactions

/// Which series the job fits, and where their models go: the setting `job.series`.
public struct SeriesJob: Equatable, Sendable {
  /// The SQLite file of the server's series.
  public let storePath: String
  /// Whose payments are a series.
  public let holder: SeriesHolder
  /// How each series is modelled.
  public let parameters: ThreeSigmaParameters
}

/// Fits the series of a snapshot into the store that the server reads; what did not change makes no version.
struct SeriesStage {
  let job: SeriesJob
  let context: RunContext
  /// Who adds up the moments that `sigma` needs; the store then knows models without their points.
  let sharding: Sharding?

  /// Runs the stage.
  ///
  /// - Throws: the errors of reading the snapshot, and `SeriesStoreError`.
  func run(
    on snapshot: Snapshot
  ) throws -> (summary: SeriesFittingSummary, shards: ShardLineage?) {
    if job.storePath.contains("/") {
      try FileSystem.createDirectory(FileSystem.parentDirectory(of: job.storePath))
    }
    let moment = context.moment
    let store = try SeriesStore(at: job.storePath, now: { moment })
    var fitting = SeriesFitting(
      parameters: job.parameters, store: store, threadCount: context.threadCount)
    if let sharding, job.parameters.method == .sigma {
      var rounds = try sharding.rounds(over: snapshot)
      let moments = try rounds.moments(by: job.holder)
      for (id, entry) in moments.entries.sorted(by: { $0.key < $1.key }) {
        try fitting.add(id, entry.material)
      }
      return (try fitting.finish(), rounds.lineage)
    }
    var progress = ProgressLine("series")
    let series = try snapshot.amounts(by: job.holder)
    var count = 0
    for (id, points) in series {
      try fitting.add(id, .points(points))
      count += 1
      progress.update(count, of: series.count)
    }
    progress.finish()
    return (try fitting.finish(), nil)
  }
}

extension SeriesMoments.Entry {
  /// What a series is fitted from.
  public var material: SeriesFitting.Material {
    .moments(
      moments, first: Timestamp(microseconds: first), last: Timestamp(microseconds: last))
  }
}

extension SeriesFittingSummary {
  /// What became of the series, in a line.
  var line: String {
    let failed = seriesCount - fittedCount
    return "\(grouped(fittedCount)) of \(grouped(seriesCount)) series fitted, "
      + "\(grouped(newVersionCount)) new versions, \(grouped(unchangedCount)) as before"
      + (failed > 0 ? ", \(grouped(failed)) with too little to go by" : "")
  }
}

extension ConfigurationReader {
  /// Reads `job.series`.
  func series(_ located: (String) -> String) throws(ConfigurationError) -> SeriesJob? {
    let path = "job.series"
    try checkKeys(at: path)
    guard has(path) else { return nil }
    func choice<Choice: RawRepresentable & CaseIterable>(
      _ key: String, _ type: Choice.Type
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
      guard let choice = Choice(rawValue: try text("\(path).\(key)")) else {
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw failure("\(path).\(key)", "is not one of \(known)")
      }
      return choice
    }
    let method = try choice("method", ThreeSigmaMethod.self)
    let threshold = try number("\(path).threshold", in: 0.1...100)
    let parameters: ThreeSigmaParameters
    do throws(ThreeSigmaError) {
      parameters = try ThreeSigmaParameters(threshold: threshold, method: method)
    } catch {
      throw failure("\(path).threshold", "\(error)")
    }
    return SeriesJob(
      storePath: located(try text("\(path).store")), holder: try choice("by", SeriesHolder.self),
      parameters: parameters)
  }
}
