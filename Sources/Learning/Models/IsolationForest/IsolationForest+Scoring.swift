public import Tabular

extension IsolationForest {
  /// How many rows are scored together; results do not depend on it.
  static let blockRowCount = 4096

  /// The anomaly score of each row of `matrix`, in 0 … 1.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`; NaN is a missing value.
  ///   - threadCount: How many threads share the rows; the scores do not depend on it.
  /// - Throws: `ModelError.featureCountMismatch`, and `ModelError.invalidValue` for the first infinity.
  /// - Complexity: O(rows × trees × depth).
  public func scores(
    of matrix: Matrix<Double>, threadCount: Int = 1
  ) throws(ModelError) -> [Double] {
    try scores(ofRows: matrix, threadCount: threadCount)
  }

  /// The anomaly score of each row of `matrix`; the same as of the values widened to `Double`.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`; NaN is a missing value.
  ///   - threadCount: How many threads share the rows; the scores do not depend on it.
  /// - Throws: `ModelError.featureCountMismatch`, and `ModelError.invalidValue` for the first infinity.
  public func scores(
    of matrix: Matrix<Float>, threadCount: Int = 1
  ) throws(ModelError) -> [Double] {
    try scores(ofRows: matrix, threadCount: threadCount)
  }

  private func scores(
    ofRows matrix: Matrix<some TabledScalar>, threadCount: Int
  ) throws(ModelError) -> [Double] {
    try checkFeatureCount(matrix.columnCount)
    return try BlockParallel.elements(
      count: matrix.rowCount, blockSize: Self.blockRowCount, threadCount: threadCount
    ) { (block, scores) throws(ModelError) in
      for sum in try sums(rows: block, of: matrix.values.span) { scores.append(score(sum: sum)) }
    }
  }

  /// The anomaly score of one row; the same bits as in a matrix.
  ///
  /// - Throws: `ModelError.featureCountMismatch`, and `ModelError.invalidValue` for an infinity.
  public func score(of row: [Double]) throws(ModelError) -> Double {
    try checkFeatureCount(row.count)
    let isIncomplete = try hasMissing(row.span, row: 0)
    let cells = expansion?.expanded(row.span) ?? row
    guard isIncomplete || structure.penalizesRange else {
      return score(sum: walk.value.sum(cells.span))
    }
    return score(sum: gaps.value.sums(cells.span, rowCount: 1)[0])
  }

  /// The scores by the definition alone: slow, and the measure of the fast ones in tests.
  ///
  /// - Throws: As `scores(of:threadCount:)`.
  public func referenceScores(of matrix: Matrix<Double>) throws(ModelError) -> [Double] {
    try checkFeatureCount(matrix.columnCount)
    var scores: [Double] = []
    for row in 0..<matrix.rowCount {
      let values = matrix.row(row)
      _ = try hasMissing(values.span, row: row)
      let cells = expansion?.expanded(values.span) ?? values
      scores.append(score(sum: referenceSum(of: cells.span)))
    }
    return scores
  }

  func checkFeatureCount(_ count: Int) throws(ModelError) {
    guard count == featureNames.count else {
      throw .featureCountMismatch(expected: featureNames.count, actual: count)
    }
  }

  /// Whether a value is missing.
  ///
  /// - Throws: `ModelError.invalidValue` when one is infinite.
  func hasMissing(_ values: Span<Double>, row: Int) throws(ModelError) -> Bool {
    var hasMissing = false
    for column in featureNames.indices where !values[column].isFinite {
      guard values[column].isNaN else {
        throw .invalidValue(
          row: row, feature: featureNames[column],
          reason: "is infinite; the forest takes finite values and NaN for missing ones")
      }
      hasMissing = true
    }
    return hasMissing
  }

  /// The sums of the path lengths of the rows `rows` of a row-major table.
  func sums<Scalar: TabledScalar>(
    rows: Range<Int>, of table: Span<Scalar>
  ) throws(ModelError) -> [Int64] {
    let values = table.extracting(
      rows.lowerBound * featureNames.count..<rows.upperBound * featureNames.count)
    guard let expansion else { return try sums(of: values, firstRow: rows.lowerBound) }
    return try expandedSums(expansion, of: values, firstRow: rows.lowerBound)
  }

  private func sums<Scalar: TabledScalar>(
    of values: Span<Scalar>, firstRow: Int
  ) throws(ModelError) -> [Int64] {
    var sums = [Int64](repeating: 0, count: values.count / columnCount)
    if structure.penalizesRange {
      try sieve(&sums, Array(sums.indices), values, firstRow: firstRow)
      return sums
    }
    if sums.count < BlockScorer.minimumRowCount {
      walk(values, into: &sums)
    } else {
      blocks.value.accumulate(values, columnCount: columnCount, into: &sums)
    }
    if !Scalar.areFinite(values) { try correctMissing(&sums, values, firstRow: firstRow) }
    return sums
  }

  /// The sums of rows with categories, which are expanded some at a time.
  private func expandedSums<Scalar: TabledScalar>(
    _ expansion: CategoryExpansion, of values: Span<Scalar>, firstRow: Int
  ) throws(ModelError) -> [Int64] {
    let rowCount = values.count / featureNames.count
    let step = max(BlockScorer.minimumRowCount, CategoryExpansion.cellCount / columnCount)
    var all: [Int64] = []
    for start in stride(from: 0, to: rowCount, by: step) {
      let end = min(start + step, rowCount)
      let part = values.extracting(start * featureNames.count..<end * featureNames.count)
      all += try sums(of: expansion.expanded(part).span, firstRow: firstRow + start)
    }
    return all
  }

  /// Rows so few that a block would not pay.
  private func walk(_ values: Span<some RankedScalar>, into sums: inout [Int64]) {
    let walk = walk.value
    var row = [Double](repeating: 0, count: columnCount)
    for index in sums.indices {
      for column in row.indices { row[column] = Double(values[index * row.count + column]) }
      sums[index] = walk.sum(row.span)
    }
  }

  private func cells(of rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * columnCount..<rows.upperBound * columnCount
  }

  /// Replaces the sums of rows that lack a value.
  ///
  /// - Throws: `ModelError.invalidValue` for the first infinity.
  private func correctMissing<Scalar: RankedScalar>(
    _ sums: inout [Int64], _ values: Span<Scalar>, firstRow: Int
  ) throws(ModelError) {
    let incomplete = sums.indices.filter { row in
      !Scalar.areFinite(values.extracting(cells(of: row..<row + 1)))
    }
    try sieve(&sums, incomplete, values, firstRow: firstRow)
  }

  /// Replaces the sums of the rows `numbers` by what the sieve of weighted lists finds.
  ///
  /// - Throws: `ModelError.invalidValue` for the first infinity.
  private func sieve<Scalar: RankedScalar>(
    _ sums: inout [Int64], _ numbers: [Int], _ values: Span<Scalar>, firstRow: Int
  ) throws(ModelError) {
    var row = [Double](repeating: 0, count: columnCount)
    for start in stride(from: 0, to: numbers.count, by: MissingSieve.rowCount) {
      let block = numbers[start..<min(start + MissingSieve.rowCount, numbers.count)]
      var columns = [Double](repeating: 0, count: row.count * block.count)
      for (place, number) in block.enumerated() {
        let own = values.extracting(cells(of: number..<number + 1))
        for column in row.indices {
          row[column] = Double(own[column])
          columns[column * block.count + place] = row[column]
        }
        _ = try hasMissing(row.span, row: firstRow + number)
      }
      let found = gaps.value.sums(columns.span, rowCount: block.count)
      for (place, number) in block.enumerated() { sums[number] = found[place] }
    }
  }

  /// 2 to the power −(mean path length) / c(ψ), 0.5 when a tree has no more than one row; for densities
  /// 1 / (1 + their geometric mean).
  func score(sum: Int64) -> Double {
    guard structure.exponentDivisor != 0 else { return 0.5 }
    let power = PortablePower.exp2(Double(sum) / structure.exponentDivisor)
    return structure.measuresDensity ? 1 / (1 + power) : power
  }
}
