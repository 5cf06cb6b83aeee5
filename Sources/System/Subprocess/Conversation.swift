internal import CSpawn
internal import Glibc

/// A running program that answers lines with lines, for one that is costly to start.
///
/// The program ends when its input does, at the latest when the last user of the conversation is gone; it gets SIGTERM when
/// it takes longer than a few seconds for it, and SIGKILL after that.
public final class Conversation {
  private let program: String
  private let process: pid_t
  /// One end of a pair of sockets: writing to a program that is gone is an error here and no signal.
  private let stream: FileDescriptor
  private let errorFile: FileDescriptor
  private var received: [UInt8] = []

  /// Starts the program of `subprocess`; its limits on time and output do not apply.
  ///
  /// - Throws: `SubprocessError.cannotStart`
  public init(with subprocess: Subprocess) throws(SubprocessError) {
    program = subprocess.path
    errorFile = try subprocess.makeInputFile([])
    var ends: (Int32, Int32) = (-1, -1)
    let result = unsafe withUnsafeMutableBytes(of: &ends) {
      unsafe socketpair(
        AF_UNIX, Int32(SOCK_STREAM.rawValue), 0,
        $0.assumingMemoryBound(to: Int32.self).baseAddress)
    }
    guard result == 0 else { throw subprocess.failure("socketpair") }
    stream = FileDescriptor(ends.0)
    let other = FileDescriptor(ends.1)
    _ = fcntl(ends.0, F_SETFD, FD_CLOEXEC)
    process = try subprocess.spawn(
      input: other.number, output: other.number, errors: errorFile.number)
    other.close()
  }

  deinit {
    stream.close()
    var status: Int32 = 0
    for second in 0..<20 {
      for _ in 0..<100 {
        if unsafe waitpid(process, &status, WNOHANG) != 0 { return }
        usleep(10_000)
      }
      if second == 10 { kill(process, SIGTERM) }
    }
    kill(process, SIGKILL)
    while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
  }

  /// Sends a line and waits for the next one that the program writes; `nil` when it has ended.
  public func answer(to line: [UInt8]) -> [UInt8]? {
    var bytes = (line + [UInt8(ascii: "\n")])[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe send(stream.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      bytes = bytes.dropFirst(count)
    }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(received[..<end])
        received.removeFirst(end + 1)
        return line
      }
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe recv(stream.number, $0.baseAddress, $0.count, 0)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      received += buffer[..<count]
    }
  }

  /// The last bytes that the program wrote to its standard error, at most 64 KiB.
  public func errorOutput() -> [UInt8] {
    errorFile.lastBytes(65_536)
  }
}
