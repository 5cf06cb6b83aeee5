internal import Tabular

/// A covariance matrix; the lower triangle counts.
struct Covariance {
  var values: Matrix<Double>

  static func identity(_ count: Int) -> Matrix<Double> {
    var matrix = Matrix<Double>(rowCount: count, columnCount: count)
    for index in 0..<count { matrix[index, index] = 1 }
    return matrix
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
}
