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

  @Test(arguments: [1, 31, 33, 200])
  func `rows of several blocks keep their places, nulls among them`(rowsPerBatch: Int) throws {
    var writer = PostgreSQLCopyWriter(columnCount: 3)
    for row in 0..<100 {
      writer.beginRow()
      writer.write("id \(row)")
      if row % 7 == 3 { writer.writeNull() } else { writer.write(Int64(row)) }
      if row % 5 == 2 { writer.writeNull() } else { writer.write("text \(row % 3)") }
    }
    writer.finish()
    var decoder = CopyDecoder(
      [
        .init("id", .text), .init("number", .integer, isNullable: true),
        .init("text", .dictionary, isNullable: true),
      ], types: [.text, .int8, .text], specialValues: .refuse, capacity: rowsPerBatch)
    let bytes = writer.buffer
    try unsafe bytes.withUnsafeBytes { try unsafe decoder.decode($0) }
    #expect(decoder.rowCount == 100)
    let columns = decoder.take()
    #expect(columns[0].texts == (0..<100).map { "id \($0)" })
    #expect(columns[1].integers == (0..<100).map { $0 % 7 == 3 ? 0 : $0 })
    #expect(columns[1].nullRows == (0..<100).filter { $0 % 7 == 3 })
    let texts = columns[2].codes.map { $0 < 0 ? nil : columns[2].dictionary[Int($0)] }
    #expect(texts == (0..<100).map { $0 % 5 == 2 ? nil : "text \($0 % 3)" })
    #expect(columns[2].nullRows == (0..<100).filter { $0 % 5 == 2 })
  }

  @Test(arguments: [1, 3, 40])
  func `the first row that cannot be read is named, whichever column it is`(first: Int) {
    var writer = PostgreSQLCopyWriter(columnCount: 3)
    for row in 1...60 {
      writer.beginRow()
      writer.write("id \(row)")
      if row == first + 2 { writer.writeNull() } else { writer.write(Int64(row)) }
      if row == first { writer.writeNull() } else { writer.write("text") }
    }
    writer.finish()
    var decoder = CopyDecoder(
      [.init("id", .text), .init("number", .integer), .init("text", .dictionary)],
      types: [.text, .int8, .text], specialValues: .refuse, capacity: 100)
    let bytes = writer.buffer
    let refusal = #expect(throws: CopyDecoder.Refusal.self) {
      try unsafe bytes.withUnsafeBytes { try unsafe decoder.decode($0) }
    }
    #expect(refusal?.row == first && refusal?.column == "text")
    #expect(refusal?.key == "id \(first)" && refusal?.reason == "is null")
  }

  /// Digits to base 10,000, the weight of the first one, and what the numeric means.
  struct Numeric: Sendable {
    let digits: [UInt16]
    let weight: Int16
    let millionths: Int64?
    let double: Double
  }

  @Test(arguments: [
    Numeric(digits: [], weight: 0, millionths: 0, double: 0),
    Numeric(digits: [1], weight: -3, millionths: nil, double: 1e-12),
    Numeric(digits: [100], weight: -2, millionths: 1, double: 1e-6),
    Numeric(digits: [1], weight: -2, millionths: nil, double: 1e-8),
    Numeric(digits: [45, 6700], weight: 1, millionths: 456_700_000_000, double: 456_700),
    Numeric(digits: [1], weight: 4, millionths: nil, double: 1e16),
    Numeric(digits: [1, 2, 3, 4, 5], weight: 2, millionths: nil, double: 100020003.00040005),
  ])
  func `a numeric is exact millionths or none, and the nearest double`(numeric: Numeric) throws {
    var words = [UInt16(numeric.digits.count), UInt16(bitPattern: numeric.weight), 0, 12]
    words += numeric.digits
    let bytes = words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    let (millionths, double) = unsafe try bytes.withUnsafeBytes { buffer in
      let wire = try #require(unsafe WireNumeric(buffer))
      return (wire.millionths, wire.doubleValue)
    }
    #expect(millionths == numeric.millionths)
    #expect(double == numeric.double)
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
