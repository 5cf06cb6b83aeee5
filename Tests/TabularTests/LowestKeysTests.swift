import Tabular
import Testing

@Suite struct LowestKeysTests {
  @Test(arguments: [1, 10, 5_000]) func `the highest of the lowest is found in any order`(
    count: Int
  ) {
    var generator = SeededGenerator(seed: 3)
    var keys = (0..<20_000).map { _ in generator.next() }
    let expected = keys.sorted()[count - 1]
    for _ in 0..<3 {
      var lowest = LowestKeys(count: count)
      for key in keys { lowest.offer(key) }
      #expect(lowest.highest() == expected)
      keys.reverse()
      keys.swapAt(17, 9_001)
    }
  }

  @Test func `all of few keys belong to the sample`() {
    var lowest = LowestKeys(count: 4)
    for key in [7, 5, 9, 1] as [UInt64] { lowest.offer(key) }
    #expect(lowest.highest() == .max)
    lowest.offer(6)
    #expect(lowest.highest() == 7)
  }
}
