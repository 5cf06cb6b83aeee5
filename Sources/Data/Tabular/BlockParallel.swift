internal import Dispatch
internal import Memory
internal import Synchronization

/// Work over a range of rows, split into blocks that threads take one after another.
///
/// The blocks depend on `blockSize` alone and the results come back in their order, so the outcome is the same for
/// every number of threads.
public enum BlockParallel {
  /// The results of `body` for each block of `0 ..< count`, in order.
  ///
  /// - Parameters:
  ///   - count: How many items there are in all.
  ///   - blockSize: How many items a block has; the last may have fewer.
  ///   - threadCount: How many threads work at once; 1 stays on the calling thread.
  ///   - body: Makes the result of one block; it runs on several threads at once.
  /// - Throws: the error of the earliest block that failed, after all started blocks have ended.
  public static func map<Result: Sendable, Failure: Error>(
    count: Int, blockSize: Int, threadCount: Int,
    _ body: @Sendable (Range<Int>) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    precondition(blockSize > 0, "a block has at least one item")
    let blockCount = (count + blockSize - 1) / blockSize
    func block(_ index: Int) -> Range<Int> {
      index * blockSize..<min((index + 1) * blockSize, count)
    }
    if threadCount <= 1 || blockCount <= 1 {
      var results: [Result] = []
      results.reserveCapacity(blockCount)
      for index in 0..<blockCount { results.append(try body(block(index))) }
      return results
    }
    let nextBlock = Atomic(0)
    let outcomes = Mutex<[Swift.Result<Result, Failure>?]>(Array(repeating: nil, count: blockCount))
    DispatchQueue.concurrentPerform(iterations: min(threadCount, blockCount)) { _ in
      while true {
        let index = nextBlock.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < blockCount else { return }
        let range = index * blockSize..<min((index + 1) * blockSize, count)
        let outcome: Swift.Result<Result, Failure>
        do throws(Failure) {
          outcome = .success(try body(range))
        } catch {
          outcome = .failure(error)
        }
        outcomes.withLock { $0[index] = outcome }
      }
    }
    var results: [Result] = []
    results.reserveCapacity(blockCount)
    for outcome in outcomes.withLock({ $0 }) {
      if let outcome { results.append(try outcome.get()) }
    }
    return results
  }

  /// One element for each of `0 ..< count`, which `body` appends block by block.
  ///
  /// - Parameters:
  ///   - count: How many elements there are in all.
  ///   - blockSize: How many elements a block has; the last may have fewer.
  ///   - threadCount: How many threads work at once; 1 stays on the calling thread.
  ///   - body: Appends the elements of one block, all of them; it runs on several threads at once.
  /// - Throws: as `map`.
  public static func elements<Element: BitwiseCopyable & Sendable, Failure: Error>(
    count: Int, blockSize: Int, threadCount: Int,
    _ body: @Sendable (Range<Int>, inout OutputSpan<Element>) throws(Failure) -> Void
  ) throws(Failure) -> [Element] {
    try [Element](count: count) { (elements) throws(Failure) in
      _ = try map(count: count, blockSize: blockSize, threadCount: threadCount) {
        (block) throws(Failure) in
        try elements.fill(block) { (places) throws(Failure) in try body(block, &places) }
      }
    }
  }
}
