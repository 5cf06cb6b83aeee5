public import Files
public import Models
internal import Tabular

extension IsolationForestLearner {
  /// Grows the trees from a mapped table and sets the threshold, in memory that does not grow with the rows except for
  /// a bit each and the scores above the threshold; the same model as of the table in memory.
  ///
  /// - Throws: As `fit` of a matrix; `TrainingError.invalidParameter` for thresholds that need every row's score at once.
  public func fit(
    _ table: borrowing MappedTable, featureNames: [String], threadCount: Int = 1
  ) throws(TrainingError) -> IsolationForest {
    let rowCount = table.rowCount
    guard rowCount > 0, table.columnCount > 0 else {
      throw .emptyData(rows: rowCount, columns: table.columnCount)
    }
    let samples = samples(of: 0..<parameters.treeCount, rowCount: rowCount, RowFacts())
    let distinct = Set(samples).sorted()
    var values: [Float] = []
    values.reserveCapacity(distinct.count * table.columnCount)
    for row in distinct { values += table.values(rows: row..<row + 1) }
    let sampled = Matrix(
      rowCount: distinct.count, columnCount: table.columnCount, values: values)
    let places = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
    let trees = try grow(
      0..<parameters.treeCount, sampled, featureNames, samples: samples.map { places[$0] ?? 0 },
      sampleCount: parameters.sampleCount(rowCount: rowCount), threadCount: threadCount)
    let forest = try self.forest(of: trees, featureNames, rowCount: rowCount)
    var top: TopScores
    switch parameters.contamination {
    case .automatic: return forest
    case .share(let share): top = TopScores(count: Int(share * Double(rowCount - 1)) + 2)
    case .alertBudget(let budget): top = TopScores(count: budget + 1)
    case .falseAlarmRate(let rate):
      throw .invalidParameter(
        name: "false_alarm_rate", given: String(rate),
        allowed: "contamination or alert_budget for a table that is not in memory")
    }
    do throws(ModelError) {
      try forest.scores(of: table, threadCount: threadCount) { _, scores in top.insert(scores) }
    } catch {
      throw .model(error)
    }
    if case .share(let share) = parameters.contamination {
      return forest.withThreshold(
        Self.upperQuantile(ofDescending: top.descending, share: share, count: rowCount))
    }
    let highest = top.descending
    return forest.withThreshold(highest[highest.count - 1])
  }
}

/// The highest scores of a stream.
struct TopScores {
  let count: Int
  private var kept: [Double] = []
  private var least = -Double.infinity

  init(count: Int) { self.count = count }

  /// The highest of `scores`.
  init(_ count: Int, of scores: [Double]) {
    self.init(count: count)
    insert(scores)
  }

  mutating func insert(_ scores: [Double]) {
    for score in scores where score >= least {
      kept.append(score)
      // Sorting is rare: what is dropped raises what later scores must reach.
      guard kept.count > 2 * count + 65_536 else { continue }
      kept = descending
      least = kept[kept.count - 1]
    }
  }

  var descending: [Double] { Array(kept.sorted(by: >).prefix(count)) }
}
