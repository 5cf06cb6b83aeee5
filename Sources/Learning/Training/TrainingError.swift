public import LinearAlgebra
public import Models

/// Why a model could not be trained.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// A parameter has a value that it cannot have.
  case invalidParameter(name: String, given: String, allowed: String)
  /// A parameter that the kind of model does not have.
  case unknownParameter(name: String, known: [String])
  /// There is nothing to learn from.
  case emptyData(rows: Int, columns: Int)
  /// The names do not fit the columns.
  case featureCountMismatch(names: Int, columns: Int)
  /// A value that cannot be learned from, such as an infinity; the position is of the first one.
  case invalidValue(row: Int, feature: String, reason: String)
  /// Weights are to be learned from labels, and there are too few of one kind.
  case tooFewLabels(anomalies: Int, others: Int, needed: Int)
  /// A robust fit needs more rows without missing values.
  case tooFewRows(complete: Int, needed: Int)
  /// A factorisation has no result.
  case linearAlgebra(LinearAlgebraError)
  /// The fitted model was refused.
  case model(ModelError)

  public var description: String {
    switch self {
    case .invalidParameter(let name, let given, let allowed):
      "parameter \(name) is \(given); allowed: \(allowed)"
    case .unknownParameter(let name, let known):
      "there is no parameter \(name); known: \(known.joined(separator: ", "))"
    case .emptyData(let rows, let columns):
      "cannot train on \(rows) rows × \(columns) columns; at least 1 × 1 is needed"
    case .featureCountMismatch(let names, let columns):
      "\(names) feature names were given for \(columns) columns"
    case .invalidValue(let row, let feature, let reason):
      "row \(row), feature \(feature): \(reason)"
    case .tooFewLabels(let anomalies, let others, let needed):
      "weights cannot be fitted on \(anomalies) anomalies and \(others) other rows; at least \(needed) of each must be "
        + "known when training ends; use the combination maximum, which needs no labels"
    case .tooFewRows(let complete, let needed):
      "a robust fit needs at least \(needed) rows without missing values, there are \(complete); use the estimator moments"
    case .linearAlgebra(let error):
      error.description
    case .model(let error):
      error.description
    }
  }
}
