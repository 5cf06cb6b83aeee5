import Memory
import Testing

@Suite struct TableHashTests {
  @Test func `texts that differ in one byte, or in length, differ in their hashes`() {
    var hashes: Set<UInt64> = []
    var count = 0
    for length in 0...40 {
      let plain = [UInt8](repeating: 0, count: length)
      hashes.insert(plain.span.tableHash)
      count += 1
      for index in 0..<length {
        for bit in 0..<8 {
          var other = plain
          other[index] ^= 1 << UInt8(bit)
          hashes.insert(other.span.tableHash)
          count += 1
        }
      }
    }
    #expect(hashes.count == count)
  }

  @Test(arguments: [0, 12, 31, 52])
  func `numbered identifiers fill a table evenly by any twelve bits`(shift: Int) {
    var counts = [Int](repeating: 0, count: 4_096)
    for number in 0..<409_600 {
      let hash = "tx-\(number)".utf8Span.span.tableHash
      counts[Int(truncatingIfNeeded: hash >> UInt64(shift)) & 4_095] += 1
    }
    // A hundred expected in each; a fair draw leaves these limits once in many thousand tables.
    #expect(counts.allSatisfy { (45...160).contains($0) })
  }
}
