public import Tabular

/// Something about a column that makes a model of it worse than its owner expects.
public struct ColumnFinding: Equatable, Sendable, CustomStringConvertible {
  /// What was found.
  public enum Kind: String, CaseIterable, Sendable {
    /// No two known values differ: the column cannot help.
    case constant
    /// No value is known at all.
    case empty
    /// More than half of the values are missing.
    case mostlyMissing = "mostly_missing"
    /// One value has more than nine tenths of the rows.
    case heavilyTied = "heavily_tied"
    /// Most of the distinct values become equal in single precision, as timestamps do.
    case collapsesInSinglePrecision = "collapses_in_single_precision"
  }

  /// The name of the column.
  public let feature: String
  /// What was found.
  public let kind: Kind
  /// The share that it concerns: of the rows, or for single precision of the distinct values.
  public let share: Double

  public var description: String {
    let percent = "\((share * 1000).rounded() / 10) %"
    return switch kind {
    case .constant: "\(feature) is constant; drop it"
    case .empty: "\(feature) has no values; drop it or find out why"
    case .mostlyMissing: "\(feature) is missing in \(percent) of the rows"
    case .heavilyTied: "\(feature) has one value in \(percent) of the rows"
    case .collapsesInSinglePrecision:
      "\(feature) loses \(percent) of its distinct values in single precision; subtract an offset"
    }
  }
}

/// Checks of a training table that go into its report.
public enum ColumnFindings {
  /// What stands out in each column, in the order of the columns.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`; NaN is a missing value.
  ///   - featureNames: One per column.
  ///   - rowLimit: Tables with more rows are judged by this many, evenly spread.
  /// - Complexity: O(rows looked at × log rows) per column.
  public static func findings(
    in matrix: Matrix<Double>, featureNames: [String], rowLimit: Int = 100_000
  ) -> [ColumnFinding] {
    precondition(featureNames.count == matrix.columnCount, "every column has one name")
    let rowCount = min(matrix.rowCount, max(rowLimit, 1))
    guard rowCount > 0 else { return [] }
    return featureNames.indices.flatMap { column in
      let known = (0..<rowCount).map { matrix[$0 * matrix.rowCount / rowCount, column] }
        .filter { !$0.isNaN }.sorted()
      return findings(known, rowCount: rowCount, feature: featureNames[column])
    }
  }

  private static func findings(
    _ sorted: [Double], rowCount: Int, feature: String
  ) -> [ColumnFinding] {
    func finding(_ kind: ColumnFinding.Kind, _ share: Double) -> ColumnFinding {
      ColumnFinding(feature: feature, kind: kind, share: share)
    }
    guard let first = sorted.first, let last = sorted.last else { return [finding(.empty, 1)] }
    guard first < last else { return [finding(.constant, 1)] }
    var found: [ColumnFinding] = []
    let missingShare = Double(rowCount - sorted.count) / Double(rowCount)
    if missingShare > 0.5 { found.append(finding(.mostlyMissing, missingShare)) }
    var distinctCount = 1
    var singleCount = 1
    var run = 1
    var longestRun = 1
    for index in 1..<sorted.count {
      run = sorted[index] == sorted[index - 1] ? run + 1 : 1
      longestRun = max(longestRun, run)
      if run == 1 { distinctCount += 1 }
      if Float(sorted[index]) != Float(sorted[index - 1]) { singleCount += 1 }
    }
    let tiedShare = Double(longestRun) / Double(rowCount)
    if tiedShare > 0.9 { found.append(finding(.heavilyTied, tiedShare)) }
    if singleCount * 2 < distinctCount {
      found.append(
        finding(
          .collapsesInSinglePrecision, 1 - Double(singleCount) / Double(distinctCount)))
    }
    return found
  }
}
