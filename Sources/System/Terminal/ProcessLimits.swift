internal import CMalloc
internal import Glibc

/// What the system lets this process have, and what this process gives back.
public enum ProcessLimits {
  /// Raises the limit of open files, sockets included, as far as the system allows.
  ///
  /// - Returns: how many may be open from now on.
  public static func raiseOpenFileLimit() -> Int {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0 else { return 1_024 }
    var raised = limit
    raised.rlim_cur = limit.rlim_max
    let isRaised = unsafe setrlimit(resource, &raised) == 0
    return Int(clamping: isRaised ? limit.rlim_max : limit.rlim_cur)
  }

  /// Makes a write past the largest allowed size of a file fail like one on a full disk, instead of ending the process.
  public static func failOversizedWrites() { signal(SIGXFSZ, SIG_IGN) }

  /// Gives memory back that was needed for a while: the C library would keep it for what may be asked for next.
  public static func returnFreedMemory() { malloc_trim(0) }
}
