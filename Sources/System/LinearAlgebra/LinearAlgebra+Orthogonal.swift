internal import CLAPACKE
public import Tabular

extension LinearAlgebra {
  /// An orthonormal basis Q and an upper triangular R with `matrix` = Q · R.
  public struct OrthogonalFactors: Equatable, Sendable {
    /// `rows × columns`, with orthonormal columns.
    public let basis: Matrix<Double>
    /// `columns × columns`, upper triangular.
    public let triangle: Matrix<Double>
  }

  /// The thin QR factorisation of a matrix with at least as many rows as columns (dgeqrf, dorgqr).
  ///
  /// - Throws: `LinearAlgebraError.rankDeficient` for the first column that depends on the ones before it (to a relative
  ///   1e-12), `.notFinite`.
  /// - Complexity: O(rows × columns²).
  public static func orthogonalFactors(
    of matrix: Matrix<Double>
  ) throws(LinearAlgebraError) -> OrthogonalFactors {
    let (rows, columns) = (matrix.rowCount, matrix.columnCount)
    precondition(rows >= columns && columns > 0, "a thin factorisation has enough rows")
    guard matrix.values.allSatisfy(\.isFinite) else { throw .notFinite(routine: "dgeqrf") }
    let (m, n) = try (size(rows), size(columns))
    var basis = matrix
    var reflectors = [Double](repeating: 0, count: columns)
    let status = unsafe basis.values.withUnsafeMutableBufferPointer { a in
      unsafe reflectors.withUnsafeMutableBufferPointer { tau in
        unsafe LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, m, n, a.baseAddress, n, tau.baseAddress)
      }
    }
    guard status == 0 else { throw .failed(routine: "dgeqrf", code: Int(status)) }
    var triangle = Matrix<Double>(rowCount: columns, columnCount: columns)
    for row in 0..<columns {
      for column in row..<columns { triangle[row, column] = basis[row, column] }
    }
    for column in 0..<columns {
      let length = (0...column).map { triangle[$0, column] * triangle[$0, column] }.reduce(0, +)
      guard triangle[column, column].magnitude > 1e-12 * length.squareRoot() else {
        throw .rankDeficient(column: column)
      }
    }
    let completion = unsafe basis.values.withUnsafeMutableBufferPointer { a in
      unsafe reflectors.withUnsafeMutableBufferPointer { tau in
        unsafe LAPACKE_dorgqr(LAPACK_ROW_MAJOR, m, n, n, a.baseAddress, n, tau.baseAddress)
      }
    }
    guard completion == 0 else { throw .failed(routine: "dorgqr", code: Int(completion)) }
    return OrthogonalFactors(basis: basis, triangle: triangle)
  }

  /// The X that minimises |A · X − B| column by column (dgels).
  ///
  /// - Parameters:
  ///   - matrix: A, `rows × unknowns`, with at least as many rows as unknowns and of full rank.
  ///   - right: B, `rows × problems`.
  /// - Returns: X, `unknowns × problems`.
  /// - Throws: `LinearAlgebraError.rankDeficient` when a diagonal element of R is zero, `.notFinite`.
  public static func leastSquares(
    _ matrix: Matrix<Double>, _ right: Matrix<Double>
  ) throws(LinearAlgebraError) -> Matrix<Double> {
    let (rows, unknowns, problems) = (matrix.rowCount, matrix.columnCount, right.columnCount)
    precondition(rows == right.rowCount, "a least squares problem has one right side per row")
    precondition(rows >= unknowns && unknowns > 0 && problems > 0, "the problem is not empty")
    guard matrix.values.allSatisfy(\.isFinite), right.values.allSatisfy(\.isFinite) else {
      throw .notFinite(routine: "dgels")
    }
    let (m, n, count) = try (size(rows), size(unknowns), size(problems))
    var a = matrix
    var b = right
    let status = unsafe a.values.withUnsafeMutableBufferPointer { left in
      unsafe b.values.withUnsafeMutableBufferPointer { solution in
        unsafe LAPACKE_dgels(
          LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "N")), m, n, count, left.baseAddress, n,
          solution.baseAddress, count)
      }
    }
    if status > 0 { throw .rankDeficient(column: Int(status) - 1) }
    if status < 0 { throw .failed(routine: "dgels", code: Int(status)) }
    return Matrix(
      rowCount: unknowns, columnCount: problems,
      values: Array(b.values[..<(unknowns * problems)]))
  }

  /// The eigenvalues of a symmetric matrix, ascending, and its orthonormal eigenvectors as columns (dsyevd).
  ///
  /// Only the lower triangle of `matrix` is read.
  ///
  /// - Throws: `LinearAlgebraError.notFinite`, or `.failed` when the iteration did not converge.
  /// - Complexity: O(order³).
  public static func eigenDecomposition(
    of matrix: Matrix<Double>
  ) throws(LinearAlgebraError) -> (values: [Double], vectors: Matrix<Double>) {
    precondition(matrix.rowCount == matrix.columnCount, "a symmetric matrix is square")
    let order = matrix.rowCount
    for row in 0..<order {
      guard matrix.values[row * order...row * order + row].allSatisfy(\.isFinite) else {
        throw .notFinite(routine: "dsyevd")
      }
    }
    guard order > 0 else { return ([], matrix) }
    let n = try size(order)
    var values = [Double](repeating: 0, count: order)
    var vectors = matrix
    let status = unsafe vectors.values.withUnsafeMutableBufferPointer { a in
      unsafe values.withUnsafeMutableBufferPointer { w in
        unsafe LAPACKE_dsyevd(
          LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "L")), n, a.baseAddress, n,
          w.baseAddress)
      }
    }
    guard status == 0 else { throw .failed(routine: "dsyevd", code: Int(status)) }
    return (values, vectors)
  }
}
