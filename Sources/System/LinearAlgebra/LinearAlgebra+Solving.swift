internal import CLAPACKE
public import Tabular

extension LinearAlgebra {
  /// The x that solves A · x = `right` for a symmetric positive definite A (dpotrf, dpotrs).
  ///
  /// Only the lower triangle of `matrix` is read.
  ///
  /// - Precondition: `right` has one number for each row of `matrix`.
  /// - Throws: As `choleskyFactor(of:)`.
  /// - Complexity: O(order³ / 3).
  public static func solve(
    positiveDefinite matrix: Matrix<Double>, _ right: [Double]
  ) throws(LinearAlgebraError) -> [Double] {
    precondition(matrix.rowCount == right.count, "a system has one right side for each row")
    let factor = try choleskyFactor(of: matrix)
    let n = try size(right.count)
    guard n > 0 else { return [] }
    var solution = right
    // A row-major lower triangle is a column-major upper one.
    let status = unsafe factor.values.withUnsafeBufferPointer { a in
      unsafe solution.withUnsafeMutableBufferPointer { b in
        unsafe LAPACKE_dpotrs_work(
          LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), n, 1, a.baseAddress, n, b.baseAddress, n)
      }
    }
    guard status == 0 else { throw .failed(routine: "dpotrs", code: Int(status)) }
    return solution
  }
}
