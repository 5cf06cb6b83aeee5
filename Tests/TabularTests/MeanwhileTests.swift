import Synchronization
import Tabular
import Testing

@Suite struct MeanwhileTests {
  private struct Failure: Error, Equatable {}

  @Test func `what is made elsewhere, or why it could not be, is handed over as often as asked`()
    throws
  {
    let sum = Meanwhile { (1...1_000).reduce(0, +) }
    #expect(try sum.result() == 500_500)
    #expect(try sum.result() == 500_500)
    let failing = Meanwhile<Int> { throw Failure() }
    #expect(throws: Failure()) { try failing.result() }
  }

  @Test func `work that nobody asks for has ended when its owner is gone`() {
    let ended = Ended()
    for _ in 0..<100 {
      _ = Meanwhile { ended.count.add(1, ordering: .relaxed) }
    }
    #expect(ended.count.load(ordering: .relaxed) == 100)
  }

  private final class Ended: Sendable {
    let count = Atomic(0)
  }
}
