import Files
import Glibc
import JSON
import Subprocess
import Testing

/// A folder of its own with a small configuration, in which the real program runs.
final class Laboratory {
  let folder: String
  /// A disk that only the programs of this laboratory see.
  private(set) var disk: SmallDisk?

  /// What a run of the program left behind.
  struct Ending {
    let exitCode: Int32
    let signal: Int32
    let output: String
    let errorOutput: String

    func json() throws -> JSONValue { try JSONValue(parsing: output) }
  }

  init() throws {
    var generator = SystemRandomNumberGenerator()
    folder = "/tmp/anomalyze-lab-\(getpid())-\(generator.next())"
    try FileSystem.createDirectory(folder)
    try write(Self.configuration, to: "anomalyze.yaml")
  }

  deinit { try? FileSystem.removeTree(folder) }

  static let configuration = """
    features: [log_amount, night, {kind: z_score, of: log_amount, entity: user, window: history},
      {kind: count, entity: user, windows: [1h, 7d]}, {kind: is_new, of: device, entity: user},
      {kind: risk, entity: terminal, window: 14d, delay: 3d, prior_weight: 5, prior_rate: 0.01}]
    models:
      - name: fraud
        detectors:
          - {kind: isolation_forest, n_estimators: 20, contamination: 0.01, random_state: 7}
          - {kind: gaussian}
    evaluation: {training: 14d, delay: 3d, validation: 3d, test: 10d, alerts_per_day: 5}
    promotion:
      gates:
        - {metric: headline.average_precision.value, not_worse_than_champion: 0.01}
    """

  /// Mounts a disk of `mebibytes` MiB at `name`.
  func mountDisk(at name: String, mebibytes: Int) throws -> SmallDisk {
    try FileSystem.createDirectory("\(folder)/\(name)")
    let disk = try SmallDisk(at: "\(folder)/\(name)", mebibytes: mebibytes)
    self.disk = disk
    return disk
  }

  func write(_ text: String, to name: String) throws {
    try FileSystem.writeAtomically(Array(text.utf8), to: "\(folder)/\(name)")
  }

  /// The program lies beside the running test bundle.
  static func program(_ name: String) throws -> String {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
    let path = try bundle ?? FileSystem.symbolicLinkTarget("/proc/self/exe") ?? ""
    return "\(FileSystem.parentDirectory(of: path))/\(name)"
  }

  /// Runs `anomalyze` in the folder; after `killedAfter` seconds, if given, it gets SIGKILL, and no file grows past
  /// `fileSizeLimit` bytes.
  @discardableResult
  func run(
    _ arguments: [String], environment: [String] = [], killedAfter: Double? = nil,
    fileSizeLimit: Int? = nil
  ) throws -> Ending {
    var command = (disk?.command ?? []) + ["-C", folder]
    if let killedAfter { command += ["timeout", "-s", "KILL", String(killedAfter)] }
    if let fileSizeLimit { command += ["prlimit", "--fsize=\(fileSizeLimit)"] }
    var program = Subprocess(
      path: "/usr/bin/env", arguments: command + [try Self.program("anomalyze")] + arguments,
      environment: ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "USER=tester"] + environment)
    program.secondsAllowed = 240
    let outcome = try program.run()
    return Ending(
      exitCode: outcome.exitCode, signal: outcome.signal,
      output: String(decoding: outcome.output, as: UTF8.self),
      errorOutput: String(decoding: outcome.errorOutput, as: UTF8.self))
  }

  /// Runs a command that must succeed.
  @discardableResult
  func succeed(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws
    -> String
  {
    let ending = try run(arguments)
    try #require(
      ending.exitCode == 0, "\(arguments): \(ending.errorOutput)", sourceLocation: sourceLocation)
    return ending.output
  }

  /// Runs a command of the system in the folder; it must succeed.
  func shell(_ command: String) throws {
    let outcome = try Subprocess(
      path: "/usr/bin/env", arguments: ["-C", folder, "sh", "-c", command],
      environment: ["PATH=/usr/bin:/bin"]
    ).run()
    try #require(outcome.exitCode == 0, "\(String(decoding: outcome.errorOutput, as: UTF8.self))")
  }

  /// A laboratory with generated transactions of 250 users over 36 days.
  static func withTransactions() throws -> Laboratory {
    let laboratory = try Laboratory()
    try laboratory.succeed(
      "generate", "--users", "250", "--days", "36", "--seed", "11", "--difficulty", "0")
    return laboratory
  }

  /// Every file below a folder with its content; links with their targets.
  func contents(of relative: String) throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    func visit(_ path: String) throws {
      for name in try FileSystem.contents(ofDirectory: path) {
        let entry = "\(path)/\(name)"
        if let target = try FileSystem.symbolicLinkTarget(entry) {
          found[entry] = Array(target.utf8)
        } else if FileSystem.isDirectory(entry) {
          try visit(entry)
        } else {
          found[entry] = try FileSystem.read(entry)
        }
      }
    }
    let start = "\(disk?.root ?? "")\(folder)/\(relative)"
    if FileSystem.exists(start) { try visit(start) }
    return found
  }
}
