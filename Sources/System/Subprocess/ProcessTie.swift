internal import CSpawn
internal import Dispatch
internal import Glibc

/// Ties the life of this process to that of the one that wants its work.
public enum ProcessTie {
  /// The environment variable that holds the number of the process without which the work has no purpose.
  public static let variable = "ANOMALYZE_DRIVER"

  /// The entry for the environment of programs that are to end with this process.
  public static var entry: String { "\(variable)=\(getpid())" }

  /// Ends this process by SIGKILL as soon as the process `number` has ended, however it did; at once when it is gone.
  ///
  /// Unlike the kernel's parent-death signal this holds through programs in between, such as a shell, and for the whole
  /// process instead of the thread that started this one.
  public static func endWith(process number: Int32) {
    let descriptor = anomalyze_process_descriptor(number)
    if descriptor < 0 {
      // Another error than this one says that the kernel cannot watch processes: then nothing is tied.
      if errno == ESRCH { kill(getpid(), SIGKILL) }
      return
    }
    DispatchQueue(label: "process-tie").async {
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      while unsafe poll(&polled, 1, -1) < 0 && errno == EINTR {}
      kill(getpid(), SIGKILL)
    }
  }
}
