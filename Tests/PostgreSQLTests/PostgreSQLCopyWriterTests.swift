import Testing

@testable import PostgreSQL

@Suite struct PostgreSQLCopyWriterTests {
  /// Decodes what `write` makes, in pieces of `pieceCount` bytes.
  private func decoded(
    _ requests: [PostgreSQLColumn.Request], _ types: [WireType], rowCount: Int, pieceCount: Int,
    _ write: (Int, inout PostgreSQLCopyWriter) -> Void
  ) throws -> [PostgreSQLColumn] {
    var writer = PostgreSQLCopyWriter(columnCount: requests.count)
    for row in 0..<rowCount {
      writer.beginRow()
      write(row, &writer)
    }
    writer.finish()
    var decoder = CopyDecoder(requests, types: types, specialValues: .refuse, capacity: rowCount)
    let bytes = writer.buffer
    var start = 0
    while start < bytes.count {
      let end = min(start + pieceCount, bytes.count)
      try unsafe bytes[start..<end].withUnsafeBytes { try unsafe decoder.decode($0) }
      start = end
    }
    #expect(decoder.isComplete)
    #expect(decoder.rowCount == rowCount)
    return decoder.take()
  }

  @Test(arguments: [1, 2, 7, 64, 100_000])
  func `what is written is read again, however the stream is cut`(pieceCount: Int) throws {
    let millionths: [Int64] = [
      0, 1, -1, 100, 999_999, 1_000_000, -4_500_500_000, 12_345_678_901_234_567, .max, .min,
    ]
    let names = ["a", "b", nil, "a", "", "ß", "a rather long name of a merchant", "b", "a", "ß"]
    let columns = try decoded(
      [
        .init("id", .text), .init("amount", .millionths), .init("at", .microseconds),
        .init("name", .dictionary, isNullable: true), .init("x", .double, isNullable: true),
        .init("flag", .flag), .init("count", .integer),
      ], [.text, .numeric, .timestampWithTimeZone, .text, .float8, .bool, .int8], rowCount: 10,
      pieceCount: pieceCount
    ) { row, writer in
      writer.write("row \(row)")
      writer.write(millionths: millionths[row])
      writer.write(microseconds: Int64(row) * 1_000_000_007 - 3)
      writer.write(names[row])
      if row == 3 { writer.writeNull() } else { writer.write(Double(row) / 3) }
      writer.write(row.isMultiple(of: 2))
      writer.write(Int64(row) - 5)
    }
    #expect(columns[0].texts == (0..<10).map { "row \($0)" })
    #expect(columns[1].integers == millionths)
    #expect(columns[2].integers == (0..<10).map { Int64($0) * 1_000_000_007 - 3 })
    #expect(columns[3].dictionary == ["a", "b", "", "ß", "a rather long name of a merchant"])
    #expect(columns[3].codes == [0, 1, -1, 0, 2, 3, 4, 1, 0, 3])
    #expect(columns[3].nullRows == [2])
    #expect(columns[4].doubles[3].isNaN && columns[4].doubles[2] == 2.0 / 3)
    #expect(columns[5].integers == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
    #expect(columns[6].integers == Array(-5..<5))
  }

  @Test func `many distinct texts keep the codes of their first appearance`() throws {
    let columns = try decoded(
      [.init("name", .dictionary)], [.text], rowCount: 3_000, pieceCount: 4_096
    ) { row, writer in writer.write("merchant \(row % 1_000)") }
    #expect(columns[0].dictionary == (0..<1_000).map { "merchant \($0)" })
    #expect(columns[0].codes == (0..<3_000).map { Int32($0 % 1_000) })
  }

  @Test(
    arguments: [
      ([1, 0, 0, 0, 1], nil), ([1, 0, 0, 0, 123], "0.0123"),
      ([2, 1, 0, 2, 45, 6700], "450000.67e0"),
    ] as [([Int], String?)])
  func `decimals finer than millionths are refused and doubles are nearest`(
    parts: [Int], text: String?
  ) throws {
    // Count, weight, sign, scale, digits.
    let weight = text == nil ? -3 : (parts[0] == 1 ? -1 : 1)
    let words = [parts[0], weight, 0, 12] + Array(parts[4...])
    let bytes = words.flatMap {
      [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)]
    }
    let (millionths, double) = unsafe try bytes.withUnsafeBytes { buffer in
      let numeric = try #require(unsafe WireNumeric(buffer))
      return (numeric.millionths, numeric.doubleValue)
    }
    if parts == [2, 1, 0, 2, 45, 6700] {
      #expect(millionths == 456_700_000_000)
      #expect(double == 456_700)
    } else if let text {
      #expect(millionths == 12_300)
      #expect(double == Double(text))
    } else {
      #expect(millionths == nil)
      #expect(double == 1e-12)
    }
  }

  @Test func `a stream that is no binary COPY is refused`() {
    var decoder = CopyDecoder(
      [.init("a", .integer)], types: [.int8], specialValues: .refuse, capacity: 1)
    let bytes = Array("this is no stream of rows".utf8)
    #expect(throws: CopyDecoder.Refusal.self) {
      try unsafe bytes.withUnsafeBytes { try unsafe decoder.decode($0) }
    }
  }
}
