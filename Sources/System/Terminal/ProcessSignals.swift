internal import Dispatch
internal import Glibc

/// Signals as calls on a queue instead of interruptions.
public enum ProcessSignals {
  /// Asks a process to end.
  public static let terminate = SIGTERM
  /// What the terminal sends on Control-C.
  public static let interrupt = SIGINT
  /// Asks a server to read its files again.
  public static let hangUp = SIGHUP

  /// Calls `action` whenever one of `signals` arrives, for as long as the returned value lives.
  public static func observe(
    _ signals: [Int32], _ action: @escaping @Sendable (Int32) -> Void
  ) -> SignalObservation {
    SignalObservation(signals, action)
  }
}

/// Keeps signals observed while it lives.
///
/// `@unchecked Sendable`: the sources are set up before anybody else sees them and only cancelled afterwards.
public final class SignalObservation: @unchecked Sendable {
  private let sources: [any DispatchSourceSignal]

  fileprivate init(_ signals: [Int32], _ action: @escaping @Sendable (Int32) -> Void) {
    let queue = DispatchQueue(label: "signals")
    sources = signals.map { number in
      // Without this the signal would still do what it does by default.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { action(number) }
      source.activate()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }
}
