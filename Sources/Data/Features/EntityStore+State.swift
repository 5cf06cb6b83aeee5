internal import Files

extension EntityStore {
  private var name: String { "stores/" + layout.columns.map(\.rawValue).joined(separator: "+") }

  /// The columns' text indices of `entity`.
  private func components(of entity: Int) -> [Int32] {
    layout.columns.count == 1 ? [Int32(entity)] : pairs.components(of: entity)
  }

  private func live(at clock: Int64) -> [Int] {
    records.indices.filter { remembers($0, clock: clock) }
  }

  private func slots(of entity: Int) -> [Int32] {
    guard lagCount > 0 else { return [] }
    var slots: [Int32] = []
    var slot = cursors[entity * lagCount + lagCount - 1].slot
    while slot != records[entity].tail {
      slots.append(slot)
      slot = log.slot(after: slot)
    }
    return slots
  }

  /// Tells `texts` which texts the store needs.
  func noteTexts(_ texts: inout StateTexts, clock: Int64) {
    for entity in live(at: clock) {
      for (column, index) in zip(layout.columns, components(of: entity)) {
        texts.note(index, column: column.index)
      }
      guard !layout.valueColumns.isEmpty else { continue }
      for slot in slots(of: entity) {
        for (position, column) in layout.valueColumns.enumerated() {
          texts.note(log.values[position][Int(slot)], column: column.index)
        }
      }
    }
  }

  /// The store's live entities in the order of their texts.
  func encoded(_ texts: StateTexts, clock: Int64) -> [Tensor] {
    let placed = live(at: clock).map { entity in
      (
        entity: entity,
        key: zip(layout.columns, components(of: entity)).map {
          texts.position($1, column: $0.index)
        }
      )
    }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    let entities = placed.map(\.entity)
    let flat = entities.flatMap { slots(of: $0) }
    var tensors = [
      Tensor("\(name)/entities", .int32(placed.flatMap(\.key))),
      Tensor("\(name)/last_times", .int64(entities.map { records[$0].lastTime })),
      Tensor("\(name)/counts", .int64(entities.map { records[$0].count })),
      Tensor(
        "\(name)/lag_counts",
        .int64(
          entities.flatMap { entity in
            lagRange(entity).map { cursors[$0].passedCount(of: records[entity].count) }
          })),
      Tensor("\(name)/event_times", .int64(flat.map { log.time($0) })),
    ]
    func add(_ part: String, _ totals: [Int128]) {
      let words = entities.flatMap { totalRange($0).flatMap { totals[$0].words } }
      tensors.append(Tensor("\(name)/\(part)", .int64(words)))
    }
    if layout.keepsSums { add("sums", sums) }
    if layout.keepsSquares { add("squares", squares) }
    if layout.keepsLogMoments {
      add("log_sums", logSums)
      add("log_squares", logSquares)
      tensors.append(Tensor("\(name)/event_logs", .int64(flat.map { log.fixedLog($0) })))
    }
    if layout.keepsAmounts {
      tensors.append(Tensor("\(name)/event_amounts", .int64(flat.map { log.amount($0) })))
    }
    for (position, column) in layout.valueColumns.enumerated() {
      let values = flat.map {
        texts.position(log.values[position][Int($0)], column: column.index)
      }
      tensors.append(Tensor("\(name)/event_\(column.rawValue)", .int32(values)))
    }
    if layout.keepsPositions {
      tensors += [
        Tensor("\(name)/latitudes", .float64(entities.map { positions.latitudes[$0] })),
        Tensor("\(name)/longitudes", .float64(entities.map { positions.longitudes[$0] })),
        Tensor("\(name)/position_times", .int64(entities.map { positions.times[$0] })),
      ]
    }
    for (position, cycle) in layout.hourCycles.enumerated() {
      let counts = entities.flatMap { hours[position].counts(of: $0) }
      tensors.append(Tensor("\(name)/hours_of_\(cycle.rawValue)", .int32(counts)))
    }
    if layout.recentCount > 0 {
      let recents = entities.map { recent.last(layout.recentCount, of: $0) }
      tensors += [
        Tensor("\(name)/recent_counts", .int32(recents.map { Int32($0.count) })),
        Tensor("\(name)/recent_amounts", .int64(recents.flatMap { $0.reversed() })),
      ]
    }
    if layout.keepsFrauds {
      let lists = entities.map { frauds.list(of: $0) }
      tensors += [
        Tensor("\(name)/fraud_counts", .int32(lists.map { Int32($0.count) })),
        Tensor("\(name)/fraud_times", .int64(lists.flatMap { $0.map(\.time) })),
        Tensor(
          "\(name)/fraud_keys", .int64(lists.flatMap { $0.map { Int64(bitPattern: $0.key) } })),
      ]
    }
    return tensors
  }

  private func lagRange(_ entity: Int) -> Range<Int> {
    entity * lagCount..<(entity + 1) * lagCount
  }

  private func totalRange(_ entity: Int) -> Range<Int> {
    entity * (lagCount + 1)..<(entity + 1) * (lagCount + 1)
  }

  /// Reads what `encoded` wrote into a store without entities; `indices` gives each column's text indices.
  mutating func restore(
    _ reader: StateReader, _ indices: [[Int32]], clock: Int64
  ) throws(FeatureError) {
    let lastTimes = try reader.int64("\(name)/last_times")
    let count = lastTimes.count
    let counts = try reader.int64("\(name)/counts", count: count)
    let lagCounts = try reader.int64("\(name)/lag_counts", count: count * lagCount)
    let members = try reader.int32("\(name)/entities", count: count * layout.columns.count)
    let times = try reader.int64("\(name)/event_times")
    let amounts =
      layout.keepsAmounts ? try reader.int64("\(name)/event_amounts", count: times.count) : []
    let logs =
      layout.keepsLogMoments ? try reader.int64("\(name)/event_logs", count: times.count) : []
    var texts: [[Int32]] = []
    for column in layout.valueColumns {
      texts.append(try reader.int32("\(name)/event_\(column.rawValue)", count: times.count))
    }
    let entities = try restoreEntities(members, indices)
    if let last = entities.max(), last >= records.count { grow(through: last) }
    if lagCount > 0 { log.reserve(eventCount: times.count, entityCount: count) }
    var next = 0
    for (position, entity) in entities.enumerated() {
      guard lastTimes[position] > .min, lastTimes[position] <= clock else {
        throw malformed("an entity has no valid moment")
      }
      guard records[entity].lastTime == .min else { throw malformed("an entity occurs twice") }
      begin(entity)
      records[entity].lastTime = lastTimes[position]
      records[entity].count = counts[position]
      guard lagCount > 0 else { continue }
      let passed = lagCounts[position * lagCount..<(position + 1) * lagCount]
      let first = passed[passed.endIndex - 1]
      let (eventCount, isWrong) = counts[position].subtractingReportingOverflow(first)
      guard !isWrong, first >= 0, eventCount >= 0, eventCount <= Int64(times.count - next),
        zip(passed, passed.dropFirst()).allSatisfy({ $0 >= $1 }),
        passed[passed.startIndex] <= counts[position]
      else { throw malformed("the counts of an entity") }
      for lag in 0..<lagCount {
        cursors[entity * lagCount + lag].passedCount = UInt32(
          truncatingIfNeeded: passed[passed.startIndex + lag])
      }
      for event in next..<next + Int(eventCount) {
        let number = first + Int64(event - next)
        try restoreEvent(
          event, number, of: entity, passed, times, amounts, logs, texts, indices)
      }
      next += Int(eventCount)
    }
    guard next == times.count else { throw malformed("the number of events") }
    try restoreTotals(reader, entities)
    try restoreParts(reader, entities)
  }

  /// The index of each stored entity.
  private mutating func restoreEntities(
    _ members: [Int32], _ indices: [[Int32]]
  ) throws(FeatureError) -> [Int] {
    func text(_ member: Int32, of column: Int) throws(FeatureError) -> Int32 {
      guard indices[column].indices.contains(Int(member)) else { throw malformed("a text") }
      return indices[column][Int(member)]
    }
    var entities: [Int] = []
    let width = layout.columns.count
    entities.reserveCapacity(members.count / width)
    for start in stride(from: 0, to: members.count, by: width) {
      let first = try text(members[start], of: firstColumn)
      if width == 1 {
        entities.append(Int(first))
      } else {
        let second = try text(members[start + 1], of: secondColumn)
        entities.append(Int(pairs.index(of: first, second)))
      }
    }
    return entities
  }

  private func malformed(_ what: String) -> FeatureError {
    .malformedState(reason: "\(what) of \(name) is wrong")
  }

  /// Appends a stored event; a cursor that has passed fewer events than its `number` has not passed it.
  private mutating func restoreEvent(
    _ event: Int, _ number: Int64, of entity: Int, _ passed: ArraySlice<Int64>, _ times: [Int64],
    _ amounts: [Int64], _ logs: [Int64], _ texts: [[Int32]], _ indices: [[Int32]]
  ) throws(FeatureError) {
    let slot = records[entity].tail
    let time = times[event]
    let amount = amounts.isEmpty ? 0 : amounts[event]
    guard time <= records[entity].lastTime, time >= FeatureEngine.earliest else {
      throw malformed("the moment of an event")
    }
    for (position, column) in valueColumnIndices.enumerated() {
      let text = Int(texts[position][event])
      guard text >= -1, text < indices[column].count else { throw malformed("a text") }
      log.setValue(text < 0 ? -1 : indices[column][text], column: position, slot: slot)
    }
    let fixedLog = logs.isEmpty ? 0 : logs[event]
    // Cursors that stand on this slot but have passed the event go on with the tail.
    write(time: time, amount: amount, fixedLog: fixedLog, of: entity)
    for lag in 0..<lagCount where passed[passed.startIndex + lag] > number {
      cursors[entity * lagCount + lag].slot = records[entity].tail
      cursors[entity * lagCount + lag].nextTime = .max
    }
    for tracker in values.indices where passed[passed.startIndex + values[tracker].lag] <= number {
      let source = values[tracker].source
      values[tracker].add(source < 0 ? amount : Int64(log.values[source][Int(slot)]), of: entity)
    }
    for tracker in extremes.indices { extremes[tracker].push(amount, at: time, of: entity) }
  }

  private mutating func restoreTotals(
    _ reader: StateReader, _ entities: [Int]
  ) throws(FeatureError) {
    let size = entities.count * (lagCount + 1)
    func copy(
      _ part: String, _ totals: WritableKeyPath<EntityStore, [Int128]>
    ) throws(FeatureError) {
      let stored = try reader.int128("\(name)/\(part)", count: size)
      for (position, entity) in entities.enumerated() {
        let range = position * (lagCount + 1)..<(position + 1) * (lagCount + 1)
        self[keyPath: totals].replaceSubrange(totalRange(entity), with: stored[range])
      }
    }
    if layout.keepsSums { try copy("sums", \.sums) }
    if layout.keepsSquares { try copy("squares", \.squares) }
    if layout.keepsLogMoments {
      try copy("log_sums", \.logSums)
      try copy("log_squares", \.logSquares)
    }
  }

  private mutating func restoreParts(
    _ reader: StateReader, _ entities: [Int]
  ) throws(FeatureError) {
    if layout.keepsPositions {
      let latitudes = try reader.doubles("\(name)/latitudes", count: entities.count)
      let longitudes = try reader.doubles("\(name)/longitudes", count: entities.count)
      let times = try reader.int64("\(name)/position_times", count: entities.count)
      for (position, entity) in entities.enumerated() {
        positions.set(
          entity, latitude: latitudes[position], longitude: longitudes[position],
          time: times[position])
      }
    }
    for (cycle, layout) in layout.hourCycles.enumerated() {
      let size = layout.hourCount
      let counts = try reader.int32(
        "\(name)/hours_of_\(layout.rawValue)", count: entities.count * size)
      for (position, entity) in entities.enumerated() {
        hours[cycle].restore(counts[position * size..<(position + 1) * size], of: entity)
      }
    }
    if layout.recentCount > 0 {
      let amounts = try reader.int64("\(name)/recent_amounts")
      try forEachPart("recent_counts", reader, entities, total: amounts.count) {
        store, entity, at in
        store.recent.push(amounts[at], of: entity)
      }
    }
    if layout.keepsFrauds {
      let times = try reader.int64("\(name)/fraud_times")
      let keys = try reader.int64("\(name)/fraud_keys", count: times.count)
      try forEachPart("fraud_counts", reader, entities, total: times.count) { store, entity, at in
        let fraud = FraudLedger.Fraud(time: times[at], key: UInt64(bitPattern: keys[at]))
        store.frauds.insert(fraud, of: entity)
      }
    }
  }

  /// Visits the elements of a list that has a part for each entity.
  private mutating func forEachPart(
    _ part: String, _ reader: StateReader, _ entities: [Int], total: Int,
    _ body: (inout EntityStore, Int, Int) -> Void
  ) throws(FeatureError) {
    var next = 0
    let lengths = try reader.int32("\(name)/\(part)", count: entities.count)
    for (entity, length) in zip(entities, lengths) {
      guard length >= 0, Int(length) <= total - next else { throw malformed(part) }
      for element in next..<next + Int(length) { body(&self, entity, element) }
      next += Int(length)
    }
    guard next == total else { throw malformed(part) }
  }
}
