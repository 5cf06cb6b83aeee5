public import Tabular

extension GaussianDetector {
  /// The Mahalanobis distance of each row of `matrix` (`rows × features`).
  ///
  /// The result does not depend on `threadCount`, nor on which rows are scored together.
  ///
  /// - Throws: `ModelError.featureCountMismatch`, or `.invalidValue` naming the first infinite value.
  /// - Complexity: O(rows × features²); rows with missing values O(features³ / 3) for each new pattern.
  public func scores(
    of matrix: Matrix<Double>, threadCount: Int
  ) throws(ModelError) -> [Double] {
    guard matrix.columnCount == featureNames.count else {
      throw .featureCountMismatch(expected: featureNames.count, actual: matrix.columnCount)
    }
    return try BlockParallel.elements(
      count: matrix.rowCount, blockSize: 4_096, threadCount: threadCount
    ) { (rows, result) throws(ModelError) in
      try appendDistances(ofRows: rows, in: matrix.values, to: &result)
    }
  }

  private func appendDistances(
    ofRows rows: Range<Int>, in values: [Double], to result: inout OutputSpan<Double>
  ) throws(ModelError) {
    let count = featureNames.count
    // Four vectors for each feature, one lane for each of 32 rows.
    var scratch = [SIMD8<Double>](repeating: .zero, count: 4 * count)
    var marginals: [[Bool]: MarginalFactor] = [:]
    var start = rows.lowerBound
    while start < rows.upperBound {
      let lanes = min(32, rows.upperBound - start)
      let squares = values.withLanes(
        start: start, lanes: lanes, count: count, scratch: &scratch,
        location: location, inverseScale: inverseScale, factor: packedFactor)
      for lane in 0..<lanes {
        let square = squares[lane]
        if square.isFinite {
          result.append(square.squareRoot())
        } else {
          let row = start + lane
          let slice = Array(values[row * count..<(row + 1) * count])
          result.append(try carefulDistance(of: slice, row: row, marginals: &marginals))
        }
      }
      start += lanes
    }
  }

  /// The distance of a row that has a missing, infinite or extreme value.
  func carefulDistance(
    of row: [Double], row index: Int, marginals: inout [[Bool]: MarginalFactor]
  ) throws(ModelError) -> Double {
    GaussianDetector.length(try whitened(row, row: index, marginals: &marginals).solution)
  }

  /// The features that the row has, their scaled differences y from the mean, and L⁻¹ y.
  func whitened(
    _ row: [Double], row index: Int, marginals: inout [[Bool]: MarginalFactor]
  ) throws(ModelError) -> (factor: MarginalFactor, scaled: [Double], solution: [Double]) {
    for (feature, value) in row.enumerated() where value.isInfinite {
      throw .invalidValue(
        row: index, feature: featureNames[feature],
        reason: "is infinite; the model takes finite values and NaN for missing ones")
    }
    let pattern = row.map { !$0.isNaN }
    let marginal: MarginalFactor
    if let known = marginals[pattern] {
      marginal = known
    } else {
      marginal = MarginalFactor(of: factor, keeping: pattern)
      marginals[pattern] = marginal
    }
    let scaled = marginal.features.map { feature -> Double in
      let limit = 1e300
      let difference = (row[feature] / 2 - location[feature] / 2) * inverseScale[feature] * 2
      return min(max(difference, -limit), limit)
    }
    return (marginal, scaled, marginal.solve(scaled))
  }

  /// The length of a vector, without overflow on the way and never infinite.
  static func length(_ vector: [Double]) -> Double {
    let largest = vector.map(\.magnitude).max() ?? 0
    guard largest > 0 else { return 0 }
    guard largest.isFinite else { return .greatestFiniteMagnitude }
    let sum = vector.map { ($0 / largest) * ($0 / largest) }.reduce(0, +)
    return min(largest * sum.squareRoot(), .greatestFiniteMagnitude)
  }

  /// How much each feature adds to the score of `row`; the values sum to the score.
  ///
  /// Feature j gets yⱼ · (Σ⁻¹ y)ⱼ, its term of the squared distance, divided by the distance. A feature that makes the row
  /// more ordinary, because it moves as its correlated partners do, has a negative value. Missing features get 0.
  ///
  /// - Throws: `ModelError.featureCountMismatch`, or `.invalidValue` for an infinite value.
  public func contributions(of row: [Double]) throws(ModelError) -> [Double] {
    guard row.count == featureNames.count else {
      throw .featureCountMismatch(expected: featureNames.count, actual: row.count)
    }
    var marginals: [[Bool]: MarginalFactor] = [:]
    let (marginal, scaled, solution) = try whitened(row, row: 0, marginals: &marginals)
    let distance = GaussianDetector.length(solution)
    var result = [Double](repeating: 0, count: row.count)
    guard distance > 0, distance < .greatestFiniteMagnitude else { return result }
    // In units of the distance, so that a huge row does not overflow.
    let direction = marginal.solveTransposed(solution.map { $0 / distance })
    for (position, feature) in marginal.features.enumerated() {
      result[feature] = scaled[position] * direction[position]
    }
    return result
  }
}

/// The Cholesky factor of the covariance of some of the features.
struct MarginalFactor {
  /// The features that are kept, ascending.
  let features: [Int]
  private let rows: [[Double]]

  init(of factor: Matrix<Double>, keeping pattern: [Bool]) {
    let kept = pattern.indices.filter { pattern[$0] }
    features = kept
    guard kept.count < pattern.count else {
      rows = kept.map { Array(factor.values[$0 * pattern.count..<$0 * pattern.count + $0 + 1]) }
      return
    }
    // Σ restricted to the kept features is the product of the kept rows of L, factored again.
    var rows: [[Double]] = []
    for (i, feature) in kept.enumerated() {
      var row = [Double](repeating: 0, count: i + 1)
      for (j, other) in kept[...i].enumerated() {
        var sum = 0.0
        for k in 0...min(feature, other) { sum += factor[feature, k] * factor[other, k] }
        for k in 0..<j { sum -= row[k] * (i == j ? row[k] : rows[j][k]) }
        // The marginal variance given the kept features before is at least the conditional one given all before,
        // which is the squared diagonal element of L; rounding may not take it below.
        row[j] =
          i == j
          ? max(sum, factor[feature, feature] * factor[feature, feature]).squareRoot()
          : sum / rows[j][j]
      }
      rows.append(row)
    }
    self.rows = rows
  }

  /// L⁻¹ · `vector`.
  func solve(_ vector: [Double]) -> [Double] {
    var result = vector
    for (i, row) in rows.enumerated() {
      for j in 0..<i { result[i] -= row[j] * result[j] }
      result[i] /= row[i]
    }
    return result
  }

  /// L⁻ᵀ · `vector`.
  func solveTransposed(_ vector: [Double]) -> [Double] {
    var result = vector
    for i in rows.indices.reversed() {
      result[i] /= rows[i][i]
      for j in 0..<i { result[j] -= rows[i][j] * result[i] }
    }
    return result
  }
}

extension [Double] {
  /// The squared distances of up to 32 rows: forward substitution with one row in each lane.
  ///
  /// Each lane computes what a row alone would, in the same order, so the result does not depend on its neighbours. Four
  /// vectors at a time, because one has to wait for each of its subtractions.
  fileprivate func withLanes(
    start: Int, lanes: Int, count: Int, scratch: inout [SIMD8<Double>], location: [Double],
    inverseScale: [Double], factor: [Double]
  ) -> [32 of Double] {
    var (a2, b2, c2, d2) = (
      SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero
    )
    let values = span
    let triangle = factor.span
    var solution = scratch.mutableSpan
    var position = 0
    for feature in 0..<count {
      var rows = [32 of Double](repeating: 0)
      var index = start * count + feature
      for lane in 0..<lanes {
        rows[lane] = values[index]
        index += count
      }
      let (centre, scale) = (location[feature], inverseScale[feature])
      var a = (rows.eight(0) - centre) * scale
      var b = (rows.eight(8) - centre) * scale
      var c = (rows.eight(16) - centre) * scale
      var d = (rows.eight(24) - centre) * scale
      for other in 0..<feature {
        let element = triangle[position + other]
        a -= element * solution[4 * other]
        b -= element * solution[4 * other + 1]
        c -= element * solution[4 * other + 2]
        d -= element * solution[4 * other + 3]
      }
      let reciprocal = triangle[position + feature]
      position += feature + 1
      (a, b, c, d) = (a * reciprocal, b * reciprocal, c * reciprocal, d * reciprocal)
      solution[4 * feature] = a
      solution[4 * feature + 1] = b
      solution[4 * feature + 2] = c
      solution[4 * feature + 3] = d
      a2 += a * a
      b2 += b * b
      c2 += c * c
      d2 += d * d
    }
    var squares = [32 of Double](repeating: 0)
    for lane in 0..<8 {
      squares[lane] = a2[lane]
      squares[lane + 8] = b2[lane]
      squares[lane + 16] = c2[lane]
      squares[lane + 24] = d2[lane]
    }
    return squares
  }
}

extension [32 of Double] {
  @inline(__always)
  fileprivate func eight(_ start: Int) -> SIMD8<Double> {
    SIMD8(
      self[start], self[start + 1], self[start + 2], self[start + 3], self[start + 4],
      self[start + 5], self[start + 6], self[start + 7])
  }
}
