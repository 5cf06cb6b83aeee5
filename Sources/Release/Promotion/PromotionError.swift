/// Why a promotion cannot be decided.
public enum PromotionError: Error, Equatable, CustomStringConvertible {
  /// The policy has a member or a value that it cannot have; `path` is the place in the document.
  case invalidPolicy(path: String, reason: String)
  /// The metrics of a version are not JSON.
  case malformedMetrics(path: String, reason: String)
  /// Forcing a promotion past its gates needs a reason for the audit.
  case reasonMissing

  public var description: String {
    switch self {
    case .invalidPolicy(let path, let reason): "promotion policy, \(path): \(reason)"
    case .malformedMetrics(let path, let reason):
      "\(path) cannot be read: \(reason); evaluate the model again"
    case .reasonMissing: "forcing a promotion needs a reason; add --reason"
    }
  }
}
