internal import Glibc

/// An operation on a file that failed.
public enum FileError: Error, Equatable, CustomStringConvertible {
  /// The system refused `operation` on `path`.
  case system(operation: String, path: String, code: Int32)
  /// There is something at `path` already.
  case alreadyExists(path: String)
  /// Another process holds the lock at `path`.
  case busy(path: String, holder: Int32?)

  /// Describes the failure of the last system call.
  static func last(_ operation: String, _ path: String) -> FileError {
    .system(operation: operation, path: path, code: errno)
  }

  /// Whether the file or folder does not exist.
  public var isMissing: Bool {
    if case .system(_, _, let code) = self { code == ENOENT } else { false }
  }

  public var description: String {
    switch self {
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path): \(unsafe String(cString: strerror(code)))"
        + (code == ENOSPC || code == EDQUOT ? "; free some space there and run it again" : "")
    case .alreadyExists(let path): "\(path) exists already"
    case .busy(let path, let holder):
      "another run holds the lock \(path)" + (holder.map { " (process \($0))" } ?? "")
        + "; wait for it to end"
    }
  }
}
