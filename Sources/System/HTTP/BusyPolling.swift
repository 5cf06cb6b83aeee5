/// Decides whether a thread that has nothing to do looks for the next request for a moment before it sleeps.
///
/// Being woken takes the system longer than a short answer takes the server, so a client that waits for each answer before it
/// sends the next request gets more answers when nobody sleeps between them. That pays only where requests follow each other
/// that closely: each gap between an answer and the next request tells whether looking for the next one is worth it, and
/// looking in vain costs several such gaps before the next attempt.
struct BusyPolling {
  /// How long a look may take, in nanoseconds; 0 never looks.
  let limit: UInt64
  /// How many requests in a row must have come soon enough, negated; above 0 looking is worth it.
  private var confidence = 0
  /// When the thread had last done what a request asked for.
  private var idleSince: UInt64 = 0
  private var lastArrival: UInt64 = 0
  private var isLooking = false

  /// After looking in vain.
  private static let penalty = 32

  /// Looks for at most `limit` nanoseconds at a time.
  init(limit: UInt64) { self.limit = limit }

  /// Learns from a turn of the loop whether to look again; true when the next turn must not sleep.
  ///
  /// - Parameters:
  ///   - arrival: When the last request arrived, of this turn or of an earlier one.
  ///   - now: The time, after the turn.
  mutating func looksOn(arrival: UInt64, now: UInt64) -> Bool {
    if arrival != lastArrival {
      // Who has slept was woken first, which takes as long again.
      let reach = isLooking ? limit : 2 * limit
      let gap = arrival > idleSince ? arrival - idleSince : 0
      confidence = gap <= reach ? min(confidence + 1, 1) : min(confidence, 0)
      lastArrival = arrival
      idleSince = now
    } else if isLooking, now - idleSince > limit {
      confidence = -BusyPolling.penalty
    }
    isLooking = confidence > 0 && now - idleSince <= limit
    return isLooking
  }
}
