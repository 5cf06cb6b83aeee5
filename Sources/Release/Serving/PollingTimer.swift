internal import Dispatch
internal import Synchronization

/// A timer that can be started once.
///
/// `@unchecked Sendable`: the source is set under the lock and only cancelled afterwards.
final class PollingTimer: @unchecked Sendable {
  private let source = Mutex<(any DispatchSourceTimer)?>(nil)

  func start(everyMilliseconds milliseconds: Int, _ action: @escaping @Sendable () -> Void) {
    source.withLock { source in
      guard source == nil else { return }
      let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "model-aliases"))
      timer.setEventHandler { action() }
      timer.schedule(deadline: .now(), repeating: .milliseconds(milliseconds))
      timer.activate()
      source = timer
    }
  }

  deinit { source.withLock { $0?.cancel() } }
}
