import Synchronization
import Tabular
import Testing

@Suite struct BlockParallelTests {
  private struct Refused: Error {
    let block: Int
  }

  @Test(arguments: [1, 2, 5])
  func `elements lie in order whatever threads fill them`(_ threadCount: Int) {
    let elements = BlockParallel.elements(count: 1_003, blockSize: 10, threadCount: threadCount) {
      block, places in
      for index in block { places.append(index * index) }
    }
    #expect(elements == (0..<1_003).map { $0 * $0 })
    let none: [Int] = BlockParallel.elements(count: 0, blockSize: 10, threadCount: threadCount) {
      _, _ in
    }
    #expect(none.isEmpty)
  }

  @Test(arguments: [1, 2, 5])
  func `the earliest block that fails is the one that is reported`(_ threadCount: Int) {
    let begun = Atomic(0)
    let error = #expect(throws: Refused.self) {
      _ = try BlockParallel.elements(count: 100, blockSize: 10, threadCount: threadCount) {
        (block, places) throws(Refused) in
        begun.wrappingAdd(1, ordering: .relaxed)
        for index in block {
          guard index < 35 else { throw Refused(block: block.lowerBound) }
          places.append(Double(index))
        }
      }
    }
    #expect(error?.block == 30)
    #expect(begun.load(ordering: .relaxed) >= 4)
  }
}
