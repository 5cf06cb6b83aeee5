internal import LinearAlgebra
public import Models
public import Tabular

/// Count, means and co-moments of one group of rows, which merge into those of several groups.
///
/// Groups can be of any kind: shards of a table, days, customers, machines. Merging is by Chan's rule for pairs (Chan, Golub &
/// LeVeque 1983), so that no group's rows are needed again; the result is the same for every split and every order, up to
/// rounding.
public struct GroupMoments: Equatable, Sendable {
  /// How many rows there are.
  public private(set) var rowCount = 0
  /// The mean of each feature.
  public private(set) var means: [Double]
  /// Sums of products of differences from the means; the lower triangle counts.
  public private(set) var comoments: Matrix<Double>

  /// The moments of no rows.
  public init(featureCount: Int) {
    means = Array(repeating: 0, count: featureCount)
    comoments = Matrix(rowCount: featureCount, columnCount: featureCount)
  }

  /// The moments of the rows of `matrix`.
  ///
  /// - Throws: `TrainingError.invalidValue` for the first value that is missing, infinite or not below 1e140.
  public init(of matrix: Matrix<Double>, featureNames: [String]) throws(TrainingError) {
    self.init(featureCount: matrix.columnCount)
    guard featureNames.count == matrix.columnCount else {
      throw .featureCountMismatch(names: featureNames.count, columns: matrix.columnCount)
    }
    guard matrix.rowCount > 0, matrix.columnCount > 0 else { return }
    if let index = matrix.values.firstIndex(where: \.isNaN) {
      throw .invalidValue(
        row: index / matrix.columnCount, feature: featureNames[index % matrix.columnCount],
        reason: "is missing; moments that merge take rows without missing values")
    }
    var sums = CrossMoments(featureCount: matrix.columnCount)
    let first = matrix.row(0)
    try sums.add(
      rows: 0..<matrix.rowCount, of: matrix, centre: first, featureNames: featureNames)
    // Once more around the means, so that no digits are lost where the first row is far away.
    let centre = zip(first, sums.sums).map { $0 + $1 / Double(matrix.rowCount) }
    sums = CrossMoments(featureCount: matrix.columnCount)
    try sums.add(
      rows: 0..<matrix.rowCount, of: matrix, centre: centre, featureNames: featureNames)
    rowCount = matrix.rowCount
    let offsets = sums.sums.map { $0 / Double(matrix.rowCount) }
    means = zip(centre, offsets).map { $0 + $1 }
    comoments = sums.products
    for row in 0..<matrix.columnCount {
      for column in 0...row {
        comoments[row, column] -= Double(rowCount) * offsets[row] * offsets[column]
      }
    }
  }

  /// Adds the rows behind `other`.
  ///
  /// - Precondition: both have the same features.
  public mutating func merge(_ other: GroupMoments) {
    precondition(means.count == other.means.count, "groups that merge have the same features")
    guard other.rowCount > 0 else { return }
    guard rowCount > 0 else {
      self = other
      return
    }
    let (own, others) = (Double(rowCount), Double(other.rowCount))
    let total = own + others
    let differences = zip(other.means, means).map { $0 - $1 }
    for row in means.indices {
      for column in 0...row {
        comoments[row, column] +=
          other.comoments[row, column] + differences[row] * differences[column] * own * others
          / total
      }
    }
    for feature in means.indices { means[feature] += differences[feature] * others / total }
    rowCount += other.rowCount
  }
}

extension GaussianLearner {
  /// Fits the model from merged moments, without any row.
  ///
  /// - Throws: `TrainingError.emptyData` without rows, and `.invalidParameter` for settings that need the rows: Ledoit–Wolf
  ///   shrinkage and the robust estimator.
  public func fit(
    _ moments: GroupMoments, featureNames: [String]
  ) throws(TrainingError) -> GaussianDetector {
    guard featureNames.count == moments.means.count else {
      throw .featureCountMismatch(names: featureNames.count, columns: moments.means.count)
    }
    guard moments.rowCount > 0, !featureNames.isEmpty else {
      throw .emptyData(rows: moments.rowCount, columns: featureNames.count)
    }
    guard case .fixed(let shrinkage) = parameters.shrinkage else {
      throw .invalidParameter(
        name: "shrinkage", given: "ledoit_wolf", allowed: "a share where only moments are known")
    }
    guard parameters.estimator == .moments else {
      throw .invalidParameter(
        name: "estimator", given: "mcd", allowed: "moments where only moments are known")
    }
    var covariance = Covariance(values: moments.comoments)
    covariance.multiply(by: 1 / Double(moments.rowCount))
    return try detector(
      of: covariance, location: moments.means, featureNames: featureNames,
      rowCount: moments.rowCount, shrinkage: { _, _, _ in shrinkage })
  }
}
