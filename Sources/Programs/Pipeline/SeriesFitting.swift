internal import Dispatch
public import Models
public import SeriesStorage
internal import Synchronization
internal import Tabular
public import Transactions

/// Fits many series and keeps their models in the store that the server reads.
///
/// Series are taken in blocks: the models of a block are fitted on all threads while the store writes the block before. A
/// series that cannot be fitted is counted with its reason and does not stop the others.
public struct SeriesFitting {
  /// What a series gives to be fitted from.
  public enum Material: Sendable {
    /// Its points.
    case points(TimeSeries)
    /// Its moments alone, for `sigma`.
    case moments(ExactMoments, first: Timestamp, last: Timestamp)
  }

  /// How many series are fitted together.
  private static let blockSize = 2_048

  private let parameters: ThreeSigmaParameters
  private let store: SeriesStore
  private let threadCount: Int
  private let report: (SeriesFindings) throws -> Void
  private var waiting: [(id: String, material: Material)] = []
  private var writes = PendingWrites()
  /// What became of the series so far.
  public private(set) var summary = SeriesFittingSummary()

  /// Prepares the work.
  ///
  /// - Parameters:
  ///   - parameters: How each series is modelled.
  ///   - store: Receives the models.
  ///   - threadCount: How many threads work; no result depends on it.
  ///   - report: Told about every series, in their order.
  public init(
    parameters: ThreeSigmaParameters, store: SeriesStore, threadCount: Int,
    report: @escaping (SeriesFindings) throws -> Void = { _ in }
  ) {
    self.parameters = parameters
    self.store = store
    self.threadCount = threadCount
    self.report = report
  }

  /// Takes the next series.
  ///
  /// - Throws: `SeriesStoreError` when models of a block before could not be kept.
  public mutating func add(_ id: String, _ material: Material) throws {
    waiting.append((id, material))
    if waiting.count == SeriesFitting.blockSize { try fitWaiting() }
  }

  /// Fits what is left and waits until everything is on the disk.
  ///
  /// - Throws: `SeriesStoreError` when models could not be kept.
  public mutating func finish() throws -> SeriesFittingSummary {
    try fitWaiting()
    try writes.wait()
    (summary.newVersionCount, summary.unchangedCount) = writes.counts
    return summary
  }

  private mutating func fitWaiting() throws {
    let (block, parameters) = (waiting, parameters)
    waiting.removeAll(keepingCapacity: true)
    let fits = BlockParallel.map(count: block.count, blockSize: 32, threadCount: threadCount) {
      $0.map { SeriesFit(block[$0].id, block[$0].material, parameters: parameters) }
    }
    try writes.wait()
    for fit in fits.joined() {
      summary.add(fit.findings)
      try report(fit.findings)
      if let model = fit.model {
        store.add(model, points: fit.points, to: fit.findings.id, completion: writes.expect())
      }
    }
  }
}

/// The model of one series, and what was found on the way.
private struct SeriesFit: Sendable {
  let findings: SeriesFindings
  let model: ThreeSigmaModel?
  let points: SeriesPoints

  init(_ id: String, _ material: SeriesFitting.Material, parameters: ThreeSigmaParameters) {
    var findings = SeriesFindings(id: id)
    var model: ThreeSigmaModel?
    var points = SeriesPoints(timestamps: [], values: [])
    do throws(ThreeSigmaError) {
      switch material {
      case .points(let series):
        findings.describe(series.timestamps)
        points = SeriesPoints(timestamps: series.timestamps, values: series.values)
        model = try ThreeSigmaModel.fit(
          timestamps: series.timestamps, values: series.values, parameters: parameters)
      case .moments(let moments, let first, let last):
        findings.pointCount = moments.count
        model = try ThreeSigmaModel.fit(
          moments: moments, firstTime: first, lastTime: last, parameters: parameters)
      }
    } catch {
      findings.fault = error.code
    }
    findings.isConstant = model?.isConstant ?? false
    self.findings = findings
    self.model = model
    self.points = points
  }
}

/// Answers of the store that are still to come.
private final class PendingWrites: Sendable {
  private let group = DispatchGroup()
  private let state = Mutex(State())

  private struct State {
    var created = 0
    var unchanged = 0
    var failure: SeriesStoreError?
  }

  /// How many versions were made, and how many were there already.
  var counts: (created: Int, unchanged: Int) {
    state.withLock { ($0.created, $0.unchanged) }
  }

  /// What the store calls once.
  func expect() -> @Sendable (Result<SeriesStore.WriteOutcome, SeriesStoreError>) -> Void {
    group.enter()
    return { [self] outcome in
      state.withLock { state in
        switch outcome {
        case .success(.created): state.created += 1
        case .success: state.unchanged += 1
        case .failure(let error): state.failure = state.failure ?? error
        }
      }
      group.leave()
    }
  }

  /// Waits until all answers have come.
  func wait() throws(SeriesStoreError) {
    group.wait()
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}
