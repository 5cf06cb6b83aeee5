internal import Tabular

/// How c(n) is computed: the mean depth at which a random search tree of n rows isolates one of them.
///
/// c(n) = 2 H(n − 1) − 2 (n − 1) / n, with H the harmonic number (Liu, Ting & Zhou 2008, equation 1).
public enum PathLength: String, CaseIterable, Equatable, Sendable {
  /// With exact harmonic numbers.
  case exact
  /// With scikit-learn's approximation H(n) ≈ ln n + γ, which is 27 % low at n = 3.
  case approximate

  private static let eulerGamma = 0.5772156649015329

  /// c(`count`): 0 for at most one row, 1 for two.
  ///
  /// - Complexity: O(1).
  public func average(_ count: Int) -> Double {
    guard count > 2 else { return count == 2 ? 1 : 0 }
    let number = Double(count)
    let harmonic =
      switch self {
      case .exact: Self.harmonic(count - 1)
      case .approximate: PortableMath.log(number - 1) + Self.eulerGamma
      }
    return 2 * harmonic - 2 * (number - 1) / number
  }

  /// H(0) … H(256), each added from the smallest term up, so that the sum loses least.
  private static let harmonics = (0...256).map { count in
    (0..<count).reversed().reduce(0) { $0 + 1 / Double($1 + 1) }
  }

  private static func harmonic(_ count: Int) -> Double {
    guard count > 256 else { return harmonics[count] }
    let number = Double(count)
    let square = number * number
    return PortableMath.log(number) + eulerGamma + 1 / (2 * number) - 1 / (12 * square)
      + 1 / (120 * square * square)
  }
}
