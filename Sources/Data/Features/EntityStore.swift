/// The history of every entity of one kind: running totals at each lag, and what else its features need.
///
/// A window's statistics are the difference of two running totals. Each lag has a cursor into the entity's events that
/// moves over every event once, so an event costs O(lags) amortised whatever the windows' lengths. Whole numbers make
/// the totals exact: neither order nor eviction nor a restart changes a bit.
struct EntityStore: Sendable {
  let layout: StoreLayout
  /// How long an entity is remembered after its last event, in microseconds.
  let memory: Int64
  private let lagCount: Int
  private let keepsMoments: Bool
  private let valueColumnIndices: [Int]

  /// Per entity when it was last seen; `Int64.min` for none.
  private(set) var lastTimes: [Int64] = []
  /// Per entity the totals of all its events, then those up to each lag.
  private(set) var totals: [AmountMoments] = []
  private(set) var logTotals: [AmountMoments] = []
  /// Per entity and lag the slot of the first event that is not yet older than the lag.
  private(set) var cursors: [Int32] = []
  /// Per entity the slot that its next event will fill.
  private(set) var tails: [Int32] = []
  private(set) var log: EventLog
  var extremes: [ExtremeTracker]
  var values: [ValueTracker]
  var frauds = FraudLedger()
  var positions = PositionTracker()
  var hours: [HourTracker]
  var recent: RecentAmounts
  var pairs = PairInterner()
  private var sweepPosition = 0

  init(layout: StoreLayout, memory: Int64) {
    self.layout = layout
    self.memory = memory
    lagCount = layout.lags.count
    keepsMoments = layout.keepsSums || layout.keepsSquares
    valueColumnIndices = layout.valueColumns.map(\.index)
    log = EventLog(
      keepsAmounts: layout.keepsAmounts, keepsLogs: layout.keepsLogMoments,
      columnCount: layout.valueColumns.count)
    extremes = layout.extremeTrackers.map { ExtremeTracker(layout: $0) }
    values = layout.valueTrackers.map { tracker in
      ValueTracker(source: tracker.source, lag: layout.lags.firstIndex(of: tracker.lag) ?? 0)
    }
    hours = layout.hourCycles.map { HourTracker(hourCount: $0.hourCount) }
    recent = RecentAmounts(length: layout.recentCount)
  }

  /// The index of the entity that `event` names, or −1 for none.
  mutating func entity(of event: borrowing FeatureEvent) -> Int {
    let first = event.texts[layout.columns[0].index]
    if layout.columns.count == 1 || first < 0 { return Int(first) }
    let second = event.texts[layout.columns[1].index]
    return second < 0 ? -1 : Int(pairs.index(of: first, second))
  }

  /// Prepares `entity` for an event at `time`: forgets a history that is too old, moves the cursors.
  ///
  /// - Parameters:
  ///   - entity: Its index.
  ///   - time: When the event happened.
  ///   - clock: The latest moment seen so far, by which memory is measured.
  /// - Returns: the moment that counts: an event earlier than the entity's last one counts as simultaneous with it.
  mutating func advance(_ entity: Int, to time: Int64, clock: Int64) -> Int64 {
    if entity >= lastTimes.count { grow(through: entity) }
    let last = lastTimes[entity]
    if last == .min {
      begin(entity)
      return time
    }
    if clock &- last > memory {
      release(entity)
      begin(entity)
      return time
    }
    let now = max(time, last)
    let base = entity * lagCount
    let tail = lagCount > 0 ? tails[entity] : 0
    for lag in 0..<lagCount {
      let limit = now &- layout.lags[lag]
      let slot = cursors[base + lag]
      if slot != tail && log.times[Int(slot)] <= limit {
        move(lag, of: entity, from: slot, tail: tail, limit: limit)
      }
    }
    return now
  }

  private mutating func move(
    _ lag: Int, of entity: Int, from start: Int32, tail: Int32, limit: Int64
  ) {
    var slot = start
    var passed = totals[entity * (lagCount + 1) + 1 + lag]
    let isLongest = lag == lagCount - 1
    repeat {
      let index = Int(slot)
      if layout.keepsSquares {
        passed.add(log.amounts[index])
      } else {
        passed.count &+= 1
        if layout.keepsSums { passed.sum &+= Int128(log.amounts[index]) }
      }
      if layout.keepsLogMoments {
        logTotals[entity * (lagCount + 1) + 1 + lag].add(log.logs[index])
      }
      for tracker in values.indices where values[tracker].lag == lag {
        values[tracker].remove(trackedValue(tracker, slot: index), of: entity)
      }
      let next = log.slot(after: slot)
      // Nothing looks further back than the longest lag.
      if isLongest && log.isLast(slot) { log.releaseChunk(of: slot) }
      slot = next
    } while slot != tail && log.times[Int(slot)] <= limit
    totals[entity * (lagCount + 1) + 1 + lag] = passed
    cursors[entity * lagCount + lag] = slot
  }

  private func trackedValue(_ tracker: Int, slot: Int) -> Int64 {
    let source = values[tracker].source
    return source < 0 ? log.amounts[slot] : Int64(log.values[source][slot])
  }

  /// Adds `event` to the history of `entity`, which has been advanced to `now`.
  mutating func push(_ event: borrowing FeatureEvent, entity: Int, now: Int64) {
    lastTimes[entity] = now
    let base = entity * (lagCount + 1)
    if layout.keepsSquares {
      totals[base].add(event.amount)
    } else {
      totals[base].count &+= 1
      if layout.keepsSums { totals[base].sum &+= Int128(event.amount) }
    }
    if layout.keepsLogMoments { logTotals[base].add(event.fixedLog) }
    if lagCount > 0 {
      tails[entity] = log.write(
        copy event, time: now, at: tails[entity], columns: valueColumnIndices)
    }
    for tracker in values.indices {
      let source = values[tracker].source
      let value = source < 0 ? event.amount : Int64(event.texts[valueColumnIndices[source]])
      values[tracker].add(value, of: entity)
    }
    for tracker in extremes.indices { extremes[tracker].push(event.amount, at: now, of: entity) }
    if layout.keepsPositions && event.hasPosition {
      positions.set(entity, latitude: event.latitude, longitude: event.longitude, time: now)
    }
    for cycle in hours.indices { hours[cycle].add(event.hourOfWeek, of: entity) }
    if layout.recentCount > 0 { recent.push(event.amount, of: entity) }
  }

  private mutating func grow(through entity: Int) {
    let added = entity + 1 - lastTimes.count
    lastTimes.append(contentsOf: repeatElement(.min, count: added))
    let none = AmountMoments()
    totals.append(contentsOf: repeatElement(none, count: added * (lagCount + 1)))
    if layout.keepsLogMoments {
      logTotals.append(contentsOf: repeatElement(none, count: added * (lagCount + 1)))
    }
    if lagCount > 0 {
      tails.append(contentsOf: repeatElement(-1, count: added))
      cursors.append(contentsOf: repeatElement(-1, count: added * lagCount))
    }
    for tracker in values.indices { values[tracker].grow(by: added) }
    for tracker in extremes.indices { extremes[tracker].grow(by: added) }
    for cycle in hours.indices { hours[cycle].grow(by: added) }
    if layout.keepsPositions { positions.grow(by: added) }
    if layout.recentCount > 0 { recent.grow(by: added) }
  }

  private mutating func begin(_ entity: Int) {
    guard lagCount > 0 else { return }
    let slot = log.makeChunk()
    tails[entity] = slot
    for lag in 0..<lagCount { cursors[entity * lagCount + lag] = slot }
  }

  /// Forgets everything about `entity` and makes its memory available again.
  mutating func release(_ entity: Int) {
    guard entity < lastTimes.count, lastTimes[entity] != .min else { return }
    lastTimes[entity] = .min
    if lagCount > 0 {
      let tail = tails[entity]
      for tracker in values.indices {
        var slot = cursors[entity * lagCount + values[tracker].lag]
        while slot != tail {
          values[tracker].remove(trackedValue(tracker, slot: Int(slot)), of: entity)
          slot = log.slot(after: slot)
        }
      }
      log.releaseChunks(from: cursors[entity * lagCount + lagCount - 1], through: tail)
      tails[entity] = -1
    }
    for index in entity * (lagCount + 1)..<(entity + 1) * (lagCount + 1) {
      totals[index] = AmountMoments()
      if layout.keepsLogMoments { logTotals[index] = AmountMoments() }
    }
    for tracker in extremes.indices { extremes[tracker].clear(entity) }
    for cycle in hours.indices { hours[cycle].clear(entity) }
    if layout.keepsPositions { positions.clear(entity) }
    if layout.recentCount > 0 { recent.clear(entity) }
    frauds.clear(entity)
  }

  /// Whether `entity` still has a history at `clock`.
  func remembers(_ entity: Int, clock: Int64) -> Bool {
    entity < lastTimes.count && lastTimes[entity] != .min && clock &- lastTimes[entity] <= memory
  }

  /// Looks at the next `count` entities and forgets those last seen before `limit`.
  mutating func sweep(_ count: Int, before limit: Int64) {
    for _ in 0..<min(count, lastTimes.count) {
      if sweepPosition >= lastTimes.count { sweepPosition = 0 }
      let entity = sweepPosition
      sweepPosition += 1
      guard lastTimes[entity] != .min, lastTimes[entity] < limit else { continue }
      release(entity)
      if layout.columns.count == 2 { pairs.free(Int32(entity)) }
    }
  }
}
