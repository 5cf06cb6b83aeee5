internal import Synchronization

/// The memory of an array while several threads fill it, each its own places.
@safe public struct UnfilledArray<Element: BitwiseCopyable>: @unchecked Sendable {
  private let memory: UnsafeMutableBufferPointer<Element>
  private let filled = FilledCount()

  fileprivate init(_ memory: UnsafeMutableBufferPointer<Element>) {
    unsafe self.memory = unsafe memory
  }

  fileprivate var filledCount: Int { filled.count.load(ordering: .acquiring) }

  /// Lets `body` append the elements of the places `range`, all of them.
  ///
  /// - Precondition: No other call fills one of these places.
  /// - Throws: What `body` throws.
  public func fill<Failure: Error>(
    _ range: Range<Int>, _ body: (inout OutputSpan<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    let part = unsafe memory.extracting(range)
    var places = unsafe OutputSpan(buffer: part, initializedCount: 0)
    try body(&places)
    let count = unsafe places.finalize(for: part)
    precondition(count == range.count, "each place has an element")
    filled.count.wrappingAdd(count, ordering: .releasing)
  }
}

private final class FilledCount: Sendable {
  let count = Atomic(0)
}

extension Array where Element: BitwiseCopyable {
  /// An array of `count` elements that `body` fills in any order, on any threads, without a copy.
  ///
  /// - Precondition: `body` fills every place once, unless it throws.
  /// - Throws: What `body` throws.
  public init<Failure: Error>(
    count: Int, filling body: (UnfilledArray<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    var failure: Failure?
    unsafe self.init(unsafeUninitializedCapacity: count) { memory, initializedCount in
      let places = unsafe UnfilledArray(UnsafeMutableBufferPointer(rebasing: memory[..<count]))
      do throws(Failure) {
        try body(places)
        precondition(places.filledCount == count, "every place was filled")
        initializedCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
