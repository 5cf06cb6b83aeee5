import Glibc

enum ProcessIdentity {
  /// Number of this process, for names that no other process uses.
  static var current: Int32 { getpid() }

  /// Whether this process may become another user.
  static var isRoot: Bool { geteuid() == 0 }
}
