/// The known frauds of each entity, ordered by when the transactions happened.
///
/// Frauds are rare and become known late and out of order, so they are kept apart from the event log and counted by
/// binary search.
struct FraudLedger: Sendable {
  struct Fraud: Hashable, Sendable {
    var time: Int64
    /// A hash of the transaction's identifier, so that a label that comes twice counts once.
    var key: UInt64
  }

  /// Per entity, as far as one has had a fraud.
  private var lists: [[Fraud]] = []

  /// The frauds of `entity`.
  func list(of entity: Int) -> [Fraud] { entity < lists.count ? lists[entity] : [] }

  /// How many frauds of `entity` are known.
  func count(of entity: Int) -> Int { entity < lists.count ? lists[entity].count : 0 }

  mutating func insert(_ fraud: Fraud, of entity: Int) {
    if entity >= lists.count {
      lists.append(contentsOf: repeatElement([], count: entity + 1 - lists.count))
    }
    let position = FraudLedger.position(in: lists[entity], after: fraud.time)
    var twin = position
    while twin > 0, lists[entity][twin - 1].time == fraud.time {
      twin -= 1
      if lists[entity][twin].key == fraud.key { return }
    }
    lists[entity].insert(fraud, at: position)
  }

  mutating func remove(_ fraud: Fraud, of entity: Int) {
    if entity < lists.count { lists[entity].removeAll { $0 == fraud } }
  }

  mutating func clear(_ entity: Int) {
    if entity < lists.count { lists[entity] = [] }
  }

  /// Drops the frauds of `entity` at or before `limit`.
  mutating func drop(through limit: Int64, of entity: Int) {
    guard entity < lists.count, let first = lists[entity].first, first.time <= limit else { return }
    lists[entity].removeAll { $0.time <= limit }
  }

  /// How many frauds happened in (after, through].
  func count(of entity: Int, after: Int64, through: Int64) -> Int {
    guard entity < lists.count, !lists[entity].isEmpty else { return 0 }
    let list = lists[entity]
    return FraudLedger.position(in: list, after: through)
      - FraudLedger.position(in: list, after: after)
  }

  /// The position of the first fraud later than `time`.
  private static func position(in list: [Fraud], after time: Int64) -> Int {
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle].time <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
