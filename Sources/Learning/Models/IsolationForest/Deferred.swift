internal import Synchronization

/// A value that is made when it is first asked for and then kept, without a lock.
///
/// Threads that ask at the same time may each make it; one result is kept and all see that one.
final class Deferred<Value: Sendable>: Sendable {
  private final class Box: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
  }

  private let box = AtomicLazyReference<Box>()
  private let make: @Sendable () -> Value

  init(_ make: @escaping @Sendable () -> Value) { self.make = make }

  var value: Value {
    if let known = box.load() { return known.value }
    return box.storeIfNil(Box(make())).value
  }
}
