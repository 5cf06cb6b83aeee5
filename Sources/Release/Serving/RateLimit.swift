public import HTTP
internal import Synchronization

/// A limit of requests a second for each client address, with bursts of twice as many (a token bucket each).
///
/// Memory is bounded: when too many addresses are known, those whose buckets are full again are forgotten.
public final class RateLimit: Sendable {
  private struct Bucket {
    var tokens: Double
    var seconds: Double
  }

  private static let addressLimit = 10_000
  private let perSecond: Double
  private let buckets = Mutex<[String: Bucket]>([:])
  private let seconds: @Sendable () -> Double

  /// Makes the limit; `seconds` is a clock.
  public init(perSecond: Double, seconds: @escaping @Sendable () -> Double) {
    self.perSecond = perSecond
    self.seconds = seconds
  }

  /// Counts a request of a client.
  ///
  /// - Throws: 429 with `Retry-After` when there were too many.
  func admit(_ address: String) throws(HTTPFailure) {
    let now = seconds()
    let wait = buckets.withLock { buckets -> Double in
      if buckets.count >= RateLimit.addressLimit {
        buckets = buckets.filter { now - $0.value.seconds < 2 }
        if buckets.count >= RateLimit.addressLimit { buckets = [:] }
      }
      var bucket = buckets[address] ?? Bucket(tokens: 2 * perSecond, seconds: now)
      bucket.tokens = min(
        2 * perSecond, bucket.tokens + max(0, now - bucket.seconds) * perSecond)
      bucket.seconds = now
      defer { buckets[address] = bucket }
      guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / perSecond }
      bucket.tokens -= 1
      return 0
    }
    guard wait == 0 else {
      throw HTTPFailure(
        429, "TOO_MANY_REQUESTS", "this client sends more requests than it may",
        headers: [("Retry-After", "\(Int(wait.rounded(.up)))")])
    }
  }
}

extension RequestGate {
  /// A gate of a rate limit and an access control; `nil` when there is neither.
  public init?(limit: RateLimit?, access: AccessControl?) {
    guard limit != nil || access != nil else { return nil }
    self.init { (visitor) throws(HTTPFailure) in
      if visitor.route?.access != .open { try limit?.admit(visitor.address) }
      return try access?.admit(visitor)
    }
  }
}
