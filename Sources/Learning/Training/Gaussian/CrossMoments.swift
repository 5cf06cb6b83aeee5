internal import LinearAlgebra
internal import Tabular

/// Sums and sums of products of rows around a centre, for blocks of rows that merge.
///
/// A missing value (NaN) takes part in nothing: each pair of features is summed over the rows that have both.
struct CrossMoments: Sendable {
  /// Sums of differences from the centre, per feature.
  var sums: [Double]
  /// Sums of products of differences; the lower triangle.
  var products: Matrix<Double>
  /// How many rows have both features; the lower triangle.
  var pairCounts: Matrix<Double>
  /// Whether any value was missing.
  var hasMissing = false
  /// The first value of each feature; NaN until there is one.
  var firstValues: [Double]
  /// Whether a feature had a value other than its first.
  var varies: [Bool]

  init(featureCount: Int) {
    sums = Array(repeating: 0, count: featureCount)
    products = Matrix(rowCount: featureCount, columnCount: featureCount)
    pairCounts = products
    firstValues = Array(repeating: .nan, count: featureCount)
    varies = Array(repeating: false, count: featureCount)
  }

  /// How many rows have the feature.
  func count(_ feature: Int) -> Double { pairCounts[feature, feature] }

  /// Values past this cannot be squared and summed.
  static let largestValue = 1e140

  /// Adds `rows` of `matrix`, in pieces that stay in the cache while they are centred and multiplied.
  ///
  /// - Throws: `TrainingError.invalidValue` for the first value that is infinite or past `largestValue`.
  mutating func add(
    rows: Range<Int>, of matrix: Matrix<Double>, centre: [Double], featureNames: [String]
  ) throws(TrainingError) {
    let count = matrix.columnCount
    let pieceCount = max(64, 32_768 / count)
    var piece = Matrix<Double>(rowCount: min(pieceCount, rows.count), columnCount: count)
    var start = rows.lowerBound
    while start < rows.upperBound {
      let end = min(start + pieceCount, rows.upperBound)
      if end - start != piece.rowCount {
        piece = Matrix(rowCount: end - start, columnCount: count)
      }
      noteVariation(rows: start..<end, of: matrix)
      CrossMoments.centre(start * count..<end * count, of: matrix.values, centre, &piece.values)
      let pieceSums = CrossMoments.columnSums(of: piece)
      if pieceSums.allSatisfy(\.isFinite)
        && piece.values.allSatisfy({ $0.magnitude < CrossMoments.largestValue })
      {
        for row in 0..<count {
          for column in 0...row { pairCounts[row, column] += Double(end - start) }
        }
        for feature in 0..<count { sums[feature] += pieceSums[feature] }
      } else {
        try addMissing(
          &piece, rows: start..<end, of: matrix, featureNames: featureNames)
      }
      try CrossMoments.checked { () throws(LinearAlgebraError) in
        try LinearAlgebra.addCrossProduct(of: piece, to: &products)
      }
      start = end
    }
  }

  /// Sets missing differences to zero, counts the pairs that are there, and refuses what is infinite or too large.
  private mutating func addMissing(
    _ piece: inout Matrix<Double>, rows: Range<Int>, of matrix: Matrix<Double>,
    featureNames: [String]
  ) throws(TrainingError) {
    let count = matrix.columnCount
    var mask = Matrix<Double>(rowCount: piece.rowCount, columnCount: count, repeating: 1)
    for index in piece.values.indices {
      let value = matrix.values[rows.lowerBound * count + index]
      if value.isNaN {
        hasMissing = true
        piece.values[index] = 0
        mask.values[index] = 0
      } else if value.magnitude >= CrossMoments.largestValue {
        throw .invalidValue(
          row: rows.lowerBound + index / count, feature: featureNames[index % count],
          reason: value.isInfinite
            ? "is infinite; the model takes finite values and NaN for missing ones"
            : "is too large to be squared and summed (1e140 or more)")
      }
    }
    let pieceSums = CrossMoments.columnSums(of: piece)
    for feature in 0..<count { sums[feature] += pieceSums[feature] }
    let present = mask
    try CrossMoments.checked { () throws(LinearAlgebraError) in
      try LinearAlgebra.addCrossProduct(of: present, to: &pairCounts)
    }
  }

  private mutating func noteVariation(rows: Range<Int>, of matrix: Matrix<Double>) {
    let count = matrix.columnCount
    for feature in 0..<count where !varies[feature] {
      for row in rows {
        let value = matrix.values[row * count + feature]
        if value.isNaN { continue }
        if firstValues[feature].isNaN {
          firstValues[feature] = value
        } else if value != firstValues[feature] {
          varies[feature] = true
          break
        }
      }
    }
  }

  /// Adds the sums of other rows around the same centre.
  mutating func merge(_ other: CrossMoments) {
    for feature in sums.indices {
      sums[feature] += other.sums[feature]
      let (first, second) = (firstValues[feature], other.firstValues[feature])
      varies[feature] =
        varies[feature] || other.varies[feature]
        || (first != second && !first.isNaN && !second.isNaN)
      if first.isNaN { firstValues[feature] = second }
    }
    for index in products.values.indices {
      products.values[index] += other.products.values[index]
      pairCounts.values[index] += other.pairCounts.values[index]
    }
    hasMissing = hasMissing || other.hasMissing
  }

  /// Runs a step of linear algebra, with its error as a training error.
  static func checked<Result>(
    _ body: () throws(LinearAlgebraError) -> Result
  ) throws(TrainingError) -> Result {
    do throws(LinearAlgebraError) { return try body() } catch { throw .linearAlgebra(error) }
  }

  private static func centre(
    _ range: Range<Int>, of values: [Double], _ centre: [Double], _ piece: inout [Double]
  ) {
    let source = values.span
    let centres = centre.span
    var target = piece.mutableSpan
    let count = centre.count
    var start = 0
    while start < range.count {
      for feature in 0..<count {
        target[start + feature] = source[range.lowerBound + start + feature] - centres[feature]
      }
      start += count
    }
  }

  private static func columnSums(of piece: Matrix<Double>) -> [Double] {
    let count = piece.columnCount
    var result = [Double](repeating: 0, count: count)
    let values = piece.values.span
    var sums = result.mutableSpan
    var start = 0
    while start < values.count {
      for feature in 0..<count { sums[feature] += values[start + feature] }
      start += count
    }
    return result
  }
}
