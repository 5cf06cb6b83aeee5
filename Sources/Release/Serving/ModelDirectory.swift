internal import Dispatch
internal import Registry
internal import Synchronization

/// The models that the server answers with: a follower for each alias that it was told to follow.
public final class ModelDirectory: Sendable {
  private let layout: RegistryLayout
  private let isDiscovering: Bool
  private let unixSeconds: @Sendable () -> Double
  private let report: @Sendable (String) -> Void
  private let followers: Mutex<[ModelFollower]>
  private let lookCount = Mutex(0)
  private let poll: PollingTimer

  /// Follows aliases of the registry in `root`.
  ///
  /// - Parameters:
  ///   - root: The folder of the registry; it may appear later.
  ///   - references: `NAME` or `NAME@ALIAS`; the first one answers requests that name no model. Without any, the champion
  ///     of every model in the registry is followed, those that appear later included.
  ///   - publicKey: Public key in PEM form; a version without its signature is not loaded. `nil` asks for none.
  ///   - unixSeconds: The clock.
  ///   - report: Receives one line for every version that is loaded or cannot be.
  /// - Throws: `ServingError.invalidReference` for a reference that is no alias of a model.
  public init(
    root: String, following references: [String], signedBy publicKey: [UInt8]? = nil,
    unixSeconds: @escaping @Sendable () -> Double,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(ServingError) {
    let layout = RegistryLayout(root: root, requiredKey: publicKey)
    self.layout = layout
    self.unixSeconds = unixSeconds
    self.report = report
    isDiscovering = references.isEmpty
    var followers: [ModelFollower] = []
    for text in references {
      let reference: ModelReference
      do throws(RegistryError) {
        reference = try ModelReference(parsing: text)
      } catch {
        throw .invalidReference(text, reason: "\(error)")
      }
      guard case .alias(let alias) = reference.selector else {
        throw .invalidReference(text, reason: "a version never moves; follow an alias of it")
      }
      followers.append(
        ModelFollower(
          name: reference.name, alias: alias, layout: layout, unixSeconds: unixSeconds,
          report: report))
    }
    self.followers = Mutex(followers)
    poll = PollingTimer()
    refresh()
  }

  /// Looks at the aliases every `milliseconds` from now on.
  public func startPolling(everyMilliseconds milliseconds: Int) {
    poll.start(everyMilliseconds: milliseconds) { [weak self] in self?.look() }
  }

  /// Loads what the aliases name now; `true` when a new version was swapped in.
  @discardableResult public func refresh(isForced: Bool = false) -> Bool {
    discover()
    return all.reduce(false) { $1.refresh(isForced: isForced) || $0 }
  }

  /// All followers.
  public var all: [ModelFollower] { followers.withLock { $0 } }

  /// The follower of a model, or the first one.
  func follower(of name: String?) -> ModelFollower? {
    followers.withLock { followers in
      guard let name else { return followers.first }
      return followers.first { $0.name == name || "\($0.name)@\($0.alias)" == name }
    }
  }

  private func look() {
    // New models appear rarely, and listing folders costs more than reading a link.
    let isDue = lookCount.withLock { count in
      count += 1
      return count % 50 == 0
    }
    if isDue { discover() }
    for follower in all { follower.refresh() }
  }

  private func discover() {
    guard isDiscovering, let names = try? layout.models() else { return }
    for name in names where follower(of: name) == nil {
      guard let version = try? layout.resolveAlias(name, RegistryName.champion), version > 0 else {
        continue
      }
      let follower = ModelFollower(
        name: name, alias: RegistryName.champion, layout: layout, unixSeconds: unixSeconds,
        report: report)
      followers.withLock { $0.append(follower) }
    }
  }
}

/// Why the server cannot serve what it was told to.
public enum ServingError: Error, Equatable, CustomStringConvertible {
  /// A reference names no alias of a model.
  case invalidReference(String, reason: String)

  public var description: String {
    switch self {
    case .invalidReference(let text, let reason): "cannot follow \(text): \(reason)"
    }
  }
}

/// A timer that can be started once.
///
/// `@unchecked Sendable`: the source is set under the lock and only cancelled afterwards.
private final class PollingTimer: @unchecked Sendable {
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
