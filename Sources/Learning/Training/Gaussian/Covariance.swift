internal import LinearAlgebra
internal import Tabular

/// A covariance matrix; the lower triangle counts.
struct Covariance {
  var values: Matrix<Double>

  static func identity(_ count: Int) -> Matrix<Double> {
    var matrix = Matrix<Double>(rowCount: count, columnCount: count)
    for index in 0..<count { matrix[index, index] = 1 }
    return matrix
  }

  /// Multiplies every element.
  mutating func multiply(by factor: Double) {
    for index in values.values.indices { values.values[index] *= factor }
  }

  /// Gives features without a variance the one they have in `other`, uncorrelated.
  mutating func fillConstants(from other: Covariance) {
    for feature in 0..<values.rowCount where values[feature, feature] == 0 {
      values[feature, feature] = other.values[feature, feature]
    }
  }

  /// 1 / standard deviation, or 1 when features keep their units; 0 for a feature without a variance that can be inverted.
  func inverseScale(parameters: GaussianParameters) -> [Double] {
    (0..<values.rowCount).map { feature in
      let variance = values[feature, feature]
      guard variance >= .leastNormalMagnitude else { return 0 }
      return parameters.standardizes ? 1 / variance.squareRoot() : 1
    }
  }

  /// The covariance of the features times `scale`.
  func scaled(by scale: [Double]) -> Covariance {
    var result = values
    for row in 0..<values.rowCount {
      for column in 0...row {
        result[row, column] = values[row, column] * scale[row] * scale[column]
      }
    }
    return Covariance(values: result)
  }

  /// Drawn by `share` towards uncorrelated features of the mean variance; features that are not active get variance 1.
  func shrunk(by share: Double, active: [Int]) -> Covariance {
    let mean =
      active.map { values[$0, $0] }.reduce(0, +) / Double(Swift.max(active.count, 1))
    var result = Covariance.identity(values.rowCount)
    for row in active {
      for column in active where column <= row {
        let value = (1 - share) * values[row, column]
        result[row, column] = column == row ? value + share * mean : value
      }
    }
    return Covariance(values: result)
  }

  /// The covariance in which only the residual counts: variance 1 outside the space of the first principal components that
  /// explain `explainedShare` of the variance, and inside it one so large that what lies there weighs 1e-8 as much.
  ///
  /// So the residual is a Mahalanobis distance, with all that goes with it: missing values, contributions, one stored form.
  func residual(explainedShare: Double, active: [Int]) throws(TrainingError) -> Covariance {
    guard !active.isEmpty else { return self }
    var part = Matrix<Double>(rowCount: active.count, columnCount: active.count)
    for (row, first) in active.enumerated() {
      for (column, second) in active[...row].enumerated() {
        part[row, column] = values[first, second]
      }
    }
    let symmetric = part
    let (variances, vectors) = try CrossMoments.checked { () throws(LinearAlgebraError) in
      try LinearAlgebra.eigenDecomposition(of: symmetric)
    }
    let total = variances.reduce(0, +)
    var explained = 0.0
    var result = Covariance.identity(values.rowCount)
    for component in variances.indices.reversed() where explained < explainedShare * total {
      explained += variances[component]
      for (row, first) in active.enumerated() {
        for (column, second) in active[...row].enumerated() {
          result[first, second] += 1e8 * vectors[row, component] * vectors[column, component]
        }
      }
    }
    return Covariance(values: result)
  }

  /// The Cholesky factor; when there is none, as little is added to the diagonal as makes one.
  func factor(active: [Int]) throws(TrainingError) -> (factor: Matrix<Double>, ridge: Double) {
    var ridge = 0.0
    while true {
      var candidate = values
      for feature in active { candidate[feature, feature] *= 1 + ridge }
      do throws(LinearAlgebraError) {
        let factor = try LinearAlgebra.choleskyFactor(of: candidate)
        // A factor that rounding alone made possible would turn noise into distance.
        let isSound = active.allSatisfy {
          factor[$0, $0] * factor[$0, $0] > 1e-12 * candidate[$0, $0]
        }
        if isSound { return (factor, ridge) }
      } catch {
        guard case .notPositiveDefinite = error else { throw .linearAlgebra(error) }
      }
      ridge = ridge == 0 ? 1e-10 : ridge * 10
    }
  }
}
