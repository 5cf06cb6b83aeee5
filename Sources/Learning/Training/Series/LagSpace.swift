internal import LinearAlgebra
internal import Tabular

/// Sums over the vectors of consecutive values of one series.
struct LagSpace {
  let lagCount: Int
  private var crossProducts: Matrix<Double>
  private var sums: [Double]
  private var vectorCount = 0
  private static let blockRowCount = 512

  init(lagCount: Int) {
    self.lagCount = lagCount
    crossProducts = Matrix(rowCount: lagCount, columnCount: lagCount)
    sums = Array(repeating: 0, count: lagCount)
  }

  /// The vectors whose last values are those at `ends`, one a row.
  func block(_ values: [Double], endingIn ends: Range<Int>) -> Matrix<Double> {
    var block: [Double] = []
    block.reserveCapacity(ends.count * lagCount)
    for end in ends { block.append(contentsOf: values[end - lagCount + 1...end]) }
    return Matrix(rowCount: ends.count, columnCount: lagCount, values: block)
  }

  /// Adds the vectors that end before `end` and were not added yet.
  mutating func learn(_ values: [Double], to end: Int) throws(LinearAlgebraError) {
    var next = vectorCount + lagCount - 1
    while next < end {
      let ends = next..<min(next + LagSpace.blockRowCount, end)
      let block = block(values, endingIn: ends)
      try LinearAlgebra.addCrossProduct(of: block, to: &crossProducts)
      for row in 0..<block.rowCount {
        for lag in 0..<lagCount { sums[lag] += block[row, lag] }
      }
      vectorCount += ends.count
      next = ends.upperBound
    }
  }

  /// Mean and factored covariance of what was learned.
  func model(shrinkage: Double) throws(LinearAlgebraError) -> LagModel {
    let count = Double(vectorCount)
    let mean = sums.map { $0 / count }
    var covariance = crossProducts
    var trace = 0.0
    for row in 0..<lagCount {
      for column in 0...row {
        covariance[row, column] = covariance[row, column] / count - mean[row] * mean[column]
      }
      trace += covariance[row, row]
    }
    // A series that never moved has no covariance; the small term keeps the factor in existence.
    let ridge = shrinkage * trace / Double(lagCount) + 1e-12
    for row in 0..<lagCount {
      for column in 0...row { covariance[row, column] *= 1 - shrinkage }
      covariance[row, row] += ridge
    }
    return try LagModel(mean: mean, factor: LinearAlgebra.choleskyFactor(of: covariance))
  }
}

/// The mean and the Cholesky factor of the covariance of vectors.
struct LagModel {
  private let factor: Matrix<Double>
  /// L⁻¹ · mean.
  private let solvedMean: [Double]

  init(mean: [Double], factor: Matrix<Double>) throws(LinearAlgebraError) {
    self.factor = factor
    var row = Matrix(rows: [mean])
    try LinearAlgebra.solveLower(factor, rows: &row)
    solvedMean = row.values
  }

  /// Writes the squared distances of the rows of `block` to `scores` at `positions`.
  func score(
    _ block: Matrix<Double>, into scores: inout [Double], at positions: Range<Int>
  ) throws(LinearAlgebraError) {
    var block = block
    try LinearAlgebra.solveLower(factor, rows: &block)
    let solved = block.values.span
    let mean = solvedMean.span
    for (row, position) in positions.enumerated() {
      let start = row * mean.count
      var sum = 0.0
      for lag in 0..<mean.count {
        let distance = solved[start + lag] - mean[lag]
        sum += distance * distance
      }
      scores[position] = sum
    }
  }
}
