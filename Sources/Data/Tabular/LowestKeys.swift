/// The lowest of many keys, for samples that depend on the set of rows alone: not on their order, number of parts or machine.
///
/// Keys are hashes, so the rows with the lowest ones are drawn evenly. Memory is bounded by twice the count; each key costs
/// O(1) amortised.
public struct LowestKeys: Sendable {
  /// How many keys are kept.
  public let count: Int
  private var keys: [UInt64] = []
  private var isCut = false
  private var limit = UInt64.max

  /// Keeps the `count` lowest keys.
  ///
  /// - Precondition: `count` is positive.
  public init(count: Int) {
    precondition(count > 0, "an empty sample has no highest key")
    self.count = count
  }

  /// Takes one key into account.
  public mutating func offer(_ key: UInt64) {
    guard key <= limit else { return }
    keys.append(key)
    guard keys.count - count >= max(count, 1 << 12) else { return }
    cut()
  }

  /// The highest key that belongs to the sample; everything does when no more than `count` keys were offered.
  public mutating func highest() -> UInt64 {
    guard isCut || keys.count > count else { return .max }
    cut()
    return limit
  }

  private mutating func cut() {
    keys.sort()
    keys.removeLast(keys.count - count)
    limit = keys[count - 1]
    isCut = true
  }
}
