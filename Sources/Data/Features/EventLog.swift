/// The past events of all entities of one kind, each entity's in a chain of chunks of eight slots.
///
/// Chunks that an entity no longer looks at are used again for others, so the size follows the number of events
/// inside the longest window.
struct EventLog: Sendable {
  static let chunkLength: Int32 = 8

  /// Numbers of a slot: the moment, then the amount and the fixed-point logarithm where features need them.
  private let stride: Int
  private let logOffset: Int
  private var numbers: [Int64] = []
  /// Per kept column, per slot, the index of its text or −1.
  private(set) var values: [[Int32]]
  /// Per chunk the chunk that follows it, or −1; in the free list likewise.
  private var following: [Int32] = []
  private var firstFree: Int32 = -1

  init(keepsAmounts: Bool, keepsLogs: Bool, columnCount: Int) {
    stride = 1 + (keepsAmounts ? 1 : 0) + (keepsLogs ? 1 : 0)
    logOffset = keepsAmounts ? 2 : 1
    values = Array(repeating: [], count: columnCount)
  }

  /// The moment of the event in `slot`.
  @inline(__always) func time(_ slot: Int32) -> Int64 { numbers[Int(slot) * stride] }

  /// The moment of the event after that in `slot`, of no meaning where there is none.
  @inline(__always) func time(after slot: Int32) -> Int64 {
    let next = isLast(slot) ? self.slot(after: slot) : slot &+ 1
    return next < 0 ? 0 : time(next)
  }

  /// Its amount in millionths; only where amounts are kept.
  @inline(__always) func amount(_ slot: Int32) -> Int64 { numbers[Int(slot) * stride + 1] }

  /// Its fixed-point logarithm; only where logarithms are kept.
  @inline(__always) func fixedLog(_ slot: Int32) -> Int64 {
    numbers[Int(slot) * stride + logOffset]
  }

  /// Makes room for as many events of as many entities, whose chunks are full but for the last.
  mutating func reserve(eventCount: Int, entityCount: Int) {
    let length = Int(EventLog.chunkLength)
    let chunkCount = following.count + entityCount + eventCount / length
    following.reserveCapacity(chunkCount)
    numbers.reserveCapacity(chunkCount * length * stride)
    for column in values.indices { values[column].reserveCapacity(chunkCount * length) }
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
    numbers.append(contentsOf: repeatElement(0, count: length * stride))
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

  /// Sets the text of a kept column of `slot`.
  mutating func setValue(_ text: Int32, column: Int, slot: Int32) {
    values[column][Int(slot)] = text
  }

  /// Writes an event's numbers into the free slot `slot` and returns the free slot after it.
  mutating func write(time: Int64, amount: Int64, fixedLog: Int64, at slot: Int32) -> Int32 {
    let index = Int(slot) * stride
    // The amount may be written where no amount is kept; the logarithm then takes its place.
    numbers[index] = time
    if stride > 1 { numbers[index + 1] = amount }
    if stride > logOffset { numbers[index + logOffset] = fixedLog }
    return successor(of: slot)
  }

  private mutating func successor(of slot: Int32) -> Int32 {
    guard isLast(slot) else { return slot &+ 1 }
    let next = makeChunk()
    following[Int(slot / EventLog.chunkLength)] = next / EventLog.chunkLength
    return next
  }
}
