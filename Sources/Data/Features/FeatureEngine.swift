internal import Tabular
public import Transactions

/// Computes features row by row in time order: the same code and the same bits in training and in the server.
///
/// Every vector uses only what was known at the moment of its transaction: the transactions before it (and itself
/// where a feature says so) and the labels known by then. Transactions are given in the canonical order
/// (`LabelledTransaction.isOrderedBefore`); one that arrives late counts as simultaneous with the last one of each of
/// its entities. Memory follows the number of entities seen within the specification's `memory` and of transactions
/// inside the longest windows.
///
/// The caller refuses moments in the future: one transaction of the year 2262 would make every history too old.
public struct FeatureEngine: Sendable {
  /// What is computed.
  public let specification: FeatureSpecification
  /// The rules that are judged on the same histories.
  public let rules: RuleSet
  /// How many transactions have been processed.
  public internal(set) var processedCount: Int64 = 0

  let program: FeatureProgram
  let memory: Int64
  let usedColumns: [Int]
  /// Per pinned text of the program its index.
  private(set) var pinnedIndices: [Int32] = []
  private var isRemoteChannel: [Bool] = []
  var stores: [EntityStore]
  var interners: [TextInterner]
  var labels: LabelQueue
  var event = FeatureEvent()
  /// The latest moment seen.
  var clock = FeatureEngine.earliest
  /// Events with their values: one per feature, then what the rules read.
  var block: EventBlock
  private var sweepBudget = 0

  /// Moments are held within ±146,000 years, so that no difference of two overflows.
  static let earliest = Int64.min / 2

  @inline(__always) static func bounded(_ time: Int64) -> Int64 {
    min(max(time, earliest), Int64.max / 2)
  }

  /// Starts without any history.
  ///
  /// - Parameters:
  ///   - specification: What is computed.
  ///   - rules: What is judged besides; their windows are kept in the same state.
  public init(_ specification: FeatureSpecification, rules: RuleSet = RuleSet()) {
    self.specification = specification
    self.rules = rules
    let features = specification.features + rules.inputs
    program = FeatureProgram(features: features, remoteChannels: specification.remoteChannels)
    let reach = rules.inputs.compactMap(\.kind.reach).max() ?? specification.memory
    memory = max(specification.memory, reach).microseconds
    stores = program.layouts.map { [memory] in EntityStore(layout: $0, memory: memory) }
    interners = FeatureColumn.allCases.map { _ in TextInterner() }
    usedColumns = program.columns.map(\.index)
    block = EventBlock(width: features.count)
    labels = LabelQueue(
      textCounts: stores.filter(\.layout.keepsFrauds).map(\.layout.columns.count))
    for (position, pin) in program.pinnedTexts.enumerated() {
      let index = interners[pin.column.index].pin(pin.text)
      pinnedIndices.append(index)
      guard position < specification.remoteChannels.count else { continue }
      while isRemoteChannel.count <= Int(index) { isRemoteChannel.append(false) }
      isRemoteChannel[Int(index)] = true
    }
  }

  /// How many entities the engine holds a history of, over all kinds.
  ///
  /// Each costs 24 bytes, 16 per lag, 16 to 64 per running total and the events inside its longest window (8 to 24
  /// bytes each, in chunks of eight).
  public var entityCount: Int {
    stores.reduce(0) { total, store in
      total + store.records.count { $0.lastTime != .min }
    }
  }

  /// The latest moment that the engine has seen; very long ago before the first transaction.
  public var latestMoment: Timestamp { Timestamp(microseconds: clock) }

  /// An engine of the same features without any history.
  func blank() -> FeatureEngine { FeatureEngine(specification, rules: rules) }

  /// The features of `transaction`, in the order of the specification's names; the state moves past it.
  ///
  /// - Complexity: O(features) amortised.
  public mutating func process(_ transaction: Transaction) -> [Double] {
    take(transaction)
    return Array(block.row(0, count: specification.features.count))
  }

  /// The features of `transaction` and what the rules find in it; the state moves past it.
  public mutating func assess(
    _ transaction: Transaction
  ) -> (features: [Double], findings: [RuleFinding]) {
    take(transaction)
    let featureCount = specification.features.count
    let row = block.row(0, count: block.width)
    return (
      Array(row[..<featureCount]),
      rules.evaluate(inputs: row[featureCount...], amount: transaction.amount)
    )
  }

  private mutating func take(_ transaction: Transaction) {
    sweep(rowCount: 1)
    for column in FeatureColumn.allCases where usedColumns.contains(column.index) {
      let text = column.text(of: transaction)
      event.texts[column.index] = text.map { interners[column.index].index(of: $0) } ?? -1
    }
    setEvent(
      time: transaction.time.microseconds, amount: transaction.amount.millionths,
      latitude: transaction.latitude ?? .nan, longitude: transaction.longitude ?? .nan)
    // What comes late is kept as long as what comes now: histories count it as simultaneous with their last event.
    let seenAt = max(clock, event.time)
    for column in usedColumns {
      let index = event.texts[column]
      if index >= 0 { interners[column].touch(index, at: seenAt) }
    }
    block.removeAll()
    enter(computesRow: true)
    pass()
  }

  /// Fills the event but for its texts.
  mutating func setEvent(time: Int64, amount: Int64, latitude: Double, longitude: Double) {
    event.time = FeatureEngine.bounded(time)
    event.amount = amount
    if program.needsLog { event.computeLog() }
    if program.needsHour { event.computeHour() }
    if program.needsPositions {
      event.latitude = latitude
      event.longitude = longitude
      let channel = Int(event.texts[FeatureColumn.channel.index])
      let isRemote = channel >= 0 && channel < isRemoteChannel.count && isRemoteChannel[channel]
      event.hasPosition = !isRemote && abs(latitude) <= 90 && abs(longitude) <= 360
    }
  }

  /// Adds the event to the block; labels that are known by then take effect before it.
  mutating func enter(computesRow: Bool) {
    clock = max(clock, event.time)
    if labels.nextKnownAt <= clock {
      pass()
      applyLabels(knownBy: clock)
    }
    block.append(event, clock: clock, isComputed: computesRow)
    if program.needsPopulation {
      event.population.add(event.amount)
      if program.needsLog { event.logPopulation.add(event.fixedLog) }
    }
    processedCount += 1
  }

  /// Computes the rows of the events that wait in the block, and adds them to every history.
  mutating func pass() {
    let waiting = block.waiting
    guard !waiting.isEmpty else { return }
    for (column, operation) in program.rowOperations {
      for position in waiting where block.isComputed[position] {
        block.rows[position * block.width + column] = value(
          of: operation, block.events[position])
      }
    }
    for index in stores.indices {
      stores[index].process(&block, waiting, program.storeOperations[index])
    }
    block.takenCount = waiting.upperBound
  }

  private func value(of operation: RowOperation, _ event: FeatureEvent) -> Double {
    switch operation {
    case .amount: return event.amountValue
    case .logAmount: return event.logAmount
    case .night(let from, let to):
      let hour = Int(event.timeOfDay / 3_600_000_000)
      return (from < to ? hour >= from && hour < to : hour >= from || hour < to) ? 1 : 0
    case .weekend: return event.dayOfWeek >= 5 ? 1 : 0
    case .hour: return Double(event.timeOfDay) / 3_600_000_000
    case .roundAmount(let unit): return event.amount != 0 && event.amount % unit == 0 ? 1 : 0
    case .category(let column):
      let text = event.texts[column]
      return text < 0 ? -1 : CategoryCode.of(interners[column].texts[Int(text)])
    case .indicator(let column, let text):
      return event.texts[column] == pinnedIndices[text] ? 1 : 0
    }
  }

  /// Forgets entities and texts that are out of memory, a few for each row that comes.
  ///
  /// When an entity is looked at does not matter to any feature: one that is too old has no history at its next event
  /// either way. Texts stay twice as long, so that no window can still hold an index that another text has got.
  mutating func sweep(rowCount: Int) {
    sweepBudget += 2 * rowCount
    guard sweepBudget >= 64, clock > FeatureEngine.earliest else { return }
    let limit = clock &- memory
    for index in stores.indices { stores[index].sweep(sweepBudget, before: limit) }
    for column in usedColumns {
      for text in interners[column].sweep(sweepBudget, before: limit &- memory) {
        for index in stores.indices
        where stores[index].layout.columns.map(\.index) == [column] {
          stores[index].release(Int(text))
        }
      }
    }
    sweepBudget = 0
  }
}
