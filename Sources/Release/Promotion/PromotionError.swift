/// Why a promotion cannot be decided.
public enum PromotionError: Error, Equatable, CustomStringConvertible {
  /// The policy has a member or a value that it cannot have; `path` is the place in the document.
  case invalidPolicy(path: String, reason: String)
  /// The metrics of a version are not JSON.
  case malformedMetrics(path: String, reason: String)
  /// The champion that the version was compared with is not the champion any more.
  case championMoved(String, measured: Int, present: Int?)
  /// Forcing a promotion past its gates needs a reason for the audit.
  case reasonMissing

  public var description: String {
    switch self {
    case .invalidPolicy(let path, let reason): "promotion policy, \(path): \(reason)"
    case .malformedMetrics(let path, let reason):
      "\(path) cannot be read: \(reason); evaluate the model again"
    case .championMoved(let name, let measured, let present):
      "\(name)@champion was version \(measured) when it was measured and is "
        + (present.map { "version \($0)" } ?? "not set") + " now; promote again"
    case .reasonMissing: "forcing a promotion needs a reason; add --reason"
    }
  }
}
