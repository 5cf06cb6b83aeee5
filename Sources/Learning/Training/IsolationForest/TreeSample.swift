internal import Models
internal import Tabular

/// The rows that one tree is grown from, copied out of the table.
struct TreeSample<Scalar: RankedScalar> {
  /// The features of the columns, ascending.
  let features: [Int]
  /// `rowCount × features`, row after row: rows lie together in the table, so copying them is a matter of its lines.
  var cells: [Scalar]
  let rowCount: Int
  /// Per column: does it lack values?
  let hasMissing: [Bool]

  /// Copies `rows` of `matrix`.
  ///
  /// - Throws: `TrainingError.invalidValue` for an infinity.
  init(
    _ rows: ArraySlice<Int>, features: [Int], of matrix: Matrix<Scalar>, names: [String]
  ) throws(TrainingError) {
    self.features = features
    rowCount = rows.count
    let columnCount = matrix.columnCount
    let source = matrix.values.span
    // A row comes from anywhere in memory. One value of each of its cache lines is asked for first: these loads wait for
    // nothing, so that many lines are on their way at once, where copies wait for each other's.
    let lineLength = max(1, 64 / MemoryLayout<Scalar>.stride)
    var touched: Scalar = 0
    for row in rows where features.count == columnCount {
      let end = (row + 1) * columnCount
      for cell in stride(from: row * columnCount, to: end, by: lineLength) {
        touched += source[cell] - source[cell]
      }
      touched += source[end - 1] - source[end - 1]
    }
    var cells = [Scalar](repeating: 0, count: rows.count * features.count)
    var target = cells.mutableSpan
    var start = 0
    for row in rows {
      let from = source.extracting(row * columnCount..<(row + 1) * columnCount)
      if features.count == columnCount {
        var to = target.extracting(start..<start + columnCount)
        precondition(to.count == from.count)
        for column in from.indices { to[column] = from[column] }
      } else {
        for (column, feature) in features.enumerated() { target[start + column] = from[feature] }
      }
      start += features.count
    }
    var hasMissing = [Bool](repeating: false, count: features.count)
    // x − x is 0 for every finite x and NaN for all others.
    if touched.isNaN || !Scalar.areFinite(cells.span) {
      for (position, row) in rows.enumerated() {
        for column in features.indices {
          let value = cells[position * features.count + column]
          if value.isFinite { continue }
          guard value.isNaN else {
            throw .invalidValue(
              row: row, feature: names[features[column]],
              reason: "is infinite; the forest takes finite values and NaN for missing ones")
          }
          hasMissing[column] = true
        }
      }
    }
    self.cells = cells
    self.hasMissing = hasMissing
  }

  /// The values as doubles, column after column.
  var columns: [Double] {
    var columns = [Double](repeating: 0, count: cells.count)
    for column in features.indices {
      for row in 0..<rowCount {
        columns[column &* rowCount &+ row] = Double(cells[row &* features.count &+ column])
      }
    }
    return columns
  }
}
