public import Tabular

extension EnsembleDetector {
  /// The score of each row of `matrix` (`rows × features`), at least 0; it does not depend on `threadCount`.
  ///
  /// - Throws: `ModelError.featureCountMismatch`, or what a member says to a row.
  public func scores(of matrix: Matrix<Double>, threadCount: Int) throws(ModelError) -> [Double] {
    let evidence = try memberEvidence(of: matrix, threadCount: threadCount)
    return BlockParallel.elements(
      count: matrix.rowCount, blockSize: 8_192, threadCount: threadCount
    ) { rows, scores in
      for row in rows {
        var score = 0.0
        for (member, evidence) in evidence.enumerated() {
          let part = voice(of: member, evidence: evidence[row])
          score = combination == .maximum ? max(score, part) : score + part
        }
        scores.append(score)
      }
    }
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
      let evidence = BlockParallel.elements(
        count: scores.count, blockSize: 8_192, threadCount: threadCount
      ) { rows, evidence in
        for row in rows { evidence.append(member.calibration.evidence(of: scores[row])) }
      }
      result.append(evidence)
    }
    return result
  }

  /// What one member adds to the score, before `maximum` chooses.
  private func voice(of index: Int, evidence: Double) -> Double {
    let member = members[index]
    switch combination {
    case .mean: return member.weight * evidence / totalWeight
    case .maximum: return member.weight * evidence
    case .fitted: return member.weight * (member.curve?.rise(at: evidence) ?? 0)
    }
  }

  private var totalWeight: Double { members.reduce(0) { $0 + $1.weight } }

  /// How much each feature adds to the score of `row`, over all members; the values are not negative and sum to the score.
  public func contributions(of row: [Double]) throws(ModelError) -> [Double] {
    var result = [Double](repeating: 0, count: featureNames.count)
    for (column, _, value) in try shares(of: row) { result[column] += value }
    return result
  }

  /// The parts of the score of `row` by member and feature; they are not negative and sum to the score.
  ///
  /// A member's part (with `maximum`, all of the score goes to the strongest member) is split over its features in
  /// proportion to the positive contributions that the member itself gives them.
  public func parts(of row: [Double]) throws(ModelError) -> [ScorePart] {
    try shares(of: row).map { column, member, value in
      let detector: String
      switch members[member].source {
      case .detector(let source): detector = type(of: source).kind
      case .feature: detector = "feature"
      }
      return ScorePart(detector: detector, feature: featureNames[column], value: value)
    }
  }

  private func shares(
    of row: [Double]
  ) throws(ModelError) -> [(column: Int, member: Int, value: Double)] {
    let matrix = Matrix(rowCount: 1, columnCount: row.count, values: row)
    let evidence = try memberEvidence(of: matrix, threadCount: 1).map { $0[0] }
    let voices = evidence.indices.map { voice(of: $0, evidence: evidence[$0]) }
    let strongest = voices.firstIndex(of: voices.max() ?? 0)
    var result: [(column: Int, member: Int, value: Double)] = []
    for (index, member) in members.enumerated() where voices[index] > 0 {
      if combination == .maximum && index != strongest { continue }
      let shares: [Double]
      switch member.source {
      case .detector(let detector):
        shares = try detector.contributions(of: columns[index].map { row[$0] }).map { max($0, 0) }
      case .feature: shares = [1]
      }
      let sum = shares.reduce(0, +)
      for (column, share) in zip(columns[index], shares) {
        let part = sum > 0 ? share / sum : 1 / Double(shares.count)
        result.append((column: column, member: index, value: voices[index] * part))
      }
    }
    return result
  }
}
