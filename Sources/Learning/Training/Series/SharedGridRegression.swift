public import LinearAlgebra
public import Tabular

/// Least squares of many series on one set of regressors: seasons, trends or anything else known at every time.
///
/// All series share their timestamps, so the regressors are factored once (QR) and all coefficients come from matrix
/// products: with X = series, Q orthonormal, the fit of a block of series is B = X · Q and the residual X − B · Qᵀ, the
/// coefficients B · R⁻ᵀ. Series whose timestamps differ are grouped by their timestamps first, one regression a group.
public struct SharedGridRegression: Sendable {
  private let factors: LinearAlgebra.OrthogonalFactors

  /// Coefficients and spread of each series.
  public struct Fit: Equatable, Sendable {
    /// `series × regressors`.
    public let coefficients: Matrix<Double>
    /// The population standard deviation of each series' residuals around zero: √(Σ residual² / times).
    public let residualDeviations: [Double]
  }

  /// Factors the regressors.
  ///
  /// - Parameter design: `times × regressors`, with at least as many times as regressors.
  /// - Throws: `LinearAlgebraError.rankDeficient` naming the first regressor that depends on the ones before it,
  ///   `.notFinite`.
  public init(design: Matrix<Double>) throws(LinearAlgebraError) {
    factors = try LinearAlgebra.orthogonalFactors(of: design)
  }

  /// Fits every row of `series` (`series × times`); the result does not depend on `threadCount`.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` when a value is NaN or infinite.
  /// - Complexity: O(series × times × regressors).
  public func fit(
    _ series: Matrix<Double>, threadCount: Int
  ) throws(LinearAlgebraError) -> Fit {
    let times = factors.basis.rowCount
    let regressors = factors.basis.columnCount
    precondition(series.columnCount == times, "every series has a value for every time")
    let blocks = try BlockParallel.map(
      count: series.rowCount, blockSize: 256, threadCount: threadCount
    ) { (rows) throws(LinearAlgebraError) in
      let block = Matrix(
        rowCount: rows.count, columnCount: times,
        values: Array(series.values[rows.lowerBound * times..<rows.upperBound * times]))
      var projection = try LinearAlgebra.product(block, factors.basis)
      let fitted = try LinearAlgebra.product(projection, factors.basis, transposingRight: true)
      var deviations: [Double] = []
      for row in 0..<rows.count {
        let square = SharedGridRegression.squaredDistance(
          block.values.span, fitted.values.span, from: row * times, count: times)
        guard square.isFinite else { throw .notFinite(routine: "dgemm") }
        deviations.append((square / Double(times)).squareRoot())
      }
      // Rows of B · R⁻ᵀ by back substitution; R is small.
      for row in 0..<rows.count {
        for column in (0..<regressors).reversed() {
          var value = projection[row, column]
          for other in column + 1..<max(regressors, column + 1) {
            value -= factors.triangle[column, other] * projection[row, other]
          }
          projection[row, column] = value / factors.triangle[column, column]
        }
      }
      return (projection.values, deviations)
    }
    return Fit(
      coefficients: Matrix(
        rowCount: series.rowCount, columnCount: regressors,
        values: Array(blocks.map(\.0).joined())),
      residualDeviations: Array(blocks.map(\.1).joined()))
  }

  private static func squaredDistance(
    _ a: Span<Double>, _ b: Span<Double>, from start: Int, count: Int
  ) -> Double {
    var lanes = SIMD4<Double>.zero
    var index = start
    while index + 4 <= start + count {
      let difference =
        SIMD4(a[index], a[index + 1], a[index + 2], a[index + 3])
        - SIMD4(b[index], b[index + 1], b[index + 2], b[index + 3])
      lanes += difference * difference
      index += 4
    }
    var total = lanes.sum()
    while index < start + count {
      total += (a[index] - b[index]) * (a[index] - b[index])
      index += 1
    }
    return total
  }
}
