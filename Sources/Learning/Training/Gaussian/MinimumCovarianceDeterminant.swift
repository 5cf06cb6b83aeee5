internal import LinearAlgebra
internal import Tabular

/// Finds the rows that are no outliers: the minimum covariance determinant by FastMCD (Rousseeuw & Van Driessen 1999).
///
/// Of all sets of h rows it looks for the one whose covariance has the smallest determinant, by concentration steps from
/// random starts: each takes the h rows nearest to the mean of the last ones in their covariance, which never raises the
/// determinant. Rows within the 97.5 % quantile of the raw estimate are then the inliers, on which the final moments are
/// computed. Rows are put in an order that only their contents decide, so the result does not depend on theirs. Rows with
/// missing values take no part.
struct MinimumCovarianceDeterminant {
  /// The share of rows that the smallest determinant is sought over, 0.5 ... 1.
  let supportFraction: Double
  /// Chooses the random starts.
  let seed: UInt64
  let threadCount: Int

  /// The inliers of a table.
  struct Selection {
    /// The positions of the inliers.
    let rows: [Int]
    /// What the covariance of the inliers is multiplied with, because the tails were cut off.
    let consistencyFactor: Double
  }

  private static let startCount = 500
  private static let keptCount = 10
  private static let subsetSize = 300
  private static let subsetLimit = 5

  /// Selects the inliers of `matrix`, whose columns are finite or NaN.
  ///
  /// - Throws: `TrainingError.tooFewRows` when fewer than twice as many complete rows as features are there.
  func selection(of matrix: Matrix<Double>) throws(TrainingError) -> Selection {
    let order = canonicalOrder(of: matrix)
    let data = standardized(matrix, rows: order)
    let (rowCount, columnCount) = (data.rowCount, data.columnCount)
    guard rowCount >= max(2 * columnCount, columnCount + 2) else {
      throw .tooFewRows(complete: rowCount, needed: max(2 * columnCount, columnCount + 2))
    }
    let raw = try bestEstimate(of: data)
    let distribution = ChiSquaredDistribution(degrees: columnCount)
    let share = Double(supportCount(rowCount)) / Double(rowCount)
    let limit = distribution.quantile(0.975) * distribution.consistencyFactor(share: share)
    let distances = try raw.squaredDistances(of: data, threadCount: threadCount)
    return Selection(
      rows: distances.indices.filter { distances[$0] < limit }.map { order[$0] },
      consistencyFactor: distribution.consistencyFactor(share: 0.975))
  }

  /// h, as scikit-learn counts it.
  private func supportCount(_ rowCount: Int) -> Int {
    max(1, Int(supportFraction * Double(rowCount)))
  }

  /// The complete rows, in an order as good as random that depends on their contents alone.
  private func canonicalOrder(of matrix: Matrix<Double>) -> [Int] {
    var keyed: [(key: UInt64, row: Int)] = []
    for row in 0..<matrix.rowCount {
      var key = seed
      var isComplete = true
      for value in matrix.values[row * matrix.columnCount..<(row + 1) * matrix.columnCount] {
        isComplete = isComplete && !value.isNaN
        key = SeededGenerator.mix(key ^ (value + 0).bitPattern)
      }
      if isComplete { keyed.append((key: key, row: row)) }
    }
    return keyed.sorted { ($0.key, $0.row) < ($1.key, $1.row) }.map(\.row)
  }

  /// The rows with columns of mean 0 and variance 1, so that one floor suits every unit; constant columns become 0.
  private func standardized(_ matrix: Matrix<Double>, rows: [Int]) -> Matrix<Double> {
    var data = matrix.selecting(rows: rows)
    let count = data.columnCount
    for column in 0..<count {
      var mean = 0.0
      for row in 0..<data.rowCount { mean += data[row, column] / Double(data.rowCount) }
      var variance = 0.0
      for row in 0..<data.rowCount {
        let difference = data[row, column] - mean
        variance += difference * difference / Double(data.rowCount)
      }
      let scale = variance >= .leastNormalMagnitude ? 1 / variance.squareRoot() : 0
      for row in 0..<data.rowCount { data[row, column] = (data[row, column] - mean) * scale }
    }
    return data
  }

  /// Random starts in parts of the rows, the best of them in all parts together, the best of those in all rows.
  private func bestEstimate(of data: Matrix<Double>) throws(TrainingError) -> RobustEstimate {
    var generator = SeededGenerator(seed: seed, stream: 0x4D43_44)
    let size = Self.subsetSize
    guard data.rowCount > 2 * size else {
      let starts = try candidates(of: data, starts: Self.startCount, &generator)
      return try finished(starts, on: data)
    }
    let parts = min(Self.subsetLimit, data.rowCount / size)
    var found: [RobustEstimate] = []
    for part in 0..<parts {
      let rows = data.selecting(rows: part * size..<(part + 1) * size)
      found += try candidates(of: rows, starts: Self.startCount / parts, &generator)
    }
    let merged = data.selecting(rows: 0..<parts * size)
    var improved: [RobustEstimate] = []
    for estimate in found { improved.append(try concentrated(estimate, on: merged, steps: 2)) }
    // A step over all rows is the dear one; few candidates are left to try where there are many rows.
    let kept = data.rowCount > 5_000 ? 1 : Self.keptCount
    let best = improved.sorted { $0.logDeterminant < $1.logDeterminant }.prefix(kept)
    return try finished(Array(best), on: data)
  }

  /// The best of `starts` random starts after two steps each.
  private func candidates(
    of data: Matrix<Double>, starts: Int, _ generator: inout SeededGenerator
  ) throws(TrainingError) -> [RobustEstimate] {
    var found: [RobustEstimate] = []
    for _ in 0..<starts {
      let rows = generator.sample(data.columnCount + 1, from: data.rowCount)
      let estimate = try RobustEstimate(of: data.selecting(rows: rows))
      found.append(try concentrated(estimate, on: data, steps: 2))
    }
    return Array(found.sorted { $0.logDeterminant < $1.logDeterminant }.prefix(Self.keptCount))
  }

  private func finished(
    _ starts: [RobustEstimate], on data: Matrix<Double>
  ) throws(TrainingError) -> RobustEstimate {
    var best: RobustEstimate?
    for start in starts {
      let estimate = try concentrated(start, on: data, steps: 100)
      if estimate.logDeterminant < best?.logDeterminant ?? .infinity { best = estimate }
    }
    return best ?? starts[0]
  }

  /// Concentration steps until the determinant falls no more, at most `steps`.
  private func concentrated(
    _ start: RobustEstimate, on data: Matrix<Double>, steps: Int
  ) throws(TrainingError) -> RobustEstimate {
    var current = start
    var isFirst = true
    for _ in 0..<steps {
      let distances = try current.squaredDistances(of: data, threadCount: threadCount)
      let count = supportCount(data.rowCount)
      let limit = distances.sorted()[count - 1]
      var rows = distances.indices.filter { distances[$0] < limit }
      for row in distances.indices where rows.count < count && distances[row] == limit {
        rows.append(row)
      }
      let next = try RobustEstimate(of: data.selecting(rows: rows))
      // A start from few rows has a determinant that says nothing about h rows.
      guard isFirst || next.logDeterminant < current.logDeterminant - 1e-12 else { break }
      current = next
      isFirst = false
    }
    return current
  }
}

/// Mean and covariance of some rows of a standardised table, ready to measure distances.
struct RobustEstimate {
  let location: [Double]
  let factor: Matrix<Double>
  let logDeterminant: Double

  /// What is added to every variance, in units of the variance over all rows: rows on a plane have a determinant too.
  private static let floor = 1e-9

  init(of rows: Matrix<Double>) throws(TrainingError) {
    let (rowCount, columnCount) = (rows.rowCount, rows.columnCount)
    var centred = rows
    var location = [Double](repeating: 0, count: columnCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount { location[column] += rows[row, column] }
    }
    for column in 0..<columnCount { location[column] /= Double(rowCount) }
    for row in 0..<rowCount {
      for column in 0..<columnCount { centred[row, column] -= location[column] }
    }
    var covariance = Matrix<Double>(rowCount: columnCount, columnCount: columnCount)
    do throws(LinearAlgebraError) {
      try LinearAlgebra.addCrossProduct(of: centred, to: &covariance)
      for index in covariance.values.indices { covariance.values[index] /= Double(rowCount) }
      for column in 0..<columnCount { covariance[column, column] += Self.floor }
      factor = try LinearAlgebra.choleskyFactor(of: covariance)
    } catch {
      throw .linearAlgebra(error)
    }
    self.location = location
    var sum = 0.0
    for column in 0..<columnCount { sum += 2 * PortableMath.log(factor[column, column]) }
    logDeterminant = sum
  }

  /// The squared Mahalanobis distance of each row, by triangular solves of blocks of rows (dtrsm).
  func squaredDistances(
    of data: Matrix<Double>, threadCount: Int
  ) throws(TrainingError) -> [Double] {
    let count = data.columnCount
    return try BlockParallel.elements(
      count: data.rowCount, blockSize: 8_192, threadCount: threadCount
    ) { (rows, distances) throws(TrainingError) in
      var block = data.selecting(rows: rows)
      for row in 0..<block.rowCount {
        for column in 0..<count { block[row, column] -= location[column] }
      }
      try CrossMoments.checked { () throws(LinearAlgebraError) in
        try LinearAlgebra.solveLower(factor, rows: &block)
      }
      for row in 0..<block.rowCount {
        var sum = 0.0
        for column in 0..<count { sum += block[row, column] * block[row, column] }
        distances.append(sum)
      }
    }
  }
}
