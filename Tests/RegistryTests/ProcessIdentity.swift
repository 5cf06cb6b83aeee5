import Glibc

enum ProcessIdentity {
  /// Number of this process, for names that no other process uses.
  static var current: Int32 { getpid() }
}
