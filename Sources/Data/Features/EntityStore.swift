/// What every entity has.
struct EntityRecord: Equatable, Sendable {
  /// When it was last seen; `Int64.min` for never or forgotten.
  var lastTime = Int64.min
  /// How many events it had.
  var count: Int64 = 0
  /// The slot that its next event will fill.
  var tail: Int32 = -1
}

/// How far one lag has moved over an entity's events.
struct LagCursor: Equatable, Sendable {
  /// The moment of the first event that is not yet older than the lag; `Int64.max` for none.
  var nextTime = Int64.max
  /// The slot of that event, or the slot that the next event will fill.
  var slot: Int32 = -1
  /// How many events are older, modulo 2³²: a slot is an `Int32`, so the others are fewer.
  var passedCount: UInt32 = 0

  /// How many events of an entity that had `count` are older.
  func passedCount(of count: Int64) -> Int64 {
    count &- Int64(UInt32(truncatingIfNeeded: count) &- passedCount)
  }
}

/// The history of every entity of one kind: running totals at each lag, and what else its features need.
///
/// A window's statistics are the difference of two running totals. Each lag has a cursor into the entity's events that
/// moves over every event once, so an event costs O(lags) amortised whatever the windows' lengths. Whole numbers make
/// the totals exact: neither order nor eviction nor a restart changes a bit.
struct EntityStore: Sendable {
  let layout: StoreLayout
  /// How long an entity is remembered after its last event, in microseconds.
  let memory: Int64
  let lags: [Int64]
  let lagCount: Int
  let valueColumnIndices: [Int]
  private let countsValues: Bool
  let firstColumn: Int
  /// −1 where one column names the entity.
  let secondColumn: Int

  var records: [EntityRecord] = []
  /// Per entity one for each lag.
  var cursors: [LagCursor] = []
  /// Per entity the sum of all its amounts, then of those older than each lag; empty when no feature needs it.
  var sums: [Int128] = []
  var squares: [Int128] = []
  var logSums: [Int128] = []
  var logSquares: [Int128] = []
  var log: EventLog
  var extremes: [ExtremeTracker]
  var values: [ValueTracker]
  var frauds = FraudLedger()
  var positions = PositionTracker()
  var hours: [HourTracker]
  var recent: RecentAmounts
  var pairs = PairInterner()
  private var sweepPosition = 0
  /// What `touch` read; of no meaning.
  private var touched: Int64 = 0

  init(layout: StoreLayout, memory: Int64) {
    self.layout = layout
    self.memory = memory
    lags = layout.lags
    lagCount = layout.lags.count
    valueColumnIndices = layout.valueColumns.map(\.index)
    countsValues = !layout.valueTrackers.isEmpty
    firstColumn = layout.columns[0].index
    secondColumn = layout.columns.count == 1 ? -1 : layout.columns[1].index
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

  /// Takes the events at `range` of `block`: fills the cells of their rows that `operations` name, then adds them to the histories.
  mutating func process(
    _ block: inout EventBlock, _ range: Range<Int>,
    _ operations: [(column: Int, operation: StoreOperation)]
  ) {
    if range.count > 1 && secondColumn < 0 { touch(block, range) }
    for position in range { process(&block, at: position, operations) }
  }

  private mutating func process(
    _ block: inout EventBlock, at position: Int,
    _ operations: [(column: Int, operation: StoreOperation)]
  ) {
    let event = block.events[position]
    let entity = entity(of: event)
    let now =
      entity >= 0 ? advance(entity, to: event.time, clock: block.clocks[position]) : event.time
    if block.isComputed[position] {
      let start = position * block.width
      for (column, operation) in operations {
        block.rows[start + column] = evaluate(
          operation, entity: entity, now: now, event: event, cell: block.rows[start + column])
      }
    }
    if entity >= 0 { push(event, entity: entity, now: now) }
  }

  /// The index of the entity that `event` names, or −1 for none.
  private mutating func entity(of event: FeatureEvent) -> Int {
    let first = event.texts[firstColumn]
    if secondColumn < 0 || first < 0 { return Int(first) }
    let second = event.texts[secondColumn]
    return second < 0 ? -1 : Int(pairs.index(of: first, second))
  }

  /// Prepares `entity` for an event at `time`: forgets a history that is too old, moves the cursors.
  ///
  /// - Parameters:
  ///   - entity: Its index.
  ///   - time: When the event happened.
  ///   - clock: The latest moment seen so far, by which memory is measured.
  /// - Returns: the moment that counts: an event earlier than the entity's last one counts as simultaneous with it.
  private mutating func advance(_ entity: Int, to time: Int64, clock: Int64) -> Int64 {
    if entity >= records.count { grow(through: entity) }
    let last = records[entity].lastTime
    if last == .min || clock &- last > memory {
      release(entity)
      begin(entity)
      return time
    }
    let now = max(time, last)
    let base = entity * lagCount
    for lag in 0..<lagCount {
      let limit = now &- lags[lag]
      if cursors[base + lag].nextTime <= limit { move(lag, of: entity, limit: limit) }
    }
    return now
  }

  /// Reads what the events at `range` of `block` will need: first the records, then the past events that cursors stand on.
  ///
  /// The histories lie scattered in memory. One event at a time would wait for each of its own; here the reads of many overlap,
  /// which saves a quarter of the time with some 25,000 entities.
  private mutating func touch(_ block: EventBlock, _ range: Range<Int>) {
    var sum: Int64 = 0
    for position in range {
      let entity = Int(block.events[position].texts[firstColumn])
      guard entity >= 0 && entity < records.count else { continue }
      sum &+= records[entity].lastTime
      let base = entity * lagCount
      for index in base..<base + lagCount { sum &+= cursors[index].nextTime }
      if layout.keepsSums { sum &+= Int64(truncatingIfNeeded: sums[base + entity]) }
      if layout.keepsFrauds { sum &+= Int64(frauds.count(of: entity)) }
    }
    for position in range {
      let entity = Int(block.events[position].texts[firstColumn])
      guard entity >= 0 && entity < records.count else { continue }
      let base = entity * lagCount
      for index in base..<base + lagCount where cursors[index].slot >= 0 {
        sum &+= log.time(cursors[index].slot) &+ log.time(after: cursors[index].slot)
      }
    }
    touched = sum
  }

  private mutating func move(_ lag: Int, of entity: Int, limit: Int64) {
    let tail = records[entity].tail
    var cursor = cursors[entity * lagCount + lag]
    let isLongest = lag == lagCount - 1
    var (sum, squareSum, logSum, logSquareSum) = (Int128(0), Int128(0), Int128(0), Int128(0))
    repeat {
      let slot = cursor.slot
      cursor.passedCount &+= 1
      if layout.keepsSums { sum &+= Int128(log.amount(slot)) }
      if layout.keepsSquares { squareSum &+= AmountMoments.square(log.amount(slot)) }
      if layout.keepsLogMoments {
        logSum &+= Int128(log.fixedLog(slot))
        logSquareSum &+= AmountMoments.square(log.fixedLog(slot))
      }
      if countsValues { uncountValues(of: entity, slot: slot, lag: lag) }
      cursor.slot = log.slot(after: slot)
      // Nothing looks further back than the longest lag.
      if isLongest && log.isLast(slot) { log.releaseChunk(of: slot) }
      cursor.nextTime = cursor.slot == tail ? .max : log.time(cursor.slot)
    } while cursor.nextTime <= limit
    cursors[entity * lagCount + lag] = cursor
    let total = entity * (lagCount + 1) + 1 + lag
    if layout.keepsSums { sums[total] &+= sum }
    if layout.keepsSquares { squares[total] &+= squareSum }
    if layout.keepsLogMoments {
      logSums[total] &+= logSum
      logSquares[total] &+= logSquareSum
    }
  }

  private mutating func uncountValues(of entity: Int, slot: Int32, lag: Int) {
    for tracker in values.indices where values[tracker].lag == lag {
      values[tracker].remove(trackedValue(tracker, slot: slot), of: entity)
    }
  }

  private func trackedValue(_ tracker: Int, slot: Int32) -> Int64 {
    let source = values[tracker].source
    return source < 0 ? log.amount(slot) : Int64(log.values[source][Int(slot)])
  }

  /// Adds `event` to the history of `entity`, which has been advanced to `now`.
  private mutating func push(_ event: FeatureEvent, entity: Int, now: Int64) {
    records[entity].lastTime = now
    records[entity].count &+= 1
    let total = entity * (lagCount + 1)
    if layout.keepsSums { sums[total] &+= Int128(event.amount) }
    if layout.keepsSquares { squares[total] &+= AmountMoments.square(event.amount) }
    if layout.keepsLogMoments {
      logSums[total] &+= Int128(event.fixedLog)
      logSquares[total] &+= AmountMoments.square(event.fixedLog)
    }
    if lagCount > 0 {
      let slot = records[entity].tail
      for column in valueColumnIndices.indices {
        log.setValue(event.texts[valueColumnIndices[column]], column: column, slot: slot)
      }
      write(time: now, amount: event.amount, fixedLog: event.fixedLog, of: entity)
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

  /// Writes an event into the entity's free slot.
  mutating func write(time: Int64, amount: Int64, fixedLog: Int64, of entity: Int) {
    let slot = records[entity].tail
    records[entity].tail = log.write(time: time, amount: amount, fixedLog: fixedLog, at: slot)
    for index in entity * lagCount..<(entity + 1) * lagCount where cursors[index].slot == slot {
      cursors[index].nextTime = time
    }
  }

  mutating func grow(through entity: Int) {
    let added = entity + 1 - records.count
    records.append(contentsOf: repeatElement(EntityRecord(), count: added))
    cursors.append(contentsOf: repeatElement(LagCursor(), count: added * lagCount))
    let zeros = repeatElement(Int128(0), count: added * (lagCount + 1))
    if layout.keepsSums { sums.append(contentsOf: zeros) }
    if layout.keepsSquares { squares.append(contentsOf: zeros) }
    if layout.keepsLogMoments {
      logSums.append(contentsOf: zeros)
      logSquares.append(contentsOf: zeros)
    }
    for tracker in values.indices { values[tracker].grow(by: added) }
    for tracker in extremes.indices { extremes[tracker].grow(by: added) }
    for cycle in hours.indices { hours[cycle].grow(by: added) }
    if layout.keepsPositions { positions.grow(by: added) }
    if layout.recentCount > 0 { recent.grow(by: added) }
  }

  /// Gives an entity without history its first chunk.
  mutating func begin(_ entity: Int) {
    guard lagCount > 0 else { return }
    let slot = log.makeChunk()
    records[entity].tail = slot
    for index in entity * lagCount..<(entity + 1) * lagCount { cursors[index].slot = slot }
  }

  /// Forgets everything about `entity` and makes its memory available again.
  mutating func release(_ entity: Int) {
    guard entity < records.count, records[entity].lastTime != .min else { return }
    if lagCount > 0 {
      let tail = records[entity].tail
      for tracker in values.indices {
        var slot = cursors[entity * lagCount + values[tracker].lag].slot
        while slot != tail {
          values[tracker].remove(trackedValue(tracker, slot: slot), of: entity)
          slot = log.slot(after: slot)
        }
      }
      log.releaseChunks(from: cursors[entity * lagCount + lagCount - 1].slot, through: tail)
    }
    records[entity] = EntityRecord()
    for index in entity * lagCount..<(entity + 1) * lagCount { cursors[index] = LagCursor() }
    for total in entity * (lagCount + 1)..<(entity + 1) * (lagCount + 1) {
      if layout.keepsSums { sums[total] = 0 }
      if layout.keepsSquares { squares[total] = 0 }
      if layout.keepsLogMoments {
        logSums[total] = 0
        logSquares[total] = 0
      }
    }
    for tracker in extremes.indices { extremes[tracker].clear(entity) }
    for cycle in hours.indices { hours[cycle].clear(entity) }
    if layout.keepsPositions { positions.clear(entity) }
    if layout.recentCount > 0 { recent.clear(entity) }
    frauds.clear(entity)
  }

  /// Whether `entity` still has a history at `clock`.
  func remembers(_ entity: Int, clock: Int64) -> Bool {
    entity < records.count && records[entity].lastTime != .min
      && clock &- records[entity].lastTime <= memory
  }

  /// Looks at the next `count` entities and forgets those last seen before `limit`.
  mutating func sweep(_ count: Int, before limit: Int64) {
    for _ in 0..<min(count, records.count) {
      if sweepPosition >= records.count { sweepPosition = 0 }
      let entity = sweepPosition
      sweepPosition += 1
      guard records[entity].lastTime != .min, records[entity].lastTime < limit else { continue }
      release(entity)
      if layout.columns.count == 2 { pairs.free(Int32(entity)) }
    }
  }
}
