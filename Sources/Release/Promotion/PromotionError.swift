/// Why a promotion policy cannot be read.
public enum PromotionError: Error, Equatable, CustomStringConvertible {
  /// The policy has a member or a value that it cannot have; `path` is the place in the document.
  case invalidPolicy(path: String, reason: String)

  public var description: String {
    switch self {
    case .invalidPolicy(let path, let reason): "promotion policy, \(path): \(reason)"
    }
  }
}
