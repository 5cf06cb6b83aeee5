/// Why an evaluation cannot be made; messages name row keys at most, never what a row holds.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
  /// The periods of training and test do not follow one another as an honest evaluation needs.
  case invalidSplit(reason: String)
  /// The split forbids entities of the test that trained already.
  case knownEntities(count: Int, total: Int)
  /// Columns that describe the same rows differ in length.
  case rowCountMismatch(column: String, expected: Int, actual: Int)
  /// A score is NaN or infinite; `row` is the first such row.
  case invalidScore(detector: String, row: String)
  /// A label is none of 1 (fraud), 0 (genuine) and −1 (unknown); `row` is the first such row.
  case invalidLabel(row: String)
  /// A weight is NaN, infinite or negative; `row` counts from 0.
  case invalidWeight(row: Int)
  /// A setting is outside its range.
  case invalidParameter(name: String, reason: String)
  /// No row is left to evaluate.
  case noRows(reason: String)
  /// The plotting program is not installed.
  case plottingUnavailable(reason: String)
  /// The plotting program refused its input.
  case plottingFailed(plot: String, reason: String)

  public var description: String {
    switch self {
    case .invalidSplit(let reason):
      "the time split cannot be used: \(reason)"
    case .knownEntities(let count, let total):
      "\(count) of \(total) entities of the test period have rows in the training period, which the "
        + "split forbids; set evaluation.refuse_known_entities to false or train on other entities"
    case .rowCountMismatch(let column, let expected, let actual):
      "column \(column) has \(actual) rows where \(expected) are expected"
    case .invalidScore(let detector, let row):
      "detector \(detector) gave row \(row) a score that is not a finite number; "
        + "check the row's features for missing or infinite values"
    case .invalidLabel(let row):
      "row \(row) has a label other than 1 (fraud), 0 (genuine) or -1 (unknown)"
    case .invalidWeight(let row):
      "row number \(row) has a weight that is negative or not finite"
    case .invalidParameter(let name, let reason):
      "\(name): \(reason)"
    case .noRows(let reason):
      "there is nothing to evaluate: \(reason)"
    case .plottingUnavailable(let reason):
      "the report's plots need gnuplot: \(reason); install it with: apt-get install gnuplot-nox"
    case .plottingFailed(let plot, let reason):
      "gnuplot could not draw the plot \(plot): \(reason)"
    }
  }
}
