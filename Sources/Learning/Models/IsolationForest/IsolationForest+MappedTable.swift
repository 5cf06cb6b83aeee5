public import Files
internal import Tabular

extension IsolationForest {
  /// Rows of a mapped table that are scored before `body` is called.
  static let mappedRowCount = 65_536

  /// Scores the rows of a mapped table, a part of it in memory at a time; the same scores as of the table in memory.
  ///
  /// - Parameters:
  ///   - table: `rows × features` on disk.
  ///   - threadCount: How many threads work; no result depends on it.
  ///   - body: Is given the first row's number and the scores of some rows, in the order of the rows.
  /// - Throws: As `scores(of:threadCount:)` of a matrix.
  public func scores(
    of table: borrowing MappedTable, threadCount: Int = 1,
    _ body: (_ firstRow: Int, [Double]) -> Void
  ) throws(ModelError) {
    var start = 0
    while start < table.rowCount {
      let end = min(start + Self.mappedRowCount, table.rowCount)
      let part = Matrix(
        rowCount: end - start, columnCount: table.columnCount,
        values: table.values(rows: start..<end))
      do throws(ModelError) {
        body(start, try scores(of: part, threadCount: threadCount))
      } catch {
        guard case .invalidValue(let row, let feature, let reason) = error else { throw error }
        throw .invalidValue(row: start + row, feature: feature, reason: reason)
      }
      start = end
    }
  }
}
