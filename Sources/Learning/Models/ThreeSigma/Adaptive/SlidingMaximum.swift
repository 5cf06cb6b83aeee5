/// The largest of the last values.
///
/// Only values that can still become the largest are kept: they fall from front to back.
struct SlidingMaximum: Equatable, Sendable {
  private let capacity: Int
  private var kept: [(index: Int, value: Double)] = []
  private var front = 0
  private var next = 0

  /// An empty window over the last `capacity` values.
  init(capacity: Int) { self.capacity = capacity }

  /// The largest value in the window; −∞ when it is empty.
  var value: Double { front < kept.count ? kept[front].value : -.infinity }

  /// Takes the newest value and drops the one that leaves.
  ///
  /// - Complexity: O(1) on average.
  mutating func add(_ value: Double) {
    while kept.count > front, kept[kept.count - 1].value <= value { kept.removeLast() }
    kept.append((next, value))
    next += 1
    while front < kept.count, kept[front].index < next - capacity { front += 1 }
    if front > capacity {
      kept.removeFirst(front)
      front = 0
    }
  }

  static func == (left: SlidingMaximum, right: SlidingMaximum) -> Bool {
    left.capacity == right.capacity && left.next == right.next
      && left.kept[left.front...].elementsEqual(right.kept[right.front...], by: ==)
  }
}
