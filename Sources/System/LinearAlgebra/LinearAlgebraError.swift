/// Why a factorisation has no result; sizes that do not fit together are bugs and trap instead.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// The matrix has no Cholesky factor: the leading square of this order is not positive definite.
  case notPositiveDefinite(order: Int)
  /// A column is a combination of the ones before it, so the solution is not unique.
  case rankDeficient(column: Int)
  /// A value is NaN or infinite.
  case notFinite(routine: String)
  /// A dimension is past the 2³¹ − 1 that the library can count.
  case tooLarge(dimension: Int)
  /// The library did not converge or could not allocate its workspace.
  case failed(routine: String, code: Int)

  public var description: String {
    switch self {
    case .notPositiveDefinite(let order):
      "the matrix is not positive definite (leading order \(order)); use more shrinkage"
    case .rankDeficient(let column):
      "column \(column) is a combination of the columns before it; remove it"
    case .notFinite(let routine):
      "\(routine) was given a value that is NaN or infinite"
    case .tooLarge(let dimension):
      "a dimension of \(dimension) is past what the library can count"
    case .failed(let routine, let code):
      "\(routine) failed with code \(code)"
    }
  }
}
