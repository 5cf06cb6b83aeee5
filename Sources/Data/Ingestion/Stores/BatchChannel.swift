internal import Dispatch
internal import Synchronization
internal import Transactions

/// Carries batches from the threads that fetch them to the one that takes them; when it is full, the fetching threads wait.
final class BatchChannel: Sendable {
  /// Why a producer has to stop: nobody takes batches any more.
  struct Closed: Error {}

  private struct State {
    var batches: [TransactionBatch] = []
    var producerCount: Int
    var failure: (any Error)?
    var isClosed = false
  }

  private let state: Mutex<State>
  private let producerCount: Int
  /// Begins at 0 and is raised to the capacity: Dispatch traps when a semaphore dies below the value it was born with.
  private let free = DispatchSemaphore(value: 0)
  private let events = DispatchSemaphore(value: 0)

  /// Makes a channel that holds `capacity` batches.
  init(capacity: Int, producerCount: Int) {
    state = Mutex(State(producerCount: producerCount))
    self.producerCount = producerCount
    for _ in 0..<capacity { free.signal() }
  }

  /// Hands a batch over, waiting while the channel is full.
  func send(_ batch: TransactionBatch) throws(Closed) {
    free.wait()
    let isClosed = state.withLock { state in
      if !state.isClosed { state.batches.append(batch) }
      return state.isClosed
    }
    if isClosed { throw Closed() }
    events.signal()
  }

  /// Says that a producer is done, or why it failed.
  func end(failure: (any Error)?) {
    state.withLock { state in
      state.producerCount -= 1
      if state.failure == nil, !(failure is Closed) { state.failure = failure }
    }
    events.signal()
  }

  /// The next batch, waiting for it; `nil` when all producers are done.
  ///
  /// - Throws: the first failure of a producer.
  func receive() throws -> TransactionBatch? {
    while true {
      events.wait()
      let (batch, failure, isOver) = state.withLock { state in
        let batch = state.batches.isEmpty ? nil : state.batches.removeFirst()
        return (batch, state.failure, state.producerCount == 0)
      }
      if let failure { throw failure }
      if let batch {
        free.signal()
        return batch
      }
      if isOver { return nil }
    }
  }

  /// Makes every producer stop at its next batch.
  func close() {
    state.withLock { state in
      state.isClosed = true
      state.batches = []
    }
    for _ in 0..<producerCount { free.signal() }
  }

  /// Runs `producers` on threads of their own and `body` here for each batch they send.
  ///
  /// All threads have ended when it returns or throws.
  static func run(
    producers: [@Sendable (BatchChannel) throws -> Void], capacity: Int,
    _ body: (TransactionBatch) throws -> Void
  ) throws {
    let channel = BatchChannel(capacity: capacity, producerCount: producers.count)
    let group = DispatchGroup()
    for (index, produce) in producers.enumerated() {
      DispatchQueue(label: "anomalyze.pull.\(index)").async(group: group) {
        do {
          try produce(channel)
          channel.end(failure: nil)
        } catch {
          channel.end(failure: error)
        }
      }
    }
    defer {
      channel.close()
      group.wait()
    }
    while let batch = try channel.receive() { try body(batch) }
  }
}
