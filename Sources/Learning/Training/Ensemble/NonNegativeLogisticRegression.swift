internal import LinearAlgebra
internal import Tabular

/// Logistic regression whose weights are not negative, so that its log-odds never fall when an input rises.
///
/// Minimises Σ log(1 + exp(−±z)) + ½ · ridge · |w|², z = X · w + b, over w ≥ 0 by Newton steps (iteratively reweighted
/// least squares) on the weights that are free to move, with projection and backtracking (Bertsekas 1982).
struct NonNegativeLogisticRegression {
  /// One weight a column.
  private(set) var weights: [Double]
  /// The log-odds where all inputs are 0.
  private(set) var intercept: Double
  /// How many Newton steps were made.
  private(set) var stepCount = 0

  /// Keeps weights finite where a column separates the labels; small against thousands of rows.
  static let ridge = 1.0

  /// Fits weights to `inputs`, `rows × columns`.
  ///
  /// - Precondition: there are rows of both labels.
  /// - Complexity: O(steps × rows × columns²).
  init(_ inputs: Matrix<Double>, labels: [Bool]) {
    precondition(labels.contains(true) && labels.contains(false), "there are labels of both kinds")
    let rate = Double(labels.count { $0 }) / Double(labels.count)
    weights = Array(repeating: 0, count: inputs.columnCount)
    intercept = PortableMath.log(rate / (1 - rate))
    var current = Problem(inputs, labels: labels, weights: weights, intercept: intercept)
    // Convergence is quadratic; ten to twenty steps are usual.
    while stepCount < 100 {
      let free = weights.indices.filter { weights[$0] > 0 || current.gradient[$0] < 0 }
      let moving = free + [weights.count]
      let steepest = moving.map { current.gradient[$0].magnitude }.max() ?? 0
      guard steepest > 1e-9 * Double(labels.count), let step = current.newtonStep(moving) else {
        break
      }
      stepCount += 1
      guard let next = descend(from: current, along: step, moving, inputs, labels) else { break }
      current = next
    }
    // Far above the rounding errors of any machine and far below what matters: stored bytes agree everywhere.
    weights = weights.map { ($0 * 0x1p20).rounded() * 0x1p-20 }
    intercept = (intercept * 0x1p20).rounded() * 0x1p-20
  }

  /// Goes along `step` as far as the loss falls enough; `nil` when it does not fall any more.
  private mutating func descend(
    from current: Problem, along step: [Double], _ moving: [Int], _ inputs: Matrix<Double>,
    _ labels: [Bool]
  ) -> Problem? {
    var length = 1.0
    while length > 1e-10 {
      var candidate = weights
      var constant = intercept
      var slope = 0.0
      for (index, position) in moving.enumerated() {
        if position == weights.count {
          constant += length * step[index]
          slope += current.gradient[position] * (constant - intercept)
        } else {
          candidate[position] = max(0, weights[position] + length * step[index])
          slope += current.gradient[position] * (candidate[position] - weights[position])
        }
      }
      let next = Problem(inputs, labels: labels, weights: candidate, intercept: constant)
      if next.loss <= current.loss + 1e-4 * slope && next.loss < current.loss {
        (weights, intercept) = (candidate, constant)
        return next
      }
      length /= 2
    }
    return nil
  }
}

/// Loss, gradient and curvature at one point; the intercept is the last coordinate.
private struct Problem {
  private(set) var loss = 0.0
  private(set) var gradient: [Double]
  /// The rows with a column of ones, each times √(p · (1 − p)).
  private var scaled: Matrix<Double>

  init(_ inputs: Matrix<Double>, labels: [Bool], weights: [Double], intercept: Double) {
    let count = weights.count
    let ridge = NonNegativeLogisticRegression.ridge
    scaled = Matrix(rowCount: inputs.rowCount, columnCount: count + 1)
    gradient = weights.map { ridge * $0 } + [0]
    for weight in weights { loss += ridge / 2 * weight * weight }
    for row in 0..<inputs.rowCount {
      var z = intercept
      for column in 0..<count { z += weights[column] * inputs[row, column] }
      // Of two numbers that add up to 1 the smaller one is computed, so that no digits are lost.
      let small = PortableMath.exp(-z.magnitude)
      let probability = z > 0 ? 1 / (1 + small) : small / (1 + small)
      let miss = labels[row] ? (z > 0 ? -small / (1 + small) : -1 / (1 + small)) : probability
      loss += PortableMath.log(1 + small) + (labels[row] == (z > 0) ? 0 : z.magnitude)
      let scale = (small / ((1 + small) * (1 + small))).squareRoot()
      for column in 0..<count {
        gradient[column] += miss * inputs[row, column]
        scaled[row, column] = scale * inputs[row, column]
      }
      gradient[count] += miss
      scaled[row, count] = scale
    }
  }

  /// −H⁻¹ g over the coordinates that may move; `nil` where the curvature is lost.
  func newtonStep(_ moving: [Int]) -> [Double]? {
    var hessian = Matrix<Double>(rowCount: gradient.count, columnCount: gradient.count)
    do {
      try LinearAlgebra.addCrossProduct(of: scaled, to: &hessian)
      var part = Matrix<Double>(rowCount: moving.count, columnCount: moving.count)
      for (row, first) in moving.enumerated() {
        for (column, second) in moving[...row].enumerated() {
          part[row, column] = hessian[max(first, second), min(first, second)]
        }
        if first < gradient.count - 1 { part[row, row] += NonNegativeLogisticRegression.ridge }
      }
      return try LinearAlgebra.solve(positiveDefinite: part, moving.map { -gradient[$0] })
    } catch {
      return nil
    }
  }
}
