/// The past events of all entities of one kind, each entity's in a chain of chunks of eight slots.
///
/// Chunks that an entity no longer looks at are used again for others, so the size follows the number of events
/// inside the longest window.
struct EventLog: Sendable {
  static let chunkLength: Int32 = 8

  let keepsAmounts: Bool
  let keepsLogs: Bool
  /// Per slot the moment.
  private(set) var times: [Int64] = []
  /// Per slot the amount in millionths; empty when no feature needs it.
  private(set) var amounts: [Int64] = []
  /// Per slot the fixed-point logarithm; empty when no feature needs it.
  private(set) var logs: [Int64] = []
  /// Per kept column, per slot, the index of its text or −1.
  private(set) var values: [[Int32]]
  /// Per chunk the chunk that follows it, or −1; in the free list likewise.
  private var following: [Int32] = []
  private var firstFree: Int32 = -1

  init(keepsAmounts: Bool, keepsLogs: Bool, columnCount: Int) {
    self.keepsAmounts = keepsAmounts
    self.keepsLogs = keepsLogs
    values = Array(repeating: [], count: columnCount)
  }

  /// The first slot of an unused chunk.
  mutating func makeChunk() -> Int32 {
    if firstFree >= 0 {
      let chunk = firstFree
      firstFree = following[Int(chunk)]
      following[Int(chunk)] = -1
      return chunk &* EventLog.chunkLength
    }
    let chunk = Int32(following.count)
    let length = Int(EventLog.chunkLength)
    following.append(-1)
    times.append(contentsOf: repeatElement(0, count: length))
    if keepsAmounts { amounts.append(contentsOf: repeatElement(0, count: length)) }
    if keepsLogs { logs.append(contentsOf: repeatElement(0, count: length)) }
    for column in values.indices {
      values[column].append(contentsOf: repeatElement(-1, count: length))
    }
    return chunk &* EventLog.chunkLength
  }

  /// The slot after `slot`; the caller knows that it exists.
  @inline(__always) func slot(after slot: Int32) -> Int32 {
    let next = slot &+ 1
    return next & (EventLog.chunkLength &- 1) != 0
      ? next : following[Int(slot / EventLog.chunkLength)] &* EventLog.chunkLength
  }

  /// Whether `slot` is the last of its chunk.
  @inline(__always) func isLast(_ slot: Int32) -> Bool {
    slot & (EventLog.chunkLength &- 1) == EventLog.chunkLength &- 1
  }

  /// Gives the chunk of `slot` back.
  mutating func releaseChunk(of slot: Int32) {
    let chunk = slot / EventLog.chunkLength
    following[Int(chunk)] = firstFree
    firstFree = chunk
  }

  /// Gives back the chunks from that of `first` to that of `last`.
  mutating func releaseChunks(from first: Int32, through last: Int32) {
    var chunk = first / EventLog.chunkLength
    let lastChunk = last / EventLog.chunkLength
    while true {
      let next = following[Int(chunk)]
      releaseChunk(of: chunk &* EventLog.chunkLength)
      if chunk == lastChunk { return }
      chunk = next
    }
  }

  /// Writes an event into the free slot `slot` and returns the free slot after it.
  mutating func write(_ event: FeatureEvent, time: Int64, at slot: Int32, columns: [Int]) -> Int32 {
    let index = Int(slot)
    times[index] = time
    if keepsAmounts { amounts[index] = event.amount }
    if keepsLogs { logs[index] = event.fixedLog }
    for column in columns.indices { values[column][index] = event.texts[columns[column]] }
    return successor(of: slot)
  }

  /// Writes stored parts of an event, as `write` does.
  mutating func restore(
    time: Int64, amount: Int64, log: Int64, values texts: [Int32], at slot: Int32
  ) -> Int32 {
    let index = Int(slot)
    times[index] = time
    if keepsAmounts { amounts[index] = amount }
    if keepsLogs { logs[index] = log }
    for column in texts.indices { values[column][index] = texts[column] }
    return successor(of: slot)
  }

  private mutating func successor(of slot: Int32) -> Int32 {
    guard isLast(slot) else { return slot &+ 1 }
    let next = makeChunk()
    following[Int(slot / EventLog.chunkLength)] = next / EventLog.chunkLength
    return next
  }
}
