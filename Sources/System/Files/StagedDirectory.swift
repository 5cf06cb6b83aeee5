internal import Glibc

/// A folder that appears at its destination at once and whole, or never.
///
/// It is filled beside its destination; `commit` synchronizes every file and renames it. Dropped without `commit`, it is
/// removed; what a killed process leaves behind has a name that starts with a dot and harms nobody.
public struct StagedDirectory: ~Copyable {
  /// Where the folder is being filled.
  public let path: String
  private let destination: String
  private var isCommitted = false

  /// Starts an empty folder beside `destination`, whose parents are made if they are missing.
  public init(destination: String) throws(FileError) {
    try FileSystem.createDirectory(FileSystem.parentDirectory(of: destination))
    let staging = FileSystem.temporaryName(beside: destination)
    guard unsafe mkdir(staging, 0o777) == 0 else { throw .last("create the folder", staging) }
    path = staging
    self.destination = destination
  }

  deinit {
    if !isCommitted { try? FileSystem.removeTree(path) }
  }

  /// Adds a file; folders of `relativePath` are made.
  public func write(_ bytes: [UInt8], to relativePath: String) throws(FileError) {
    let file = "\(path)/\(relativePath)"
    try FileSystem.createDirectory(FileSystem.parentDirectory(of: file))
    try FileSystem.write(bytes, to: file)
  }

  /// Makes the folder appear at its destination.
  ///
  /// - Parameter readOnly: Whether the folder and all in it lose their write permission.
  /// - Throws: `FileError.alreadyExists` when the destination is taken; nothing is changed then.
  public consuming func commit(readOnly: Bool) throws(FileError) {
    let destination = destination
    try commit(readOnly: readOnly, at: destination)
  }

  /// Makes the folder appear beside its destination under another name, for folders that are named by their contents.
  ///
  /// - Throws: `FileError.alreadyExists` when the name is taken; nothing is changed then.
  public consuming func commit(readOnly: Bool, named name: String) throws(FileError) {
    precondition(!name.isEmpty && !name.contains("/"), "a name in the same folder")
    let folder = FileSystem.parentDirectory(of: destination)
    try commit(readOnly: readOnly, at: folder + "/" + name)
  }

  private consuming func commit(readOnly: Bool, at destination: String) throws(FileError) {
    try Self.finish(path, readOnly: readOnly)
    // A folder with something in it is never replaced by rename(2), and every version and snapshot has files.
    guard unsafe rename(path, destination) == 0 else {
      throw errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
        ? .alreadyExists(path: destination) : .last("put in place", destination)
    }
    isCommitted = true
    try FileSystem.synchronize(FileSystem.parentDirectory(of: destination))
  }

  /// Synchronizes a tree from its leaves up.
  private static func finish(_ folder: String, readOnly: Bool) throws(FileError) {
    for name in try FileSystem.contents(ofDirectory: folder) {
      let entry = "\(folder)/\(name)"
      if FileSystem.isDirectory(entry) {
        try finish(entry, readOnly: readOnly)
      } else {
        try FileSystem.synchronize(entry)
        if readOnly { unsafe chmod(entry, 0o444) }
      }
    }
    try FileSystem.synchronize(folder)
    if readOnly { unsafe chmod(folder, 0o555) }
  }
}
