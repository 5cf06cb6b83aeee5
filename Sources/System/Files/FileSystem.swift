internal import Glibc

/// Files and folders by path; every change that matters is durable when the call returns.
public enum FileSystem {
  /// Whether there is a file, folder or valid link at `path`.
  public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Whether there is a folder at `path`, or a link to one.
  public static func isDirectory(_ path: String) -> Bool {
    guard let status = try? status(of: path) else { return false }
    return status.st_mode & S_IFMT == S_IFDIR
  }

  /// Makes a folder and those above it that are missing; a folder that exists is fine.
  public static func createDirectory(_ path: String) throws(FileError) {
    if path.isEmpty || isDirectory(path) { return }
    let parent = parentDirectory(of: path)
    if parent != path { try createDirectory(parent) }
    guard unsafe mkdir(path, 0o777) == 0 || (errno == EEXIST && isDirectory(path)) else {
      throw .last("create the folder", path)
    }
  }

  /// The folder that holds `path`.
  public static func parentDirectory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The path of what exists at `path` from the root, through all links.
  public static func absolutePath(of path: String) throws(FileError) -> String {
    guard let resolved = unsafe realpath(path, nil) else { throw .last("find", path) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Names in a folder, sorted bytewise, without `.` and `..`.
  public static func contents(ofDirectory path: String) throws(FileError) -> [String] {
    guard let directory = unsafe opendir(path) else { throw .last("list", path) }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The bytes of a file.
  public static func read(_ path: String) throws(FileError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open", path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      }
      if count == 0 { return bytes }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw .last("read", path)
      }
      bytes += chunk[..<count]
    }
  }

  /// The text of a UTF-8 file; bytes that are no UTF-8 become U+FFFD.
  public static func readText(_ path: String) throws(FileError) -> String {
    String(decoding: try read(path), as: UTF8.self)
  }

  /// Replaces a file in one step: a reader, also after a crash, sees the old content or the new and nothing else.
  public static func writeAtomically(_ bytes: [UInt8], to path: String) throws(FileError) {
    let temporary = temporaryName(beside: path)
    do throws(FileError) {
      try write(bytes, to: temporary)
      guard unsafe rename(temporary, path) == 0 else { throw .last("replace", path) }
    } catch {
      unsafe unlink(temporary)
      throw error
    }
    try synchronize(parentDirectory(of: path))
  }

  /// Removes a file, a link or a whole folder, read-only or not; nothing there is fine.
  public static func removeTree(_ path: String) throws(FileError) {
    var information = stat()
    guard unsafe lstat(path, &information) == 0 else {
      if errno == ENOENT { return }
      throw .last("remove", path)
    }
    if information.st_mode & S_IFMT == S_IFDIR {
      unsafe chmod(path, 0o700)
      for name in try contents(ofDirectory: path) { try removeTree("\(path)/\(name)") }
      guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw .last("remove", path) }
    } else {
      guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .last("remove", path) }
    }
  }

  /// Points the link at `path` to `target` in one step.
  public static func replaceSymbolicLink(
    at path: String, target: String
  ) throws(FileError) {
    let temporary = temporaryName(beside: path)
    guard unsafe symlink(target, temporary) == 0 else { throw .last("link", path) }
    guard unsafe rename(temporary, path) == 0 else {
      let failure = FileError.last("replace the link", path)
      unsafe unlink(temporary)
      throw failure
    }
    try synchronize(parentDirectory(of: path))
  }

  /// What the link at `path` points to; `nil` when there is no link.
  public static func symbolicLinkTarget(_ path: String) throws(FileError) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &buffer, buffer.count)
    guard count >= 0 else {
      if errno == ENOENT || errno == EINVAL || errno == ENOTDIR { return nil }
      throw .last("read the link", path)
    }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The size of a file.
  public static func byteCount(of path: String) throws(FileError) -> Int {
    Int(try status(of: path).st_size)
  }

  /// When a file was last written, in microseconds since the epoch.
  public static func modificationTime(of path: String) throws(FileError) -> Int64 {
    let moment = try status(of: path).st_mtim
    return Int64(moment.tv_sec) * 1_000_000 + Int64(moment.tv_nsec) / 1_000
  }

  /// Makes the present moment that at which a file or folder was last written.
  public static func touch(_ path: String) throws(FileError) {
    guard unsafe utimensat(AT_FDCWD, path, nil, 0) == 0 else { throw .last("touch", path) }
  }

  /// How many bytes an unprivileged user can still write where `path` lies.
  public static func freeByteCount(at path: String) throws(FileError) -> Int {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { throw .last("ask for free space", path) }
    return Int(clamping: status.f_bavail) * Int(clamping: status.f_frsize)
  }

  /// Makes what was written to a file or folder survive a power cut.
  static func synchronize(_ path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .last("synchronize", path) }
  }

  /// Writes a new file and synchronizes it.
  static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = try create(path)
    defer { close(descriptor) }
    try unsafe write(bytes.span.bytes, to: descriptor, path)
    guard fsync(descriptor) == 0 else { throw .last("synchronize", path) }
  }

  /// Makes a file that must not be there; the caller closes it.
  static func create(_ path: String) throws(FileError) -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw errno == EEXIST ? .alreadyExists(path: path) : .last("create", path)
    }
    return descriptor
  }

  /// Writes all of `bytes` to the open file, which is the one at `path`.
  static func write(
    _ bytes: borrowing RawSpan, to descriptor: Int32, _ path: String
  ) throws(FileError) {
    var position = 0
    while position < bytes.byteCount {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          descriptor, buffer.baseAddress?.advanced(by: position), buffer.count - position)
      }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw .last("write", path)
      }
      position += count
    }
  }

  static func status(of path: String) throws(FileError) -> stat {
    var information = stat()
    guard unsafe stat(path, &information) == 0 else { throw .last("read", path) }
    return information
  }

  /// A name in the same folder that no other process uses.
  static func temporaryName(beside path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? "file"
    let unique = String(UInt64.random(in: 0 ... .max), radix: 36)
    return "\(parentDirectory(of: path))/.\(name).\(getpid()).\(unique)"
  }
}
