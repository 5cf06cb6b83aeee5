internal import Dispatch
internal import Glibc

/// Waits until `condition` holds and says whether it did within a minute: no limit of what is tested, but one for a test
/// that would hang. Use it in place of a pause, because a machine that is busy with other tests may stand still for seconds.
public func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  let start = ContinuousClock.now
  while try !condition() {
    guard start.duration(to: .now) < .seconds(60) else { return false }
    usleep(5_000)
  }
  return true
}

/// Does `body` beside the test, at once: the shared queues have no more threads than there are processors, and other tests
/// keep them busy.
public func beside(_ name: String, _ body: @escaping @Sendable () -> Void) {
  DispatchQueue(label: name).async(execute: body)
}
