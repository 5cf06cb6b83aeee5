public import Models
public import Tabular

/// Fits a `GaussianDetector`: mean, shrunk covariance by dsyrk, its Cholesky factor by LAPACK.
///
/// Rows are worked on in blocks that depend on the size of the data alone and are added up in their order, so the model
/// has the same bits for every number of threads. A missing value (NaN) is left out of the moments of its feature; each
/// covariance is over the rows that have both features. Features without spread do not count.
public struct GaussianLearner: Sendable {
  /// The settings.
  public let parameters: GaussianParameters

  /// Makes a learner.
  public init(parameters: GaussianParameters) {
    self.parameters = parameters
  }

  /// Fits the model.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`; NaN is a missing value.
  ///   - featureNames: One per column.
  ///   - threadCount: How many threads work; the model does not depend on it.
  /// - Throws: `TrainingError.emptyData`, `.featureCountMismatch`, `.invalidValue` for the first value that is
  ///   infinite or not below 1e140, or `.tooFewRows` for a robust fit.
  /// - Complexity: O(rows × features² / 2 + features³ / 3).
  public func fit(
    _ matrix: Matrix<Double>, featureNames: [String], threadCount: Int = 1
  ) throws(TrainingError) -> GaussianDetector {
    guard matrix.rowCount > 0, matrix.columnCount > 0 else {
      throw .emptyData(rows: matrix.rowCount, columns: matrix.columnCount)
    }
    guard featureNames.count == matrix.columnCount else {
      throw .featureCountMismatch(names: featureNames.count, columns: matrix.columnCount)
    }
    guard case .minimumCovarianceDeterminant(let share, let seed) = parameters.estimator else {
      return try fit(matrix, featureNames: featureNames, threadCount: threadCount, robust: nil)
    }
    // Refuses what cannot be squared before any distance is computed, and knows the spread over all rows.
    let whole = try centredMoments(of: matrix, featureNames: featureNames, threadCount: threadCount)
    let selection = try MinimumCovarianceDeterminant(
      supportFraction: share, seed: seed, threadCount: threadCount
    ).selection(of: matrix)
    return try fit(
      matrix.selecting(rows: selection.rows), featureNames: featureNames, threadCount: threadCount,
      robust: (whole.moments, selection.consistencyFactor))
  }

  /// Fits the model to rows that all count.
  ///
  /// - Parameter robust: The moments of all rows, from which features that are constant among the inliers take their
  ///   variance, and the factor that makes up for the tails that were cut off.
  private func fit(
    _ matrix: Matrix<Double>, featureNames: [String], threadCount: Int,
    robust: (whole: CrossMoments, consistencyFactor: Double)?
  ) throws(TrainingError) -> GaussianDetector {
    let (moments, location) = try centredMoments(
      of: matrix, featureNames: featureNames, threadCount: threadCount)
    var covariance = GaussianLearner.covariance(moments)
    if let robust {
      covariance.multiply(by: robust.consistencyFactor)
      covariance.fillConstants(from: GaussianLearner.covariance(robust.whole))
    }
    return try detector(
      of: covariance, location: location, featureNames: featureNames, rowCount: matrix.rowCount
    ) { scaled, active, inverseScale in
      switch parameters.shrinkage {
      case .fixed(let share): return share
      case .ledoitWolf:
        let fourth = fourthMoment(
          of: matrix, location: location, inverseScale: inverseScale, threadCount: threadCount)
        return GaussianLearner.ledoitWolfShare(
          covariance: scaled, active: active, fourthMoment: fourth, rowCount: matrix.rowCount)
      }
    }
  }

  /// Scales, shrinks and factors a covariance.
  ///
  /// - Parameter shrinkage: The share for the scaled covariance, given its active features and the scales.
  func detector(
    of covariance: Covariance, location: [Double], featureNames: [String], rowCount: Int,
    shrinkage: (_ scaled: Covariance, _ active: [Int], _ inverseScale: [Double]) -> Double
  ) throws(TrainingError) -> GaussianDetector {
    let inverseScale = covariance.inverseScale(parameters: parameters)
    let scaled = covariance.scaled(by: inverseScale)
    let active = inverseScale.indices.filter { inverseScale[$0] > 0 }
    let share = shrinkage(scaled, active, inverseScale)
    var shrunk = scaled.shrunk(by: share, active: active)
    if case .residual(let explained) = parameters.measure {
      shrunk = try shrunk.residual(explainedShare: explained, active: active)
    }
    let (factor, ridge) = try shrunk.factor(active: active)
    do throws(ModelError) {
      return try GaussianDetector(
        featureNames: featureNames, location: location, inverseScale: inverseScale, factor: factor,
        notes: GaussianDetector.Notes(rowCount: rowCount, shrinkage: share, ridge: ridge))
    } catch {
      throw .model(error)
    }
  }

  /// The moments of the rows around a centre near their means, and the means.
  private func centredMoments(
    of matrix: Matrix<Double>, featureNames: [String], threadCount: Int
  ) throws(TrainingError) -> (moments: CrossMoments, location: [Double]) {
    let sample = Swift.min(matrix.rowCount, 1_024)
    let centre = GaussianLearner.means(ofFirst: sample, of: matrix)
    let moments = try crossMoments(
      of: matrix, centre: centre, featureNames: featureNames, threadCount: threadCount)
    let location = GaussianLearner.location(moments, centre: centre)
    guard moments.hasMissing else { return (moments, location) }
    // Pairs are summed over different rows, so only differences from the final means are comparable.
    let again = try crossMoments(
      of: matrix, centre: location, featureNames: featureNames, threadCount: threadCount)
    return (again, GaussianLearner.location(again, centre: location))
  }

  /// At most 64 blocks, so that their sums fit in memory however many features there are.
  private func blockSize(rowCount: Int) -> Int { Swift.max(4_096, (rowCount + 63) / 64) }

  private func crossMoments(
    of matrix: Matrix<Double>, centre: [Double], featureNames: [String], threadCount: Int
  ) throws(TrainingError) -> CrossMoments {
    let parts = try BlockParallel.map(
      count: matrix.rowCount, blockSize: blockSize(rowCount: matrix.rowCount),
      threadCount: threadCount
    ) { (rows) throws(TrainingError) in
      var part = CrossMoments(featureCount: matrix.columnCount)
      try part.add(rows: rows, of: matrix, centre: centre, featureNames: featureNames)
      return part
    }
    var moments = parts[0]
    for part in parts.dropFirst() { moments.merge(part) }
    return moments
  }

  /// Rough means, near enough to the true ones that sums of squared differences lose no digits.
  private static func means(ofFirst rowCount: Int, of matrix: Matrix<Double>) -> [Double] {
    (0..<matrix.columnCount).map { feature in
      var sum = 0.0
      var count = 0.0
      for row in 0..<rowCount {
        let value = matrix[row, feature]
        if value.magnitude < CrossMoments.largestValue {
          sum += value
          count += 1
        }
      }
      return count > 0 ? sum / count : 0
    }
  }

  private static func location(_ moments: CrossMoments, centre: [Double]) -> [Double] {
    centre.indices.map { feature in
      guard moments.varies[feature] else {
        let value = moments.firstValues[feature]
        return value.isNaN ? 0 : value
      }
      return centre[feature] + moments.sums[feature] / moments.count(feature)
    }
  }

  /// The population covariance from sums around a centre near the means; zero for features that do not vary.
  private static func covariance(_ moments: CrossMoments) -> Covariance {
    let count = moments.sums.count
    var values = Matrix<Double>(rowCount: count, columnCount: count)
    for row in 0..<count where moments.varies[row] {
      let rowMean = moments.sums[row] / moments.count(row)
      for column in 0...row where moments.varies[column] {
        let pairs = moments.pairCounts[row, column]
        guard pairs > 0 else { continue }
        let columnMean = moments.sums[column] / moments.count(column)
        values[row, column] = moments.products[row, column] / pairs - rowMean * columnMean
      }
    }
    return Covariance(values: values)
  }

  /// Σ over rows of (Σ over features of the squared scaled difference)², which Ledoit & Wolf's estimate needs.
  private func fourthMoment(
    of matrix: Matrix<Double>, location: [Double], inverseScale: [Double], threadCount: Int
  ) -> Double {
    let count = matrix.columnCount
    let parts = BlockParallel.map(
      count: matrix.rowCount, blockSize: blockSize(rowCount: matrix.rowCount),
      threadCount: threadCount
    ) { rows in
      let values = matrix.values.span
      let (centre, scale) = (location.span, inverseScale.span)
      var total = 0.0
      for row in rows {
        var square = 0.0
        for feature in 0..<count {
          let value = values[row * count + feature]
          let scaled = (value - centre[feature]) * scale[feature]
          if !value.isNaN { square += scaled * scaled }
        }
        total += square * square
      }
      return total
    }
    return parts.reduce(0, +)
  }

  /// The share of the target that minimises the expected squared error (Ledoit & Wolf 2004), as scikit-learn computes it.
  private static func ledoitWolfShare(
    covariance: Covariance, active: [Int], fourthMoment: Double, rowCount: Int
  ) -> Double {
    let (p, n) = (Double(active.count), Double(rowCount))
    guard p > 0 else { return 0 }
    var trace = 0.0
    var squares = 0.0
    for row in active {
      trace += covariance.values[row, row]
      for column in active where column <= row {
        let value = covariance.values[row, column]
        squares += (column == row ? 1 : 2) * value * value
      }
    }
    let mu = trace / p
    let beta = (fourthMoment / n - squares) / (p * n)
    let delta = (squares - 2 * mu * trace + p * mu * mu) / p
    guard beta > 0, delta > 0 else { return beta > 0 ? 1 : 0 }
    return Swift.min(beta / delta, 1)
  }
}
