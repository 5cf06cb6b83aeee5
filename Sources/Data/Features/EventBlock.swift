/// Events on their way through the stores together, and the rows of their features.
///
/// Each store takes all of them, one after the other, before the next store does: nothing that one store keeps depends on another.
struct EventBlock: Sendable {
  /// How many values a row has.
  let width: Int
  private(set) var events: [FeatureEvent] = []
  /// Per event the latest moment seen by then.
  private(set) var clocks: [Int64] = []
  /// Per event whether its row is computed.
  private(set) var isComputed: [Bool] = []
  /// Per event `width` values.
  var rows: [Double] = []
  /// How many of the events the stores have taken.
  var takenCount = 0

  init(width: Int) { self.width = width }

  /// The events that no store has taken.
  var waiting: Range<Int> { takenCount..<events.count }

  /// The first `count` values of the row of the event at `position`.
  func row(_ position: Int, count: Int) -> ArraySlice<Double> {
    rows[position * width..<position * width + count]
  }

  mutating func append(_ event: FeatureEvent, clock: Int64, isComputed: Bool) {
    events.append(event)
    clocks.append(clock)
    self.isComputed.append(isComputed)
    if rows.count < events.count * width {
      rows.append(contentsOf: repeatElement(0, count: events.count * width - rows.count))
    }
  }

  mutating func removeAll() {
    events.removeAll(keepingCapacity: true)
    clocks.removeAll(keepingCapacity: true)
    isComputed.removeAll(keepingCapacity: true)
    takenCount = 0
  }
}
