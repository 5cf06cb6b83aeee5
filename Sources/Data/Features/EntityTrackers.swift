/// Pairs of text indices that are in use, each with an index of its own.
struct PairInterner: Sendable {
  private var indexOfPair: [UInt64: Int32] = [:]
  private(set) var pairs: [UInt64] = []
  private var unused: [Int32] = []

  mutating func index(of first: Int32, _ second: Int32) -> Int32 {
    let pair = PairInterner.key(first, second)
    if let index = indexOfPair[pair] { return index }
    let index = unused.popLast() ?? Int32(pairs.count)
    if Int(index) == pairs.count { pairs.append(pair) } else { pairs[Int(index)] = pair }
    indexOfPair[pair] = index
    return index
  }

  mutating func free(_ index: Int32) {
    indexOfPair[pairs[Int(index)]] = nil
    unused.append(index)
  }

  /// The index of a pair that is in use, else −1.
  func knownIndex(of first: Int32, _ second: Int32) -> Int32 {
    indexOfPair[PairInterner.key(first, second)] ?? -1
  }

  /// The two text indices of a pair.
  func components(of entity: Int) -> [Int32] {
    let pair = pairs[entity]
    return [
      Int32(bitPattern: UInt32(pair >> 32)), Int32(bitPattern: UInt32(truncatingIfNeeded: pair)),
    ]
  }

  private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }
}

/// Counts of values within one window, and of different values, per entity.
struct ValueTracker: Sendable {
  private struct Key: Hashable {
    let entity: Int32
    let value: Int64
  }

  /// Position in the store's value columns, or −1 for amounts.
  let source: Int
  /// Position of the window's lag.
  let lag: Int
  private var counts: [Key: Int32] = [:]
  private(set) var distinctCounts: [Int32] = []

  init(source: Int, lag: Int) {
    self.source = source
    self.lag = lag
  }

  mutating func grow(by count: Int) {
    distinctCounts.append(contentsOf: repeatElement(0, count: count))
  }

  func count(_ value: Int64, of entity: Int) -> Int32 {
    counts[Key(entity: Int32(entity), value: value)] ?? 0
  }

  mutating func add(_ value: Int64, of entity: Int) {
    if source >= 0 && value < 0 { return }
    let key = Key(entity: Int32(entity), value: value)
    let count = (counts[key] ?? 0) + 1
    counts[key] = count
    if count == 1 { distinctCounts[entity] += 1 }
  }

  mutating func remove(_ value: Int64, of entity: Int) {
    if source >= 0 && value < 0 { return }
    let key = Key(entity: Int32(entity), value: value)
    guard let count = counts[key] else { return }
    if count > 1 {
      counts[key] = count - 1
    } else {
      counts[key] = nil
      distinctCounts[entity] -= 1
    }
  }
}

/// The smallest or largest amount within one window per entity: a queue in which amounts only grow towards the end.
struct ExtremeTracker: Sendable {
  let layout: ExtremeTrackerLayout
  private var queues: [[(time: Int64, amount: Int64)]] = []
  private var heads: [Int] = []

  init(layout: ExtremeTrackerLayout) { self.layout = layout }

  mutating func grow(by count: Int) {
    queues.append(contentsOf: repeatElement([], count: count))
    heads.append(contentsOf: repeatElement(0, count: count))
  }

  mutating func clear(_ entity: Int) {
    queues[entity] = []
    heads[entity] = 0
  }

  mutating func push(_ amount: Int64, at now: Int64, of entity: Int) {
    drop(before: now, of: entity)
    while queues[entity].count > heads[entity], let last = queues[entity].last,
      layout.isMinimum ? last.amount >= amount : last.amount <= amount
    {
      queues[entity].removeLast()
    }
    queues[entity].append((now, amount))
  }

  private mutating func drop(before now: Int64, of entity: Int) {
    while heads[entity] < queues[entity].count,
      queues[entity][heads[entity]].time <= now &- layout.lag
    { heads[entity] += 1 }
    if heads[entity] > 16 && heads[entity] * 2 > queues[entity].count {
      queues[entity].removeFirst(heads[entity])
      heads[entity] = 0
    }
  }

  /// The extreme of the window that ends at `now`, or `nil` for an empty one.
  func extreme(of entity: Int, now: Int64) -> Int64? {
    queues[entity][heads[entity]...].first { $0.time > now &- layout.lag }?.amount
  }
}

/// Where and when each entity last was.
struct PositionTracker: Sendable {
  private(set) var latitudes: [Double] = []
  private(set) var longitudes: [Double] = []
  /// `Int64.min` for nowhere yet.
  private(set) var times: [Int64] = []

  mutating func grow(by count: Int) {
    latitudes.append(contentsOf: repeatElement(0, count: count))
    longitudes.append(contentsOf: repeatElement(0, count: count))
    times.append(contentsOf: repeatElement(.min, count: count))
  }

  mutating func clear(_ entity: Int) { set(entity, latitude: 0, longitude: 0, time: .min) }

  mutating func set(_ entity: Int, latitude: Double, longitude: Double, time: Int64) {
    latitudes[entity] = latitude
    longitudes[entity] = longitude
    times[entity] = time
  }
}

/// How often each entity was active in each hour of a cycle.
struct HourTracker: Sendable {
  let hourCount: Int
  private(set) var counts: [Int32] = []

  init(hourCount: Int) { self.hourCount = hourCount }

  mutating func grow(by count: Int) {
    counts.append(contentsOf: repeatElement(0, count: count * hourCount))
  }

  mutating func clear(_ entity: Int) {
    for index in entity * hourCount..<(entity + 1) * hourCount { counts[index] = 0 }
  }

  mutating func add(_ hourOfWeek: Int, of entity: Int) {
    counts[entity * hourCount + hourOfWeek % hourCount] &+= 1
  }

  func counts(of entity: Int) -> ArraySlice<Int32> {
    counts[entity * hourCount..<(entity + 1) * hourCount]
  }

  mutating func restore(_ stored: ArraySlice<Int32>, of entity: Int) {
    counts.replaceSubrange(entity * hourCount..<(entity + 1) * hourCount, with: stored)
  }

  /// The density around the hour relative to even activity, smoothed over five hours and by five even events.
  func density(at hourOfWeek: Int, of entity: Int, eventCount: Int64) -> Double {
    let hour = hourOfWeek % hourCount
    var weighted: Int64 = 0
    for (offset, weight) in zip(-2...2, [1, 2, 3, 2, 1] as [Int64]) {
      let index = (hour + offset + hourCount) % hourCount
      weighted += weight * Int64(counts[entity * hourCount + index])
    }
    let prior = 5.0
    return (Double(weighted) / 9 * Double(hourCount) + prior) / (Double(eventCount) + prior)
  }
}

/// The last amounts of each entity, in a ring.
struct RecentAmounts: Sendable {
  let length: Int
  private(set) var amounts: [Int64] = []
  /// How many amounts were ever pushed.
  private(set) var counts: [Int64] = []

  init(length: Int) { self.length = length }

  mutating func grow(by count: Int) {
    amounts.append(contentsOf: repeatElement(0, count: count * length))
    counts.append(contentsOf: repeatElement(0, count: count))
  }

  mutating func clear(_ entity: Int) { counts[entity] = 0 }

  mutating func push(_ amount: Int64, of entity: Int) {
    amounts[entity * length + Int(counts[entity] % Int64(length))] = amount
    counts[entity] &+= 1
  }

  /// The last `count` amounts or as many as there are, newest first.
  func last(_ count: Int, of entity: Int) -> [Int64] {
    let total = counts[entity]
    return (0..<min(Int64(count), total, Int64(length))).map { back in
      amounts[entity * length + Int((total - 1 - back) % Int64(length))]
    }
  }
}
