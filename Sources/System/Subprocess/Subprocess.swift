internal import CSpawn
internal import Glibc

/// Another program, run once from its arguments and input to its output, without a shell.
///
/// The program sees the environment given here and nothing else, inherits no open file but its three standard
/// streams, and is ended when it takes too long or writes too much. Input is never a cause of a deadlock or a
/// broken-pipe signal, because it lies in memory that the program reads as a file.
public struct Subprocess: Equatable, Sendable {
  /// Path of the executable file.
  public let path: String
  /// The arguments after the program's name.
  public var arguments: [String]
  /// All environment variables, as `NAME=value`.
  public var environment: [String]
  /// How long the program may run.
  public var secondsAllowed: Double
  /// How many bytes each of its two output streams may carry.
  public var outputByteLimit: Int

  /// What a program left behind.
  public struct Outcome: Equatable, Sendable {
    /// Exit code, or −1 when a signal ended the program.
    public let exitCode: Int32
    /// The signal that ended the program, or 0.
    public let signal: Int32
    /// What it wrote to its standard output.
    public let output: [UInt8]
    /// What it wrote to its standard error.
    public let errorOutput: [UInt8]
  }

  /// Describes a run of the executable at `path`.
  public init(
    path: String, arguments: [String] = [], environment: [String] = ["LC_ALL=C.UTF-8"],
    secondsAllowed: Double = 60, outputByteLimit: Int = 64 << 20
  ) {
    self.path = path
    self.arguments = arguments
    self.environment = environment
    self.secondsAllowed = secondsAllowed
    self.outputByteLimit = outputByteLimit
  }

  /// The path of the executable file `name` in the folders of `searchPath`, which are separated by colons.
  ///
  /// - Throws: `SubprocessError.programNotFound`.
  public static func locate(
    _ name: String, searchPath: String = "/usr/local/bin:/usr/bin:/bin"
  ) throws(SubprocessError) -> String {
    for folder in searchPath.split(separator: ":") {
      let path = "\(folder)/\(name)"
      if unsafe access(path, X_OK) == 0 { return path }
    }
    throw .programNotFound(name: name, searchPath: searchPath)
  }

  /// Runs the program with `input` as its standard input and waits for its end.
  ///
  /// - Throws: `SubprocessError`; a program that fails by itself is no error here, its exit code says so.
  public func run(input: [UInt8] = []) throws(SubprocessError) -> Outcome {
    let inputFile = try makeInputFile(input)
    let output = try makePipe()
    let errors = try makePipe()
    let process = try spawn(input: inputFile, output: output, errors: errors)
    inputFile.close()
    output.writeEnd.close()
    errors.writeEnd.close()
    var collector = OutputCollector(
      streams: [output.readEnd.number, errors.readEnd.number], byteLimit: outputByteLimit)
    let ending = collector.collect(secondsAllowed: secondsAllowed)
    if ending != .finished { kill(process, SIGKILL) }
    let end = Self.waitForEnd(of: process)
    switch ending {
    case .timedOut: throw .timedOut(program: path, seconds: secondsAllowed)
    case .tooLarge: throw .outputTooLarge(program: path, byteLimit: outputByteLimit)
    case .finished: break
    }
    return Outcome(
      exitCode: end.exitCode, signal: end.signal,
      output: collector.outputs[0], errorOutput: collector.outputs[1])
  }

  static func waitForEnd(of process: pid_t) -> (exitCode: Int32, signal: Int32) {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return (anomalyze_exit_code(status), anomalyze_signal(status))
  }

  func failure(_ operation: String, _ code: Int32 = errno) -> SubprocessError {
    .cannotStart(program: path, operation: operation, code: code)
  }

  func makeInputFile(_ input: [UInt8]) throws(SubprocessError) -> FileDescriptor {
    let closeOnExec: UInt32 = 1
    let number = unsafe memfd_create("input", closeOnExec)
    guard number >= 0 else { throw failure("memfd_create") }
    let file = FileDescriptor(number)
    var written = 0
    while written < input.count {
      let count = unsafe input[written...].withUnsafeBytes {
        unsafe write(number, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure("write") }
      written += count
    }
    lseek(number, 0, SEEK_SET)
    return file
  }

  func makePipe() throws(SubprocessError) -> PipeEnds {
    var numbers: (Int32, Int32) = (-1, -1)
    let result = unsafe withUnsafeMutableBytes(of: &numbers) {
      unsafe pipe($0.assumingMemoryBound(to: Int32.self).baseAddress)
    }
    guard result == 0 else { throw failure("pipe") }
    _ = fcntl(numbers.0, F_SETFD, FD_CLOEXEC)
    _ = fcntl(numbers.1, F_SETFD, FD_CLOEXEC)
    return PipeEnds(readEnd: FileDescriptor(numbers.0), writeEnd: FileDescriptor(numbers.1))
  }

  private func spawn(
    input: FileDescriptor, output: PipeEnds, errors: PipeEnds
  ) throws(SubprocessError) -> pid_t {
    try spawn(
      input: input.number, output: output.writeEnd.number, errors: errors.writeEnd.number)
  }

  func spawn(
    input: Int32, output: Int32, errors: Int32
  ) throws(SubprocessError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
    unsafe _ = posix_spawn_file_actions_addclosefrom_np(&actions, 3)

    var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
      unsafe words.forEach { unsafe free($0) }
      unsafe variables.forEach { unsafe free($0) }
    }
    var process: pid_t = 0
    let code = unsafe posix_spawn(&process, path, &actions, nil, &words, &variables)
    guard code == 0 else { throw failure("posix_spawn", code) }
    return process
  }
}

/// An open file of this process, closed at the latest when its last user is gone.
final class FileDescriptor {
  private(set) var number: Int32

  init(_ number: Int32) { self.number = number }

  func close() {
    if number >= 0 { _ = Glibc.close(number) }
    number = -1
  }

  deinit { close() }
}

struct PipeEnds {
  let readEnd: FileDescriptor
  let writeEnd: FileDescriptor
}
