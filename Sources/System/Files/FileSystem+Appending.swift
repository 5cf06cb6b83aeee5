internal import Glibc

extension FileSystem {
  /// Keeps the first `byteCount` bytes of the file at `path`, cuts what follows, adds `bytes`, and waits until they have
  /// reached the storage device; the file is made when there is none.
  ///
  /// A reader may see any beginning of `bytes`, so they should be of a form in which a torn end shows.
  public static func append(
    _ bytes: [UInt8], to path: String, keeping byteCount: Int
  ) throws(FileError) {
    let isNew = !exists(path)
    let file = try OpenFile(path, O_WRONLY | O_CREAT)
    guard ftruncate(file.number, byteCount) == 0,
      lseek(file.number, byteCount, SEEK_SET) == byteCount
    else { throw failure("write", path) }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          file.number, buffer.baseAddress.map { unsafe $0 + written }, bytes.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("write", path) }
      written += count
    }
    guard fsync(file.number) == 0 else { throw failure("flush", path) }
    if isNew { try synchronize(folder: folder(of: path)) }
  }

  /// The bytes of the file at `path` in `range`; fewer when the file ends before.
  public static func read(_ path: String, range: Range<Int>) throws(FileError) -> [UInt8] {
    let file = try OpenFile(path, O_RDONLY)
    var bytes = [UInt8](repeating: 0, count: range.count)
    var filled = 0
    while filled < range.count {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(
          file.number, buffer.baseAddress.map { unsafe $0 + filled }, range.count - filled,
          range.lowerBound + filled)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", path) }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }

  /// Gives the file or folder `path` the name `destination` in one step that lasts; a file there is replaced.
  public static func move(_ path: String, to destination: String) throws(FileError) {
    guard unsafe rename(path, destination) == 0 else { throw failure("move", path) }
    try synchronize(folder: folder(of: destination))
    if folder(of: path) != folder(of: destination) { try synchronize(folder: folder(of: path)) }
  }

  /// Waits until the names in the folder `path` have reached the storage device.
  public static func synchronize(folder path: String) throws(FileError) {
    let file = try OpenFile(path, O_RDONLY)
    guard fsync(file.number) == 0 else { throw failure("flush", path) }
  }

  /// Lets other processes run for a while.
  public static func pause(milliseconds: UInt32) { usleep(milliseconds * 1_000) }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  fileprivate static func failure(_ operation: String, _ path: String) -> FileError {
    .system(operation: operation, path: path, code: errno)
  }
}

/// An open file, closed when dropped.
private struct OpenFile: ~Copyable {
  let number: Int32

  init(_ path: String, _ flags: Int32) throws(FileError) {
    number = unsafe open(path, flags | O_CLOEXEC, 0o666)
    guard number >= 0 else { throw FileSystem.failure("open", path) }
  }

  deinit { close(number) }
}
