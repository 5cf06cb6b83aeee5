import Compression
import Glibc
import Tabular
import Testing

@testable import Transactions

@Suite struct CSVRecordReaderTests {
  private func records(_ text: String, chunkByteCount: Int) throws -> [(line: Int, cells: [String])]
  {
    var generator = SystemRandomNumberGenerator()
    let path = "/tmp/anomalyze-records-\(getpid())-\(generator.next()).csv"
    defer { unsafe unlink(path) }
    var writer = try GzipWriter(path, isCompressed: false)
    try writer.write(Array(text.utf8))
    try writer.finish()
    var reader = try CSVRecordReader(path: path, chunkByteCount: chunkByteCount)
    var records: [(line: Int, cells: [String])] = []
    while try reader.next() {
      let cells = reader.cells.map { String(decoding: reader.bytes[$0], as: UTF8.self) }
      records.append((reader.line, cells))
    }
    return records
  }

  @Test(arguments: [1, 2, 3, 5, 1_000])
  func `what is read does not depend on where chunks end`(chunkByteCount: Int) throws {
    let text =
      "\u{FEFF}a,b\r\n\r\n\"x\"\"y\",\"1\r\n2\"\n,\n\n\"\",\"\"\"\"\rlast,\"\u{1F600},\"\"\""
    let records = try records(text, chunkByteCount: chunkByteCount)
    #expect(
      records.map(\.cells) == [
        ["a", "b"], ["x\"y", "1\r\n2"], ["", ""], ["", "\""], ["last", "\u{1F600},\""],
      ])
    #expect(records.map(\.line) == [1, 3, 5, 7, 8])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `random cells survive quoting in any chunks`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed, stream: 0)
    let alphabet = ["a", "\"", ",", "\n", "\r\n", "é", " ", ""]
    let rows = (0..<20).map { _ in
      (0..<3).map { _ in
        (0..<generator.below(6)).map { _ in alphabet[generator.below(alphabet.count)] }.joined()
      }
    }
    let text = rows.map { row in
      row.map { cell in
        let escaped = cell.split(separator: "\"", omittingEmptySubsequences: false)
        return "\"" + escaped.joined(separator: "\"\"") + "\""
      }.joined(separator: ",") + "\r\n"
    }.joined()
    let chunkByteCount = 1 + generator.below(40)
    #expect(try records(text, chunkByteCount: chunkByteCount).map(\.cells) == rows)
  }

  @Test(arguments: [
    ("1.005", 1_005_000), ("85.64999999999999", 85_650_000), ("-0.0000005", -1),
    ("0.00000049", 0), ("52.300000000000004", 52_300_000), ("+7", 7_000_000),
    ("9223372036854.775807", Int64.max),
  ])
  func `amounts are exact to six decimals and rounded there`(text: String, millionths: Int64) {
    #expect(CSVCell.amount(Array(text.utf8).span)?.millionths == millionths)
  }

  @Test(arguments: ["", ".", "-", "1e3", "NaN", "1,5", "1.2.3", " 1", "9223372036854.7758075"])
  func `what is no amount is refused`(text: String) {
    #expect(CSVCell.amount(Array(text.utf8).span) == nil)
  }

  @Test(arguments: [
    "2018-04-01T00:00:31Z", "2018-04-01 23:59:59", "2024-02-29T12:00:00Z", "1969-12-31 23:59:59",
    "2018-04-01T00:00:31.25Z", "2018-04-01T00:00:31+02:00", "2018-04-01", "1522540831", "0",
    "2018-02-29T00:00:00Z", "2018-04-01T24:00:00Z", "2018-04-01T00:60:00Z", "2018-0a-01T00:00:00Z",
    "2018-04-01T00:00:31z", "-018-04-01T00:00:31", "2018-04-01T00:00:31X", "", "x",
  ])
  func `moments are what the plain reader says`(text: String) {
    #expect(CSVCell.time(Array(text.utf8).span) == Timestamp(parsing: text))
  }
}
