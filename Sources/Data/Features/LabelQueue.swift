/// Labels that are on their way: told to the engine, but known only later.
struct LabelQueue: Sendable {
  struct Entry: Equatable, Sendable {
    /// When the label becomes known.
    var knownAt: Int64
    /// Order of arrival among labels of one moment.
    var sequence: Int64
    /// When the transaction happened.
    var time: Int64
    /// Hash of the transaction's identifier.
    var key: UInt64
    var isFraud: Bool
    /// Per store that keeps frauds the columns' texts, so that a label finds its entity whatever was forgotten meanwhile.
    var texts: [[String]?]

    func isBefore(_ other: Entry) -> Bool {
      knownAt != other.knownAt ? knownAt < other.knownAt : sequence < other.sequence
    }
  }

  /// Per store that keeps frauds how many columns name its entity.
  let textCounts: [Int]
  private var heap: [Entry] = []
  private var nextSequence: Int64 = 0

  /// When the next label becomes known; `Int64.max` for none.
  private(set) var nextKnownAt = Int64.max

  init(textCounts: [Int]) { self.textCounts = textCounts }

  /// The entries in the order in which they become known.
  var entries: [Entry] { heap.sorted { $0.isBefore($1) } }

  mutating func push(_ entry: Entry) {
    var entry = entry
    entry.sequence = nextSequence
    nextSequence += 1
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
    nextKnownAt = heap[0].knownAt
  }

  /// The next label when it is known by `time`.
  mutating func pop(knownBy time: Int64) -> Entry? {
    guard nextKnownAt <= time, let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        var smallest = parent
        for child in [2 * parent + 1, 2 * parent + 2]
        where child < heap.count && heap[child].isBefore(heap[smallest]) { smallest = child }
        if smallest == parent { break }
        heap.swapAt(parent, smallest)
        parent = smallest
      }
    }
    nextKnownAt = heap.first?.knownAt ?? .max
    return first
  }
}
