internal import CSpawn
internal import Glibc

/// A server in a process of its own, so that a test can kill it.
@safe public final class RunningServer {
  /// The port that it printed.
  public let port: UInt16
  private let processID: pid_t
  private var isReaped = false

  /// Starts the built program and waits until it listens.
  public init(_ arguments: [String]) throws {
    let (child, reading) = try RunningServer.spawn(arguments, capturing: STDOUT_FILENO)
    defer { close(reading) }
    processID = child
    var output: [UInt8] = []
    var byte: UInt8 = 0
    while unsafe read(reading, &byte, 1) == 1, byte != UInt8(ascii: "\n") { output.append(byte) }
    let line = String(decoding: output, as: UTF8.self)
    guard let port = line.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      port = 0
      _ = wait()
      throw WireError.cannotConnect
    }
    self.port = port
  }

  deinit {
    if !isReaped {
      send(SIGKILL)
      _ = wait()
    }
  }

  /// Sends a signal.
  public func send(_ signal: Int32) { kill(processID, signal) }

  /// Limits how many files the process may have open from now on.
  public func limitOpenFiles(to count: Int) { limit("nofile=\(count)") }

  /// Limits how long a file the process may write, which fails further writes as a full disk does; `nil` ends the limit.
  public func limitFileSize(to byteCount: Int?) {
    limit("fsize=" + (byteCount.map { "\($0)" } ?? "unlimited"))
  }

  private func limit(_ setting: String) {
    _ = unsafe system("prlimit --pid \(processID) --\(setting):")
  }

  /// Bytes of memory that the process has in use, by the system's account.
  public var residentByteCount: Int {
    guard let file = unsafe fopen("/proc/\(processID)/statm", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var text = [CChar](repeating: 0, count: 256)
    guard unsafe fgets(&text, 256, file) != nil else { return 0 }
    let words = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .split(separator: " ")
    return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4_096
  }

  /// Hundredths of a second that the process has spent on processors, by the system's account.
  public var processorTicks: Int? {
    guard let file = unsafe fopen("/proc/\(processID)/stat", "r") else { return nil }
    defer { unsafe fclose(file) }
    var text = [CChar](repeating: 0, count: 1_024)
    guard unsafe fgets(&text, 1_024, file) != nil else { return nil }
    let line = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    // After the name, which ends with a parenthesis, times in user and system mode are the 12th and 13th.
    let fields = String(decoding: line, as: UTF8.self).split(separator: ")").last
    let words = fields?.split(separator: " ") ?? []
    guard words.count > 12, let user = Int(words[11]), let system = Int(words[12]) else {
      return nil
    }
    return user + system
  }

  /// Waits for the end: the exit code, or minus the signal that ended the process.
  public func wait() -> Int32 {
    var status: Int32 = 0
    unsafe waitpid(processID, &status, 0)
    isReaped = true
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
  }

  /// The process's identifier.
  public var id: Int32 { processID }

  /// Runs the program to its end and gives its exit code and what it wrote to standard error.
  public static func run(_ arguments: [String]) throws -> (exitCode: Int32, errorText: String) {
    let (child, reading) = try spawn(arguments, capturing: STDERR_FILENO)
    defer { close(reading) }
    var output: [UInt8] = []
    var byte: UInt8 = 0
    while unsafe read(reading, &byte, 1) == 1 { output.append(byte) }
    var status: Int32 = 0
    unsafe waitpid(child, &status, 0)
    return (status >> 8 & 0xFF, String(decoding: output, as: UTF8.self))
  }

  private static func spawn(_ arguments: [String], capturing stream: Int32) throws -> (
    child: pid_t, reading: Int32
  ) {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw WireError.cannotConnect }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], stream)
    // What else is open belongs to other tests, which wait for it to be closed.
    unsafe _ = posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    var words = unsafe ([programPath] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let result = unsafe posix_spawn(&child, programPath, &actions, nil, &words, environ)
    close(ends[1])
    guard result == 0 else {
      close(ends[0])
      throw WireError.cannotConnect
    }
    return (child, ends[0])
  }

  /// The program lies beside the tests.
  private static var programPath: String {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe buffer.withUnsafeMutableBytes {
      guard let start = $0.baseAddress else { return 0 }
      return unsafe readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), $0.count)
    }
    let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return folder.joined(separator: "/") + "/anomalyze-server"
  }
}

/// A new empty folder, removed at the end.
public final class ScratchFolder {
  /// Its path.
  public let path: String

  /// Makes the folder.
  public init() {
    let pattern = "/tmp/anomalyze-serving-" + String(repeating: "X", count: 6)
    var template = Array(pattern.utf8CString)
    path = unsafe template.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress, let made = unsafe mkdtemp(start) else {
        return "/tmp"
      }
      return unsafe String(cString: made)
    }
  }

  deinit {
    guard path != "/tmp" else { return }
    _ = unsafe system("chmod -R u+w '\(path)'; rm -rf '\(path)'")
  }
}

/// Lets files in a folder be replaced that were made read-only.
public func makeWritable(_ folder: String) { unsafe chmod(folder, 0o755) }
