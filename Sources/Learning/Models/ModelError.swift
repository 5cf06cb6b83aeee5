/// Why a model could not be read or applied.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// The rows have another number of features than the model.
  case featureCountMismatch(expected: Int, actual: Int)
  /// The features have other names or another order than the model's.
  case featureMismatch(expected: [String], actual: [String])
  /// A value that the model cannot score, such as an infinity; the position is of the first one.
  case invalidValue(row: Int, feature: String, reason: String)
  /// A stored model is cut, altered or of an unknown format.
  case malformed(reason: String)

  public var description: String {
    switch self {
    case .featureCountMismatch(let expected, let actual):
      "the model has \(expected) features, the data \(actual)"
    case .featureMismatch(let expected, let actual):
      "the model's features are \(expected.joined(separator: ", ")); "
        + "the data has \(actual.joined(separator: ", "))"
    case .invalidValue(let row, let feature, let reason):
      "row \(row), feature \(feature): \(reason)"
    case .malformed(let reason):
      "the stored model cannot be read: \(reason)"
    }
  }
}
