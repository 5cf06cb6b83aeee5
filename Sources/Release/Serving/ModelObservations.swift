internal import Evaluation
internal import Synchronization
internal import Tabular

/// What a model was asked to judge lately, counted in the bins of its training reference.
///
/// Two windows of rows are kept, the full one before and the one that fills, so old rows leave without a clock.
final class ModelObservations: Sendable {
  /// How many rows a window holds.
  static let windowRowCount = 10_000

  private let reference: DriftReference?
  private let state: Mutex<State>

  private struct State {
    var before: Counts?
    var now: Counts
    var rowCount = 0
  }

  private struct Counts {
    var features: [[Int]]
    var score: [Int]

    init(_ reference: DriftReference?) {
      features = (reference?.bins ?? []).map { Array(repeating: 0, count: $0.counts.count) }
      score = Array(repeating: 0, count: reference?.scoreBins.counts.count ?? 0)
    }
  }

  init(reference: DriftReference?) {
    self.reference = reference
    state = Mutex(State(now: Counts(reference)))
  }

  /// Counts one row and its score.
  func add(_ row: [Double], score: Double) {
    state.withLock { add(row.span, score, to: &$0) }
  }

  /// Counts many rows.
  func add(_ matrix: Matrix<Double>, scores: [Double]) {
    let values = matrix.values.span
    state.withLock { state in
      for (row, score) in scores.enumerated() {
        let start = row * matrix.columnCount
        add(values.extracting(start..<start + matrix.columnCount), score, to: &state)
      }
    }
  }

  private func add(_ row: Span<Double>, _ score: Double, to state: inout State) {
    state.rowCount += 1
    guard let reference, reference.bins.count == row.count else { return }
    for column in 0..<row.count {
      state.now.features[column][reference.bins[column].bin(of: row[column])] += 1
    }
    state.now.score[reference.scoreBins.bin(of: score)] += 1
    if state.rowCount.isMultiple(of: ModelObservations.windowRowCount) {
      state.before = state.now
      state.now = Counts(reference)
    }
  }

  /// How many rows were judged since the version was loaded.
  var rowCount: Int { state.withLock { $0.rowCount } }

  /// The drift of each feature and, under `nil`, of the score; empty without a reference or without rows.
  func drift() -> [(feature: String?, stability: PopulationStability)] {
    guard let reference else { return [] }
    let (before, now) = state.withLock { ($0.before, $0.now) }
    func sum(_ pick: (Counts) -> [Int]) -> [Int] {
      guard let before else { return pick(now) }
      return zip(pick(before), pick(now)).map { $0 + $1 }
    }
    var result: [(feature: String?, stability: PopulationStability)] = []
    if let score = try? PopulationStability(
      training: reference.scoreBins.counts, current: sum(\.score))
    {
      result.append((nil, score))
    }
    for (index, name) in reference.featureNames.enumerated() {
      let current = sum { $0.features[index] }
      if let stability = try? PopulationStability(
        training: reference.bins[index].counts, current: current)
      {
        result.append((name, stability))
      }
    }
    return result
  }

  /// The score's bins with the rows in each, of the last two windows; empty without a reference.
  func scoreHistogram() -> [(upTo: Double, count: Int)] {
    guard let reference else { return [] }
    let (before, now) = state.withLock { ($0.before, $0.now) }
    let counts = zip(now.score, before?.score ?? now.score.map { _ in 0 }).map { $0 + $1 }
    return zip(reference.scoreBins.edges + [.infinity], counts).map { ($0, $1) }
  }
}
