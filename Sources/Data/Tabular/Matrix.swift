/// A dense table of numbers: `rowCount × columnCount`, row-major, contiguous.
public struct Matrix<Scalar: BinaryFloatingPoint & Sendable>: Equatable, Sendable {
  /// How many rows (observations) there are.
  public let rowCount: Int
  /// How many columns (features) there are.
  public let columnCount: Int
  /// The values, row after row.
  public var values: [Scalar]

  /// Makes a matrix of `rowCount × columnCount` from row-major `values`.
  ///
  /// - Precondition: `values.count == rowCount * columnCount`.
  @inlinable public init(rowCount: Int, columnCount: Int, values: [Scalar]) {
    precondition(rowCount >= 0 && columnCount >= 0, "a matrix has no negative size")
    precondition(values.count == rowCount * columnCount, "values do not fill the matrix")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.values = values
  }

  /// Makes a matrix with every value equal to `value`.
  @inlinable public init(rowCount: Int, columnCount: Int, repeating value: Scalar = 0) {
    self.init(
      rowCount: rowCount, columnCount: columnCount,
      values: Array(repeating: value, count: rowCount * columnCount))
  }

  /// Makes a matrix of `rows`, which all have the same length.
  ///
  /// - Precondition: the rows have one length.
  @inlinable public init(rows: [[Scalar]]) {
    let columnCount = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == columnCount }, "rows differ in length")
    self.init(
      rowCount: rows.count, columnCount: columnCount, values: Array(rows.joined()))
  }

  /// The value in `row` and `column`.
  @inlinable public subscript(row: Int, column: Int) -> Scalar {
    get { values[row * columnCount + column] }
    set { values[row * columnCount + column] = newValue }
  }

  /// A copy of one row.
  @inlinable public func row(_ row: Int) -> [Scalar] {
    Array(values[row * columnCount..<(row + 1) * columnCount])
  }

  /// A copy of one column.
  @inlinable public func column(_ column: Int) -> [Scalar] {
    (0..<rowCount).map { self[$0, column] }
  }

  /// The rows with the given indices, in that order; an index may repeat.
  @inlinable public func selecting(rows indices: some Collection<Int>) -> Matrix {
    var selected: [Scalar] = []
    selected.reserveCapacity(indices.count * columnCount)
    for index in indices {
      selected.append(contentsOf: values[index * columnCount..<(index + 1) * columnCount])
    }
    return Matrix(rowCount: indices.count, columnCount: columnCount, values: selected)
  }
}
