/// Why features could not be declared or computed; never holds what a transaction says.
public enum FeatureError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A setting that is absent, unknown or out of range; `path` names it as `features[2].window`.
  case invalidSetting(path: String, reason: String)
  /// A row of a batch is earlier than the row before it.
  case outOfOrder(row: Int)
  /// A stored state belongs to other features, rules or a later format.
  case stateMismatch(expected: String, actual: String)
  /// A stored state is cut or altered.
  case malformedState(reason: String)

  public var description: String {
    switch self {
    case .invalidSetting(let path, let reason): "\(path): \(reason)"
    case .outOfOrder(let row):
      "row \(row) is earlier than the row before it; features need rows in time order"
    case .stateMismatch(let expected, let actual):
      "the stored feature state is of \(actual), this engine computes \(expected); "
        + "compute the state again from the snapshot"
    case .malformedState(let reason):
      "the stored feature state cannot be read: \(reason); compute it again from the snapshot"
    }
  }
}
