public import Tabular

/// Several detectors judged by how rare their scores were in training.
///
/// Each member's score becomes evidence, −log₁₀ of the share of training rows that score at least as high
/// (`TailCalibration`); the score of the ensemble is the weighted mean of the evidence, or the largest weighted one. A
/// member is a detector over some of the features, or a feature that is a score by itself, such as the amount in
/// standard deviations of the customer, a delayed risk, or the evidence of a rule; a missing one says nothing.
public struct EnsembleDetector: AnomalyDetector {
  public static let kind = "ensemble"

  /// How evidence becomes one score.
  public enum Combination: String, Equatable, Sendable, CaseIterable {
    /// Σ weight · evidence / Σ weight: rewards agreement.
    case mean
    /// The largest weight · evidence: one sure member is enough.
    case maximum
  }

  /// One voice of the ensemble.
  public struct Member: Sendable {
    /// What gives the score.
    public let source: Source
    /// What a score means.
    public let calibration: TailCalibration
    /// How much the evidence counts; positive.
    public let weight: Double

    /// Joins the parts.
    public init(source: Source, calibration: TailCalibration, weight: Double) {
      self.source = source
      self.calibration = calibration
      self.weight = weight
    }
  }

  /// Where the score of a member comes from.
  public enum Source: Sendable {
    /// A fitted detector over some of the ensemble's features.
    case detector(any AnomalyDetector)
    /// The value of a feature; the higher, the more anomalous.
    case feature(String)

    /// The kind of detector, or the name of the feature.
    public var name: String {
      switch self {
      case .detector(let detector): type(of: detector).kind
      case .feature(let name): name
      }
    }
  }

  public let featureNames: [String]
  /// The voices.
  public let members: [Member]
  /// How their evidence becomes one score.
  public let combination: Combination

  /// For each member the columns of its features.
  private let columns: [[Int]]

  /// Joins fitted members.
  ///
  /// - Throws: `ModelError.malformed` when there is no member, a weight is not positive, a feature is not among
  ///   `featureNames`, or two have one name.
  public init(
    featureNames: [String], members: [Member], combination: Combination
  ) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "ensemble: \(reason)") }
    guard !members.isEmpty else { throw fail("it has no members") }
    var positions: [String: Int] = [:]
    for (index, name) in featureNames.enumerated() {
      guard positions.updateValue(index, forKey: name) == nil else {
        throw fail("two features have one name")
      }
    }
    var columns: [[Int]] = []
    for member in members {
      guard member.weight > 0, member.weight <= 1e6 else { throw fail("a weight is not positive") }
      let names: [String]
      switch member.source {
      case .detector(let detector): names = detector.featureNames
      case .feature(let name): names = [name]
      }
      let found = names.compactMap { positions[$0] }
      guard found.count == names.count else { throw fail("a member's feature is unknown") }
      columns.append(found)
    }
    self.featureNames = featureNames
    self.members = members
    self.combination = combination
    self.columns = columns
  }

  /// The score of each row of `matrix` (`rows × features`); it does not depend on `threadCount`.
  ///
  /// - Throws: `ModelError.featureCountMismatch`, or what a member says to a row.
  public func scores(of matrix: Matrix<Double>, threadCount: Int) throws(ModelError) -> [Double] {
    let evidence = try memberEvidence(of: matrix, threadCount: threadCount)
    return (0..<matrix.rowCount).map { row in combined(evidence.map { $0[row] }) }
  }

  /// The evidence of each member (outer list) for each row of `matrix` (inner list), without weights.
  ///
  /// - Throws: As `scores(of:threadCount:)`.
  public func memberEvidence(
    of matrix: Matrix<Double>, threadCount: Int
  ) throws(ModelError) -> [[Double]] {
    guard matrix.columnCount == featureNames.count else {
      throw .featureCountMismatch(expected: featureNames.count, actual: matrix.columnCount)
    }
    var result: [[Double]] = []
    for (member, columns) in zip(members, columns) {
      let scores: [Double]
      switch member.source {
      case .detector(let detector):
        scores = try detector.scores(
          of: matrix.selecting(columns: columns), threadCount: threadCount)
      case .feature: scores = matrix.column(columns[0])
      }
      result.append(scores.map { member.calibration.evidence(of: $0) })
    }
    return result
  }

  private func combined(_ evidence: [Double]) -> Double {
    let weighted = zip(members, evidence).map { $0.weight * $1 }
    switch combination {
    case .maximum: return weighted.max() ?? 0
    case .mean: return weighted.reduce(0, +) / members.map(\.weight).reduce(0, +)
    }
  }

  /// How much each feature adds to the score of `row`; the values are not negative and sum to the score.
  ///
  /// A member's part of the score (with `maximum`, all of it goes to the strongest member) is split over its features in
  /// proportion to the positive contributions that the member itself gives them.
  public func contributions(of row: [Double]) throws(ModelError) -> [Double] {
    let matrix = Matrix(rowCount: 1, columnCount: row.count, values: row)
    let evidence = try memberEvidence(of: matrix, threadCount: 1).map { $0[0] }
    let weighted = zip(members, evidence).map { $0.weight * $1 }
    let strongest = weighted.firstIndex(of: weighted.max() ?? 0)
    let total = members.map(\.weight).reduce(0, +)
    var result = [Double](repeating: 0, count: row.count)
    for (index, member) in members.enumerated() {
      let part: Double
      switch combination {
      case .maximum: part = index == strongest ? weighted[index] : 0
      case .mean: part = weighted[index] / total
      }
      guard part > 0 else { continue }
      let shares: [Double]
      switch member.source {
      case .detector(let detector):
        shares = try detector.contributions(of: columns[index].map { row[$0] }).map { max($0, 0) }
      case .feature: shares = [1]
      }
      let sum = shares.reduce(0, +)
      for (column, share) in zip(columns[index], shares) {
        result[column] += sum > 0 ? part * (share / sum) : part / Double(shares.count)
      }
    }
    return result
  }
}

extension Matrix<Double> {
  /// A copy of some columns, in that order.
  package func selecting(columns: [Int]) -> Matrix {
    if columns == Array(0..<columnCount) { return self }
    var selected: [Double] = []
    selected.reserveCapacity(rowCount * columns.count)
    for row in 0..<rowCount {
      for column in columns { selected.append(values[row * columnCount + column]) }
    }
    return Matrix(rowCount: rowCount, columnCount: columns.count, values: selected)
  }
}
