internal import Glibc

/// Tells when an entry of a folder appears, goes or is replaced (`inotify(7)`).
///
/// Changes that another machine makes in a shared folder are not told: whoever must see those looks from time to time.
public final class FolderWatch: Sendable {
  private let descriptor: Int32

  /// `nil` when the system has no watches left.
  public init?() {
    descriptor = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
    guard descriptor >= 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Watches the folder at `path`; again for one that is watched changes nothing.
  ///
  /// - Returns: false when there is no such folder, or no watch left for it.
  @discardableResult public func add(_ path: String) -> Bool {
    let changes = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR
    return unsafe inotify_add_watch(descriptor, path, UInt32(changes)) >= 0
  }

  /// Waits until something has changed since the last call, at most for a time.
  ///
  /// - Returns: whether something has changed.
  @discardableResult public func wait(atMostMilliseconds milliseconds: Int) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let limit = Int32(clamping: milliseconds)
    guard unsafe poll(&request, 1, limit) > 0 else { return false }
    // What happened does not matter, only that something did: all of it is taken at once.
    var events = [UInt8](repeating: 0, count: 16_384)
    while unsafe read(descriptor, &events, events.count) > 0 {}
    return true
  }
}
