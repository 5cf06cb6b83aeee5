internal import JSON
internal import Subprocess

extension Peers {
  /// What a script of the peers prints: one JSON document a line.
  func answers(of script: String, _ arguments: [String]) throws -> [JSONValue] {
    let process = Subprocess(
      path: python, arguments: ["\(folder)/\(script)"] + arguments,
      environment: ["LC_ALL=C.UTF-8", "OMP_NUM_THREADS=2"], secondsAllowed: 3_600)
    let outcome = try process.run()
    guard outcome.exitCode == 0 else {
      throw BenchmarkError.peersFailed(
        exitCode: outcome.exitCode, message: String(decoding: outcome.errorOutput, as: UTF8.self))
    }
    return try outcome.output.split(separator: UInt8(ascii: "\n")).map {
      try JSONValue(parsing: Array($0))
    }
  }
}
