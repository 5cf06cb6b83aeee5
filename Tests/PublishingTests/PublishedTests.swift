import Dispatch
import Publishing
import Synchronization
import Testing

@Suite struct PublishedTests {
  /// Notes how many of its kind are alive, and keeps memory that a reader of a freed one would not find.
  private final class Table: Sendable {
    static let aliveCount = Atomic(0)
    let number: Int
    let entries: [String: Entry]

    init(_ number: Int) {
      self.number = number
      entries = Dictionary(uniqueKeysWithValues: (0..<8).map { ("key-\($0)", Entry(number)) })
      Table.aliveCount.add(1, ordering: .relaxed)
    }

    deinit { Table.aliveCount.subtract(1, ordering: .relaxed) }
  }

  private final class Entry: Sendable {
    let numbers: [Int]

    init(_ number: Int) { numbers = [number, number, number] }
  }

  private final class Counts: Sendable {
    let isEnded = Atomic(false)
    let failureCount = Atomic(0)
    let readCount = Atomic(0)
  }

  @Test func `readers find whole entries while the table is replaced, and old tables go`() {
    do {
      let published = Published(Table(0))
      let counts = Counts()
      let group = DispatchGroup()
      // A queue each, because a shared one has no more threads than there are processors.
      for worker in 0..<6 {
        DispatchQueue(label: "worker-\(worker)").async(group: group) {
          if worker < 2 {
            for _ in 0..<4_000 {
              published.update { Table($0.number + 1) }
            }
            counts.isEnded.store(true, ordering: .releasing)
            return
          }
          var last = 0
          repeat {
            let numbers = published.read { $0.entries["key-\(worker)"] }?.numbers ?? []
            // What one reader sees never goes back.
            if numbers.count != 3 || Set(numbers).count != 1 || numbers[0] < last {
              counts.failureCount.add(1, ordering: .relaxed)
            }
            last = numbers.first ?? last
            counts.readCount.add(1, ordering: .relaxed)
          } while !counts.isEnded.load(ordering: .acquiring)
        }
      }
      group.wait()
      #expect(counts.failureCount.load(ordering: .relaxed) == 0)
      #expect(counts.readCount.load(ordering: .relaxed) >= 4)
      #expect(published.read { $0.entries["key-0"] }?.numbers == [8_000, 8_000, 8_000])
      #expect(published.read { $0.entries["missing"] } == nil)
      #expect(Table.aliveCount.load(ordering: .relaxed) == 1)
    }
    #expect(Table.aliveCount.load(ordering: .relaxed) == 0)
  }

  @Test func `a change that makes nothing leaves the object`() {
    let first = Entry(1)
    let published = Published(first)
    published.update { _ in nil }
    #expect(published.read { $0 } === first)
  }
}
