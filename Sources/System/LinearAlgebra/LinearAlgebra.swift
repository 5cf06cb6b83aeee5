internal import CLAPACKE
internal import COpenBLAS
public import Tabular

/// Dense matrix algebra by OpenBLAS and LAPACK on row-major matrices.
///
/// The library is set to one thread before its first use: it runs inside our own blocks of rows, which are the same for
/// every number of threads, and results must not depend on how a product was split. Several threads may call at once.
public enum LinearAlgebra {
  /// Set once, before any call (Swift initialises it under a lock).
  private static let isSingleThreaded: Bool = {
    openblas_set_num_threads(1)
    return true
  }()

  /// A size as the library counts it, after making sure that it runs on one thread.
  static func size(_ count: Int) throws(LinearAlgebraError) -> Int32 {
    precondition(isSingleThreaded, "the library is set to one thread")
    guard let size = Int32(exactly: count) else { throw .tooLarge(dimension: count) }
    return size
  }

  /// The product of two matrices, each as it is or transposed (dgemm).
  ///
  /// - Precondition: the inner dimensions are equal.
  /// - Throws: `LinearAlgebraError.tooLarge`.
  /// - Complexity: O(rows × inner × columns).
  public static func product(
    _ left: Matrix<Double>, transposingLeft: Bool = false, _ right: Matrix<Double>,
    transposingRight: Bool = false
  ) throws(LinearAlgebraError) -> Matrix<Double> {
    let (rows, inner) =
      transposingLeft
      ? (left.columnCount, left.rowCount) : (left.rowCount, left.columnCount)
    let (rightInner, columns) =
      transposingRight
      ? (right.columnCount, right.rowCount) : (right.rowCount, right.columnCount)
    precondition(inner == rightInner, "inner dimensions of a product are equal")
    var result = Matrix<Double>(rowCount: rows, columnCount: columns)
    guard rows > 0, columns > 0, inner > 0 else { return result }
    let (m, n, k) = try (size(rows), size(columns), size(inner))
    let (leftStride, rightStride) = try (size(left.columnCount), size(right.columnCount))
    unsafe left.values.withUnsafeBufferPointer { a in
      unsafe right.values.withUnsafeBufferPointer { b in
        unsafe result.values.withUnsafeMutableBufferPointer { c in
          unsafe cblas_dgemm(
            CblasRowMajor, transposingLeft ? CblasTrans : CblasNoTrans,
            transposingRight ? CblasTrans : CblasNoTrans, m, n, k, 1, a.baseAddress,
            leftStride, b.baseAddress, rightStride, 0, c.baseAddress, n)
        }
      }
    }
    return result
  }

  /// Adds `block`ᵀ · `block` to the lower triangle of `sum` (dsyrk); the upper triangle is not touched.
  ///
  /// - Precondition: `sum` is square with one row for each column of `block`.
  /// - Throws: `LinearAlgebraError.tooLarge`.
  /// - Complexity: O(rows × columns² / 2).
  public static func addCrossProduct(
    of block: Matrix<Double>, to sum: inout Matrix<Double>
  ) throws(LinearAlgebraError) {
    precondition(
      sum.rowCount == block.columnCount && sum.columnCount == block.columnCount,
      "the sum of cross products is square in the columns")
    guard block.rowCount > 0, block.columnCount > 0 else { return }
    let (n, k) = try (size(block.columnCount), size(block.rowCount))
    unsafe block.values.withUnsafeBufferPointer { a in
      unsafe sum.values.withUnsafeMutableBufferPointer { c in
        unsafe cblas_dsyrk(
          CblasRowMajor, CblasLower, CblasTrans, n, k, 1, a.baseAddress, n, 1, c.baseAddress, n)
      }
    }
  }

  /// The lower triangular factor L of a symmetric positive definite matrix A = L · Lᵀ (dpotrf).
  ///
  /// Only the lower triangle of `matrix` is read; the upper triangle of the result is zero.
  ///
  /// - Throws: `LinearAlgebraError.notPositiveDefinite` with the order of the leading square at fault, `.notFinite`.
  /// - Complexity: O(order³ / 3).
  public static func choleskyFactor(
    of matrix: Matrix<Double>
  ) throws(LinearAlgebraError) -> Matrix<Double> {
    precondition(matrix.rowCount == matrix.columnCount, "a symmetric matrix is square")
    var factor = matrix
    let order = matrix.rowCount
    for row in 0..<order {
      for column in 0..<order where column > row { factor[row, column] = 0 }
      guard factor.values[row * order...row * order + row].allSatisfy(\.isFinite) else {
        throw .notFinite(routine: "dpotrf")
      }
    }
    guard order > 0 else { return factor }
    let n = try size(order)
    // A row-major lower triangle is a column-major upper one, so nothing is copied.
    let status = unsafe factor.values.withUnsafeMutableBufferPointer { a in
      unsafe LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), n, a.baseAddress, n)
    }
    if status > 0 { throw .notPositiveDefinite(order: Int(status)) }
    if status < 0 { throw .failed(routine: "dpotrf", code: Int(status)) }
    return factor
  }

  /// Replaces each row r of `rows` by L⁻¹ · r for a lower triangular L (dtrsm).
  ///
  /// - Precondition: `factor` is square in the columns of `rows` and has no zero on its diagonal.
  /// - Throws: `LinearAlgebraError.tooLarge`.
  /// - Complexity: O(rows × columns² / 2).
  public static func solveLower(
    _ factor: Matrix<Double>, rows: inout Matrix<Double>
  ) throws(LinearAlgebraError) {
    precondition(
      factor.rowCount == rows.columnCount && factor.columnCount == rows.columnCount,
      "the factor is square in the columns")
    guard rows.rowCount > 0, rows.columnCount > 0 else { return }
    let (m, n) = try (size(rows.rowCount), size(rows.columnCount))
    // Rows of B · L⁻ᵀ are L⁻¹ applied to rows of B.
    unsafe factor.values.withUnsafeBufferPointer { a in
      unsafe rows.values.withUnsafeMutableBufferPointer { b in
        unsafe cblas_dtrsm(
          CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, m, n, 1, a.baseAddress,
          n, b.baseAddress, n)
      }
    }
  }
}
