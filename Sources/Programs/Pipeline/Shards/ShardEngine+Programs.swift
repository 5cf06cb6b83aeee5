internal import Files
internal import Subprocess
internal import Terminal

extension ShardEngine {
  /// What workers and adapters see; they end with this process.
  static var environment: [String] {
    Terminal.environmentEntries.filter { !$0.hasPrefix(ProcessTie.variable + "=") }
      + [ProcessTie.entry]
  }

  /// This program.
  static func ownPath() throws -> String {
    guard let path = try FileSystem.symbolicLinkTarget("/proc/self/exe") else {
      throw PipelineError.engineFailed(engine: "local", reason: "this program has no path")
    }
    return path
  }

  /// The Python that `ANOMALYZE_PYTHON` names, by its path or name.
  static func pythonPath() throws -> String {
    let python = Terminal.environment("ANOMALYZE_PYTHON") ?? "python3"
    return python.contains("/")
      ? python
      : try Subprocess.locate(
        python, searchPath: Terminal.environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin")
  }

  /// A script of the engines: where `ANOMALYZE_ENGINES` says, beside the installed program, or in the sources when started from
  /// there.
  static func scriptPath(_ name: String) throws -> String {
    let program = FileSystem.parentDirectory(of: try ownPath())
    let folders =
      [Terminal.environment("ANOMALYZE_ENGINES")].compactMap { $0 }
      + ["\(program)/../share/anomalyze/engines", "Sources/Programs/scripts/engines"]
    let paths = folders.map { "\($0)/\(name)" }
    guard let path = paths.first(where: { FileSystem.exists($0) }) else {
      throw PipelineError.engineFailed(
        engine: String(name.prefix { $0 != "_" && $0 != "." }),
        reason:
          "\(name) is in none of \(folders.joined(separator: ", ")); name its folder in ANOMALYZE_ENGINES"
      )
    }
    return path
  }
}
