/// A table of single-precision numbers in a mapped safetensors file: rows are read when they are asked for, so a table
/// may be far larger than memory.
public struct MappedTable: ~Copyable {
  /// How many rows there are.
  public let rowCount: Int
  /// How many columns there are.
  public let columnCount: Int
  private let file: MappedFile
  /// Where the first value lies in the file.
  private let start: Int

  /// Maps the tensor `name`, of type F32 and the shape rows × columns, of the file at `path`.
  ///
  /// - Throws: `FileError`, or `SafetensorsError` when the file has no such table.
  public init(_ path: String, tensor name: String) throws {
    let file = try MappedFile(path)
    let header = try file.withBytes { (bytes: RawSpan) throws(SafetensorsError) in
      try SafetensorsHeader(bytes)
    }
    guard let layout = header.layouts.first(where: { $0.name == name }) else {
      throw SafetensorsError("\(path) has no tensor \(name)")
    }
    guard layout.type == .float32, layout.shape.count == 2 else {
      throw SafetensorsError("the tensor \(name) of \(path) is no table of F32")
    }
    rowCount = layout.shape[0]
    columnCount = layout.shape[1]
    start = header.bytes(of: layout).lowerBound
    self.file = file
  }

  /// A copy of the values of `rows`, row after row.
  ///
  /// - Precondition: the table has these rows.
  public func values(rows: Range<Int>) -> [Float] {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows lie in the table")
    let width = columnCount * TensorType.float32.byteCount
    let range = start + rows.lowerBound * width..<start + rows.upperBound * width
    return file.withBytes { bytes in
      guard case .float32(let values) = TensorType.float32.elements(in: bytes.extracting(range))
      else { return [] }
      return values
    }
  }
}
