import Files
import SQLite

/// Versions of models that never change, aliases that move in one step, and the history of both.
///
/// A registry is a folder (see `RegistryLayout`). Writers hold its lock one after another; readers never wait for it. The
/// catalogue is the truth about aliases and history, the folders are the truth about content. What a killed writer
/// left half-done is finished or undone by the next one before it does anything else.
///
/// Without `flock`, as on some network file systems, two writers at once still get different versions, because a folder
/// is renamed without replacing; one of them then fails and changes nothing.
public struct Registry: ~Copyable {
  /// Whether a registry may change.
  public enum Access: Sendable {
    /// Reads and writes; makes a registry where there is none.
    case readWrite
    /// Reads only; needs no permission to write.
    case readOnly
  }

  /// Where everything lies.
  public let layout: RegistryLayout
  let catalogue: Catalogue
  private let access: Access
  private let secondsAllowed: Double
  private let observer: @Sendable (RegistryStep) -> Void

  /// Opens the registry in the folder `root`.
  ///
  /// - Parameters:
  ///   - root: folder of the registry.
  ///   - access: whether anything may be written.
  ///   - secondsAllowed: how long to wait for another writer before `RegistryError.busy`.
  ///   - observer: called at each step between two durable changes.
  /// - Throws: `RegistryError`: `notARegistry` when only reading and there is nothing; `catalogueMissing` when there are
  ///   versions without a catalogue; `catalogueBehindLog` when the catalogue was replaced by an older one.
  public init(
    root: String, access: Access = .readWrite, secondsAllowed: Double = 10,
    observer: @escaping @Sendable (RegistryStep) -> Void = { _ in }
  ) throws(RegistryError) {
    self = try Registry.opened(RegistryLayout(root: root), access, secondsAllowed, observer)
  }

  /// A throwing initialiser of a non-copyable type cannot clean up what it has built half-way; a local value can.
  private static func opened(
    _ layout: RegistryLayout, _ access: Access, _ secondsAllowed: Double,
    _ observer: @escaping @Sendable (RegistryStep) -> Void
  ) throws(RegistryError) -> Registry {
    let catalogue = try RegistryError.wrapping {
      switch access {
      case .readOnly: try openForReading(layout)
      case .readWrite: try openForWriting(layout, secondsAllowed)
      }
    }
    let registry = Registry(layout, catalogue, access, secondsAllowed, observer)
    if access == .readWrite { try registry.recoverUnlessBusy() }
    return registry
  }

  init(
    _ layout: RegistryLayout, _ catalogue: consuming Catalogue, _ access: Access,
    _ secondsAllowed: Double, _ observer: @escaping @Sendable (RegistryStep) -> Void
  ) {
    self.layout = layout
    self.catalogue = catalogue
    self.access = access
    self.secondsAllowed = secondsAllowed
    self.observer = observer
  }

  /// Another writer that is at work has recovered already: no need to wait for it.
  private func recoverUnlessBusy() throws(RegistryError) {
    let lock: LockFile
    do throws(FileError) {
      lock = try LockFile(layout.lock)
    } catch {
      if case .busy = error { return }
      throw .file(error)
    }
    try withExtendedLifetime(lock) { () throws(RegistryError) in
      try RegistryError.wrapping { try recover() }
    }
  }

  private static func openForReading(_ layout: RegistryLayout) throws -> Catalogue {
    guard FileSystem.exists(layout.catalogue) else {
      throw try hasContents(layout)
        ? RegistryError.catalogueMissing(root: layout.root)
        : RegistryError.notARegistry(root: layout.root)
    }
    do {
      return try Catalogue.open(layout.catalogue, .readOnly)
    } catch let error as SQLiteError where error.isUnavailable || error.isWriteRefused {
      // A copy on a medium that takes no writes, without the log files that SQLite would make: nobody can change it, so
      // it can be read without locks. With a log it may hold more than the main file, and that would be skipped.
      guard !FileSystem.exists(layout.catalogue + "-wal") else { throw error }
      return try Catalogue.open(layout.catalogue, .immutable)
    }
  }

  private static func openForWriting(
    _ layout: RegistryLayout, _ secondsAllowed: Double
  ) throws -> Catalogue {
    if !FileSystem.exists(layout.catalogue) {
      try FileSystem.createDirectory(layout.modelsFolder)
      let lock = try acquireLock(layout, secondsAllowed)
      try withExtendedLifetime(lock) {
        guard !FileSystem.exists(layout.catalogue) else { return }
        if try hasContents(layout) { throw RegistryError.catalogueMissing(root: layout.root) }
        try make(layout) { _ in }
        for suffix in Catalogue.fileSuffixes.dropFirst() {
          try FileSystem.removeTree(layout.catalogue + suffix)
        }
        try FileSystem.move(layout.newCatalogue, to: layout.catalogue)
      }
    }
    return try Catalogue.open(layout.catalogue, .readWrite)
  }

  /// Makes a catalogue under its temporary name, whatever an earlier attempt left there.
  static func make(
    _ layout: RegistryLayout, _ fill: (borrowing Catalogue) throws -> Void
  ) throws {
    for suffix in Catalogue.fileSuffixes {
      try FileSystem.removeTree(layout.newCatalogue + suffix)
    }
    try Catalogue.make(layout.newCatalogue, fill)
  }

  static func hasContents(_ layout: RegistryLayout) throws -> Bool {
    if FileSystem.exists(layout.auditLog) { return true }
    return try layout.models().contains { try !layout.versions(of: $0).isEmpty }
  }

  /// Takes the writers' lock, waiting for the one who has it.
  static func acquireLock(
    _ layout: RegistryLayout, _ secondsAllowed: Double
  ) throws(RegistryError) -> LockFile {
    let deadline = ContinuousClock.now + .seconds(secondsAllowed)
    while true {
      do throws(FileError) {
        return try LockFile(layout.lock)
      } catch {
        guard case .busy(_, let holder) = error else { throw .file(error) }
        guard ContinuousClock.now < deadline else {
          throw .busy(root: layout.root, holder: holder.map { Int($0) })
        }
        FileSystem.pause(milliseconds: 2)
      }
    }
  }

  /// Runs `body` as the only writer, after finishing what an earlier one left half-done.
  func changing<Result>(_ body: () throws -> Result) throws -> Result {
    guard access == .readWrite else { throw RegistryError.readOnly(root: layout.root) }
    return try RegistryError.converting {
      let lock = try Self.acquireLock(layout, secondsAllowed)
      return try withExtendedLifetime(lock) {
        try recover()
        return try body()
      }
    }
  }

  func reached(_ step: RegistryStep) { observer(step) }
}
