internal import Dispatch
internal import Glibc
internal import Synchronization

/// Tells when an entry of a folder appears, goes or is replaced (`inotify(7)`).
///
/// Changes that another machine makes in a shared folder are not told: whoever must see those looks from time to time.
public final class FolderWatch: Sendable {
  private let descriptor: Int32
  private let source: SourceBox

  /// `@unchecked Sendable`: the source is set up before anybody else sees it and only cancelled afterwards.
  private final class SourceBox: @unchecked Sendable {
    let source: any DispatchSourceRead

    init(_ source: any DispatchSourceRead) { self.source = source }
  }

  /// Calls `action` after every change, on a queue of its own; `nil` when the system has no watches left.
  public init?(_ action: @escaping @Sendable () -> Void) {
    let descriptor = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    let source = DispatchSource.makeReadSource(
      fileDescriptor: descriptor, queue: DispatchQueue(label: "folder-watch"))
    source.setEventHandler {
      // What happened does not matter, only that something did: all of it is taken at once.
      var events = [UInt8](repeating: 0, count: 16_384)
      while unsafe read(descriptor, &events, events.count) > 0 {}
      action()
    }
    source.setCancelHandler { close(descriptor) }
    source.activate()
    self.source = SourceBox(source)
  }

  deinit { source.source.cancel() }

  /// Watches the folder at `path`; again for one that is watched changes nothing.
  ///
  /// - Returns: false when there is no such folder, or no watch left for it.
  @discardableResult public func add(_ path: String) -> Bool {
    let changes = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR
    return unsafe inotify_add_watch(descriptor, path, UInt32(changes)) >= 0
  }
}
