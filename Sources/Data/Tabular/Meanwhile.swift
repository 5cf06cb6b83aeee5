internal import Dispatch
internal import Synchronization

/// Something that is made on another thread.
///
/// The work ends before the last owner does, so what it needs is there as long as this is.
public final class Meanwhile<Value: Sendable>: Sendable {
  private let work = DispatchGroup()
  private let made = Made()

  private final class Made: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }

  /// Starts to make it.
  public init(_ make: @escaping @Sendable () throws -> Value) {
    DispatchQueue.global(qos: .userInitiated).async(group: work) { [made] in
      let result = Result { try make() }
      made.result.withLock { $0 = result }
    }
  }

  deinit { work.wait() }

  /// Waits for it; throws the error of making it otherwise.
  public func result() throws -> Value {
    work.wait()
    guard let result = made.result.withLock({ $0 }) else {
      preconditionFailure("the work has ended")
    }
    return try result.get()
  }
}
