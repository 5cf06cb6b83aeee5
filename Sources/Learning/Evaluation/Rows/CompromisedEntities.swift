public import Transactions

/// The entities whose fraud is known already, and which nobody needs a detector for any more.
///
/// On test day D a row is left out when its entity has a fraud at or after the start of training whose label is
/// known at the start of day D (the protocol of the card-fraud handbook, Le Borgne et al. 2022, chapter 5).
public struct CompromisedEntities: Sendable {
  /// The start of training: earlier frauds are over, their cards replaced.
  public let since: Timestamp
  private var knownAt: [String: Int64] = [:]

  /// Starts without any fraud.
  public init(since: Timestamp) { self.since = since }

  /// How many entities have a fraud since the start of training.
  public var count: Int { knownAt.count }

  /// Takes the frauds of a batch into account; batches may come in any order, and every batch must have been seen
  /// before the first question is asked.
  public mutating func observe(_ batch: TransactionBatch) {
    for row in 0..<batch.count
    where batch.labels[row] == 1 && batch.times[row] >= since.microseconds {
      guard let user = batch.users[row] else { continue }
      knownAt[user] = min(knownAt[user] ?? .max, batch.labelTimes[row])
    }
  }

  /// Whether `entity` is known to be compromised at the start of the UTC day of `moment`.
  public func isKnown(_ entity: String, at moment: Timestamp) -> Bool {
    guard let known = knownAt[entity] else { return false }
    return known <= moment.startOfDay.microseconds
  }
}
