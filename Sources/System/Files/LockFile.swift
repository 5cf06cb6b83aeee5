internal import Glibc

/// An exclusive lock that ends with its owner, even when the owner is killed.
///
/// The file stays; it holds the process number of the last owner, for messages. The lock is advisory and of this machine.
public struct LockFile: ~Copyable {
  let descriptor: Int32

  /// Takes the lock at `path` without waiting.
  ///
  /// - Throws: `FileError.busy` when another process or owner has it.
  public init(_ path: String) throws(FileError) {
    try FileSystem.createDirectory(FileSystem.parentDirectory(of: path))
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .last("open the lock", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let failure: FileError =
        errno == EWOULDBLOCK
        ? .busy(path: path, holder: (try? FileSystem.readText(path)).flatMap { Int32($0) })
        : .last("lock", path)
      close(descriptor)
      throw failure
    }
    let owner = Array(String(getpid()).utf8)
    ftruncate(descriptor, 0)
    _ = unsafe owner.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    self.descriptor = descriptor
  }

  /// Closing alone would leave the lock to a program that another thread is just starting: between its fork and its own
  /// image it has all files of this process open.
  deinit {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
