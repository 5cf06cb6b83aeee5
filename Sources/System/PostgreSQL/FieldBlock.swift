/// Where the fields of a few rows lie in memory that somebody else keeps.
///
/// Rows are decoded a block at a time, column by column: what a column needs is worked out once a block, and the memory that the
/// texts of a block point to is asked for before the first of it is used.
@safe struct FieldBlock {
  /// How many rows a block has at most: their fields stay in the nearest cache.
  static let rowLimit = 64

  let columnCount: Int
  private(set) var rowCount = 0
  /// Column by column, `rowLimit` for each.
  private var starts: [UnsafeRawPointer?]
  /// Alike; −1 for null.
  private var lengths: [Int32]

  init(columnCount: Int) {
    self.columnCount = columnCount
    unsafe starts = unsafe Array(repeating: nil, count: columnCount * FieldBlock.rowLimit)
    lengths = Array(repeating: -1, count: columnCount * FieldBlock.rowLimit)
  }

  var isFull: Bool { rowCount == FieldBlock.rowLimit }

  /// Notes the fields of the row whose first field begins at `start`.
  ///
  /// - Returns: where the row ends; `nil`, and nothing is noted, when not all of it is there.
  mutating func addRow(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int? {
    var position = start
    var place = rowCount
    for _ in 0..<columnCount {
      guard position + 4 <= bytes.count else { return nil }
      let length = unsafe bytes.bigEndian(position, as: Int32.self)
      position += 4
      unsafe starts[place] = unsafe bytes.baseAddress?.advanced(by: position)
      lengths[place] = max(length, -1)
      if length > 0 { position += Int(length) }
      place += FieldBlock.rowLimit
    }
    guard position <= bytes.count else { return nil }
    rowCount += 1
    return position
  }

  mutating func removeAll() { rowCount = 0 }

  /// The fields of one column.
  func fields(of column: Int) -> Fields {
    Fields(block: self, offset: column * FieldBlock.rowLimit)
  }

  /// The fields of one column, a row each.
  struct Fields {
    fileprivate let block: FieldBlock
    fileprivate let offset: Int

    /// How many rows there are.
    var count: Int { block.rowCount }

    /// The bytes of a row's field; `nil` when it is null.
    subscript(row: Int) -> UnsafeRawBufferPointer? {
      let length = Int(block.lengths[offset + row])
      guard length >= 0 else { return nil }
      return unsafe UnsafeRawBufferPointer(start: block.starts[offset + row], count: length)
    }
  }
}
