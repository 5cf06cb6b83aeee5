internal import CSwiftRuntime
internal import Glibc
public import Synchronization

/// An immutable object that any number of threads look at without a lock, while others replace it one after another.
///
/// A reader counts itself in, takes what it looks for, and counts itself out: it never waits, whatever a writer does. A
/// writer puts the new object in place and lets the old one go when no reader can still be looking at it. Readers count on
/// two sides, so that this wait ends: new ones go to the other side while those of one side leave (sleepable
/// read-copy-update; McKenney, "Is Parallel Programming Hard, And, If So, What Can You Do About It?", 9.5).
@safe public final class Published<Value: AnyObject & Sendable>: Sendable {
  /// The address of the object, which this value keeps alive.
  @usableFromInline let present: Atomic<UInt>
  /// How many readers are inside, on one side in the lower half and on the other in the upper half.
  @usableFromInline let readers = Atomic<UInt64>(0)
  /// Where the count of the side begins that new readers take.
  @usableFromInline let side = Atomic<UInt64>(0)
  private let changing = Mutex(())

  /// Publishes a first object.
  public init(_ value: Value) { present = Atomic(Published.retained(value)) }

  deinit { unsafe Published.reference(present.load(ordering: .acquiring)).release() }

  /// Looks something up in the present object.
  ///
  /// - Parameter find: Must be short: a writer waits for it.
  /// - Complexity: Two atomic additions besides `find`; no lock is taken.
  @inlinable
  public func read<Found: AnyObject>(_ find: (Value) -> Found?) -> Found? {
    let one: UInt64 = 1 << side.load(ordering: .relaxed)
    // In the one order of these operations a reader is seen by the writer, or sees what the writer has put in place.
    readers.add(one, ordering: .sequentiallyConsistent)
    let value = unsafe Published.reference(present.load(ordering: .sequentiallyConsistent))
    let found = unsafe value._withUnsafeGuaranteedRef { value -> UnsafeMutableRawPointer? in
      guard let found = find(value) else { return nil }
      return unsafe Published.retain(Unmanaged.passUnretained(found).toOpaque())
    }
    readers.subtract(one, ordering: .releasing)
    guard let found = unsafe found else { return nil }
    return unsafe Unmanaged<Found>.fromOpaque(found).takeRetainedValue()
  }

  /// Replaces the object by what `change` makes of it, unless that is `nil`; changes happen one after another.
  public func update(_ change: (Value) -> Value?) {
    changing.withLock { _ in
      let old = unsafe Published.reference(present.load(ordering: .acquiring))
      guard let value = unsafe old._withUnsafeGuaranteedRef(change) else { return }
      present.store(Published.retained(value), ordering: .sequentiallyConsistent)
      awaitReaders()
      unsafe old.release()
    }
  }

  /// Returns when all readers have left that were there when it was called.
  private func awaitReaders() {
    for _ in 0..<2 {
      let leaving = side.load(ordering: .relaxed)
      side.store(32 - leaving, ordering: .sequentiallyConsistent)
      while readers.load(ordering: .sequentiallyConsistent) >> leaving & 0xFFFF_FFFF != 0 {
        sched_yield()
      }
    }
  }

  private static func retained(_ value: Value) -> UInt {
    unsafe UInt(bitPattern: Unmanaged.passRetained(value).toOpaque())
  }

  /// Counts a reference before whatever follows.
  @usableFromInline
  static func retain(_ object: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe anomalyze_retain(object)
  }

  @inlinable
  static func reference(_ address: UInt) -> Unmanaged<Value> {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: address) else {
      preconditionFailure("there is always an object")
    }
    return unsafe Unmanaged.fromOpaque(pointer)
  }
}
