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

  private(set) var lists: [Int: [Fraud]] = [:]

  var isEmpty: Bool { lists.isEmpty }

  mutating func insert(_ fraud: Fraud, of entity: Int) {
    var list = lists.removeValue(forKey: entity) ?? []
    let position = FraudLedger.position(in: list, after: fraud.time)
    var twin = position
    while twin > 0, list[twin - 1].time == fraud.time {
      twin -= 1
      if list[twin].key == fraud.key {
        lists[entity] = list
        return
      }
    }
    list.insert(fraud, at: position)
    lists[entity] = list
  }

  mutating func remove(_ fraud: Fraud, of entity: Int) {
    guard var list = lists.removeValue(forKey: entity) else { return }
    list.removeAll { $0 == fraud }
    if !list.isEmpty { lists[entity] = list }
  }

  mutating func clear(_ entity: Int) {
    if !lists.isEmpty { lists[entity] = nil }
  }

  /// Drops the frauds of `entity` at or before `limit`.
  mutating func drop(through limit: Int64, of entity: Int) {
    guard !lists.isEmpty, let first = lists[entity]?.first, first.time <= limit else { return }
    lists[entity]?.removeAll { $0.time <= limit }
    if lists[entity]?.isEmpty == true { lists[entity] = nil }
  }

  /// How many frauds happened in (after, through].
  func count(of entity: Int, after: Int64, through: Int64) -> Int {
    guard !lists.isEmpty, let list = lists[entity] else { return 0 }
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
