import LinearAlgebra
import Tabular
import Testing

@Suite struct LinearAlgebraTests {
  private func random(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix<Double> {
    var generator = SeededGenerator(seed: seed)
    return Matrix(
      rowCount: rows, columnCount: columns,
      values: (0..<rows * columns).map { _ in generator.normal() })
  }

  private func transposed(_ matrix: Matrix<Double>) -> Matrix<Double> {
    var result = Matrix<Double>(rowCount: matrix.columnCount, columnCount: matrix.rowCount)
    for row in 0..<matrix.rowCount {
      for column in 0..<matrix.columnCount { result[column, row] = matrix[row, column] }
    }
    return result
  }

  /// The three-loop product that the library is compared with.
  private func plainProduct(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Matrix<Double> {
    var result = Matrix<Double>(rowCount: a.rowCount, columnCount: b.columnCount)
    for i in 0..<a.rowCount {
      for j in 0..<b.columnCount {
        for k in 0..<a.columnCount { result[i, j] += a[i, k] * b[k, j] }
      }
    }
    return result
  }

  private func distance(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
    #expect(a.rowCount == b.rowCount && a.columnCount == b.columnCount)
    return zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
  }

  @Test(arguments: [(1, 1, 1), (3, 5, 2), (17, 9, 33), (0, 3, 2), (2, 0, 3)])
  func `products agree with three loops in every orientation`(m: Int, k: Int, n: Int) throws {
    let a = random(m, k)
    let b = random(k, n, seed: 2)
    let expected = plainProduct(a, b)
    #expect(distance(try LinearAlgebra.product(a, b), expected) < 1e-13)
    #expect(
      distance(try LinearAlgebra.product(transposed(a), transposingLeft: true, b), expected) < 1e-13
    )
    #expect(
      distance(try LinearAlgebra.product(a, transposed(b), transposingRight: true), expected)
        < 1e-13)
  }

  @Test func `cross products add up in the lower triangle`() throws {
    let (a, b) = (random(20, 6), random(11, 6, seed: 3))
    var sum = Matrix<Double>(rowCount: 6, columnCount: 6)
    try LinearAlgebra.addCrossProduct(of: a, to: &sum)
    try LinearAlgebra.addCrossProduct(of: b, to: &sum)
    let first = plainProduct(transposed(a), a)
    let second = plainProduct(transposed(b), b)
    for row in 0..<6 {
      for column in 0..<6 {
        let expected = column <= row ? first[row, column] + second[row, column] : 0
        #expect(abs(sum[row, column] - expected) < 1e-12)
      }
    }
  }

  @Test func `the Cholesky factor of a matrix by hand`() throws {
    let factor = try LinearAlgebra.choleskyFactor(
      of: Matrix(rows: [[4, .nan, .nan], [12, 37, .nan], [-16, -43, 98]]))
    #expect(factor == Matrix(rows: [[2, 0, 0], [6, 1, 0], [-8, 5, 3]]))
  }

  @Test func `what has no Cholesky factor is a typed error`() {
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) {
      try LinearAlgebra.choleskyFactor(of: Matrix(rows: [[1, 2], [2, 1]]))
    }
    #expect(throws: LinearAlgebraError.notFinite(routine: "dpotrf")) {
      try LinearAlgebra.choleskyFactor(of: Matrix(rows: [[1, 0], [.nan, 1]]))
    }
  }

  @Test func `solving with the factor whitens rows`() throws {
    let factor = Matrix<Double>(rows: [[2, 0, 0], [6, 1, 0], [-8, 5, 3]])
    var rows = random(7, 3)
    let whitened = rows
    rows = plainProduct(rows, transposed(factor))
    try LinearAlgebra.solveLower(factor, rows: &rows)
    #expect(distance(rows, whitened) < 1e-12)
  }

  @Test func `orthogonal factors multiply to the matrix`() throws {
    let matrix = random(12, 4)
    let factors = try LinearAlgebra.orthogonalFactors(of: matrix)
    #expect(distance(plainProduct(factors.basis, factors.triangle), matrix) < 1e-13)
    let identity = plainProduct(transposed(factors.basis), factors.basis)
    for row in 0..<4 {
      for column in 0..<4 {
        #expect(abs(identity[row, column] - (row == column ? 1 : 0)) < 1e-13)
      }
    }
  }

  @Test func `a dependent column is named`() {
    var matrix = random(10, 3)
    for row in 0..<10 { matrix[row, 2] = 2 * matrix[row, 0] - matrix[row, 1] }
    #expect(throws: LinearAlgebraError.rankDeficient(column: 2)) {
      try LinearAlgebra.orthogonalFactors(of: matrix)
    }
  }

  @Test func `least squares finds the exact solution and the normal equations hold`() throws {
    let matrix = random(15, 3)
    let solution = random(3, 2, seed: 5)
    let right = plainProduct(matrix, solution)
    #expect(distance(try LinearAlgebra.leastSquares(matrix, right), solution) < 1e-13)
    let noisy = random(15, 2, seed: 6)
    let fitted = try LinearAlgebra.leastSquares(matrix, noisy)
    var residual = plainProduct(matrix, fitted)
    for index in residual.values.indices { residual.values[index] -= noisy.values[index] }
    let normal = plainProduct(transposed(matrix), residual)
    #expect(normal.values.allSatisfy { abs($0) < 1e-12 })
  }

  @Test func `eigenvectors diagonalise`() throws {
    let half = random(6, 4)
    let matrix = plainProduct(transposed(half), half)
    let (values, vectors) = try LinearAlgebra.eigenDecomposition(of: matrix)
    #expect(values == values.sorted())
    let image = plainProduct(matrix, vectors)
    for row in 0..<4 {
      for column in 0..<4 {
        #expect(abs(image[row, column] - values[column] * vectors[row, column]) < 1e-11)
      }
    }
  }
}
