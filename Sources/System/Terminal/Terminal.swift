internal import Glibc

/// The standard streams of the program.
public enum Terminal {
  /// Whether somebody watches standard error on a terminal: only then is progress shown.
  public static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes to standard output.
  public static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

  /// Writes a line to standard error.
  public static func report(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if written < 0 {
        // A reader that went away is not an error of the work itself.
        guard errno == EINTR else { return }
        continue
      }
      bytes = bytes.dropFirst(written)
    }
  }

  /// A monotonic clock in seconds, for durations.
  public static var monotonicSeconds: Double {
    var moment = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &moment)
    return Double(moment.tv_sec) + Double(moment.tv_nsec) / 1e9
  }

  /// Microseconds since the epoch by the machine's clock.
  public static var wallClockMicroseconds: Int64 {
    var moment = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &moment)
    return Int64(moment.tv_sec) * 1_000_000 + Int64(moment.tv_nsec) / 1_000
  }

  /// The most memory that the process has had in use so far, in bytes.
  public static var peakMemoryByteCount: Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
  }

  /// The most memory that this program has had resident since it was started, in bytes; 0 when the system does not say.
  ///
  /// Unlike `peakMemoryByteCount` it does not count what the process that started it had.
  public static var peakResidentByteCount: Int {
    let descriptor = unsafe open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 8_192)
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe read(descriptor, $0.baseAddress, $0.count)
    }
    let lines = String(decoding: buffer[..<max(0, count)], as: UTF8.self).split(separator: "\n")
    let words = lines.first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: \.isWhitespace)
    return words.flatMap { $0.count > 1 ? Int($0[1]) : nil }.map { $0 << 10 } ?? 0
  }

  /// The value of an environment variable that is set and not empty.
  public static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
    return unsafe String(cString: value)
  }

  /// All environment variables as `NAME=value`, for programs that are started.
  public static var environmentEntries: [String] {
    var entries: [String] = []
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      unsafe entries.append(String(cString: entry))
      unsafe next += 1
    }
    return entries
  }

  /// The name of the user who runs the program, for audit rows.
  public static var userName: String {
    environment("ANOMALYZE_ACTOR") ?? environment("USER") ?? environment("LOGNAME")
      ?? "uid:\(getuid())"
  }

  /// How many processors the program may use.
  public static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
