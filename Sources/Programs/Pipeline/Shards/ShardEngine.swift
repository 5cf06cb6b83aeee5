internal import Files
internal import JSON
internal import Subprocess
internal import Synchronization
internal import Tabular
internal import Terminal

/// What runs the workers of a job: processes of this machine, or a program that hands them to a cluster.
public struct ShardEngine: Sendable {
  /// The engines with a name; any other one is the path of a program that takes jobs.
  public static let names = ["local", "dask", "spark"]

  /// `local`, `dask`, `spark`, or the path of an adapter.
  public let name: String
  /// Where the cluster is, such as `spark://host:7077` or `tcp://host:8786`; the engine's own on this machine when `nil`.
  public var cluster: String?
  /// The worker's path on all machines; this program is delivered to them when `nil`.
  public var workerPath: String?
  /// How often a shard is tried before it failed for good.
  public var attemptLimit = 4
  /// How many workers run at once on this machine.
  public var workerCount: Int
  /// Version of the program that all workers must have.
  public let version: String

  /// Describes an engine.
  public init(name: String, workerCount: Int, version: String) {
    self.name = name
    self.workerCount = workerCount
    self.version = version
  }

  /// One worker's work.
  struct Task: Sendable {
    let shard: String
    /// With `{files}` and `{out}` for the folder of the job's files and the result.
    let arguments: [String]
    let input: [UInt8]
    /// Where the result goes on this machine.
    let output: String
  }

  /// What it took to run tasks.
  struct Effort: Sendable {
    /// How many attempts failed and were repeated.
    var repeatedCount = 0
    /// The most memory that a worker had, in bytes; 0 when the engine does not tell.
    var peakByteCount = 0
    /// How long the engine took to start, when it was not running yet.
    var startSeconds = 0.0
  }

  /// Runs all tasks.
  ///
  /// - Parameter files: What workers read besides their rows: paths on this machine by the names that they have for workers.
  /// - Returns: how many attempts failed and were repeated, and what the largest worker had in memory.
  /// - Throws: `PipelineError.shardFailed`, `.wrongWorker` or `.engineFailed`.
  func run(
    _ tasks: [Task], files: [(name: String, path: String)], _ adapter: inout Conversation?
  ) throws -> Effort {
    if name == "local" { return try runLocally(tasks, files: files) }
    let job: JSONValue = [
      "format": "anomalyze-shard-job/1",
      "worker": [
        "path": .string(try workerPath ?? Self.ownPath()), "delivered": .bool(workerPath == nil),
        "version": .string(version),
      ],
      "attempts": .integer(Int64(attemptLimit)), "workers": .integer(Int64(workerCount)),
      "cluster": cluster.map { .string($0) } ?? .null,
      "files": .object(
        JSONObject(files.map { (key: $0.name, value: .string($0.path)) })),
      "tasks": .array(
        tasks.map { task in
          [
            "shard": .string(task.shard),
            "arguments": .array(task.arguments.map { .string($0) }),
            "input": .string(String(decoding: task.input, as: UTF8.self)),
            "output": .string(task.output),
          ]
        }),
    ]
    return try run(job, &adapter)
  }

  // MARK: This machine

  private func runLocally(
    _ tasks: [Task], files: [(name: String, path: String)]
  ) throws -> Effort {
    let path = try workerPath ?? Self.ownPath()
    if workerPath != nil { try checkVersion(of: path) }
    let folder = try Self.commonFolder(of: files)
    let environment = Self.environment
    let effort = Mutex(Effort())
    _ = try BlockParallel.map(count: tasks.count, blockSize: 1, threadCount: workerCount) {
      (block) throws in
      let task = tasks[block.lowerBound]
      var process = Subprocess(
        path: path,
        arguments: task.arguments.map {
          $0.replacing("{files}", with: folder).replacing("{out}", with: task.output)
        }, environment: environment, secondsAllowed: 7 * 86_400)
      process.outputByteLimit = 1 << 20
      for attempt in 1... {
        let outcome = try process.run(input: task.input)
        if outcome.exitCode == 0 {
          let report = try? JSONValue(parsing: outcome.output)
          let peak = Int(report?["peak_bytes"]?.integerValue ?? 0)
          effort.withLock { $0.peakByteCount = max($0.peakByteCount, peak) }
          break
        }
        // What a command line or the data got wrong will be wrong again.
        let isFinal = [2, 3].contains(outcome.exitCode) || attempt == attemptLimit
        if isFinal {
          throw Self.failure(of: task.shard, outcome.exitCode, outcome.signal, outcome.errorOutput)
        }
        effort.withLock { $0.repeatedCount += 1 }
      }
    }
    return effort.withLock { $0 }
  }

  private static func failure(
    of shard: String, _ exitCode: Int32, _ signal: Int32, _ message: [UInt8]
  ) -> PipelineError {
    let lines = String(decoding: message, as: UTF8.self).split(separator: "\n")
    let reason = lines.last.map(String.init) ?? (signal == 0 ? "no message" : "signal \(signal)")
    return .shardFailed(name: shard, exitCode: exitCode, reason: reason)
  }

  private func checkVersion(of path: String) throws {
    let outcome = try Subprocess(path: path, arguments: ["--version"]).run()
    let text = String(decoding: outcome.output, as: UTF8.self)
    let actual = text.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? "unknown"
    guard actual == version else {
      throw PipelineError.wrongWorker(shard: "any", expected: version, actual: actual)
    }
  }

  /// The files of a job lie in one folder under the names that workers know.
  private static func commonFolder(of files: [(name: String, path: String)]) throws -> String {
    guard let first = files.first, first.path.hasSuffix("/" + first.name) else { return "." }
    return String(first.path.dropLast(first.name.count + 1))
  }

  // MARK: Elsewhere

  /// Hands a job to the adapter, which stays for further rounds: starting a cluster's session takes longer than most of them.
  private func run(_ job: JSONValue, _ adapter: inout Conversation?) throws -> Effort {
    if let adapter { return try answer(of: adapter, to: job) }
    let clock = Terminal.monotonicSeconds
    let running = try start()
    adapter = running
    guard Self.names.contains(name), var greeting = job.objectValue else {
      return try answer(of: running, to: job)
    }
    // A job without tasks starts the session, so that its time can be told apart from the work's.
    greeting["tasks"] = []
    _ = try answer(of: running, to: .object(greeting))
    let started = Terminal.monotonicSeconds - clock
    var effort = try answer(of: running, to: job)
    effort.startSeconds = started
    return effort
  }

  private func answer(of running: Conversation, to job: JSONValue) throws -> Effort {
    guard let line = running.answer(to: job.bytes()), let report = try? JSONValue(parsing: line),
      let repeated = report["repeated"]?.integerValue
    else {
      let lines = String(decoding: running.errorOutput(), as: UTF8.self).split(separator: "\n")
      throw PipelineError.engineFailed(
        engine: name, reason: lines.last.map(String.init) ?? "its adapter ended without a report")
    }
    if let failure = report["failed"], failure != .null {
      let shard = failure["shard"]?.stringValue ?? "?"
      if let actual = failure["version"]?.stringValue {
        throw PipelineError.wrongWorker(shard: shard, expected: version, actual: actual)
      }
      throw PipelineError.shardFailed(
        name: shard, exitCode: Int32(clamping: failure["exit_code"]?.integerValue ?? -1),
        reason: failure["reason"]?.stringValue ?? "no message")
    }
    return Effort(
      repeatedCount: Int(repeated), peakByteCount: Int(report["peak_bytes"]?.integerValue ?? 0))
  }

  /// Why no engine has this name; `nil` when there is one.
  public static func fault(inName name: String) -> String? {
    if names.contains(name) || name.contains("/") && FileSystem.exists(name) { return nil }
    return
      "there is no engine \(name); use \(names.joined(separator: ", ")) or the path of an adapter"
  }

  private func start() throws -> Conversation {
    var process: Subprocess
    if Self.names.contains(name) {
      process = Subprocess(
        path: try Self.pythonPath(), arguments: [try Self.scriptPath("\(name)_engine.py")])
    } else {
      if let fault = Self.fault(inName: name) { throw ConfigurationError(fault) }
      process = Subprocess(path: name)
    }
    process.environment = Self.environment
    return try Conversation(with: process)
  }
}
