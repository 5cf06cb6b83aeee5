import Ingestion
import JSON
import Subprocess
import Testing
import Transactions

@Suite struct SnapshotInPythonTests {
  /// Where Python is; a test environment with the package can be put first in `PATH` or named here.
  static let python = environmentValue("ANOMALYZE_PYTHON") ?? (try? Subprocess.locate("python3"))

  @Test(.enabled(if: python != nil, "Python is not installed"))
  func `the safetensors package reads what was written`() throws {
    let scratch = try Scratch()
    let rows = try generatedRows()
    var writer = SnapshotWriter(root: scratch.path, source: "test")
    try writer.append(rows)
    let snapshot = try writer.finish()
    let script =
      "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
      + "/Fixtures/ingestion/read_snapshot.py"
    let python = try #require(Self.python)
    let outcome = try Subprocess(path: python, arguments: [script, snapshot.path]).run()
    // The script ends so when the package is missing.
    if outcome.exitCode == 77 { try Test.cancel("the safetensors package is not installed") }
    #expect(outcome.exitCode == 0, "\(String(decoding: outcome.errorOutput, as: UTF8.self))")
    let seen = try JSONValue(parsing: outcome.output)
    #expect(seen["rows"] == .integer(Int64(rows.count)))
    #expect(seen["frauds"] == .integer(Int64(rows.labels.count { $0 == 1 })))
    #expect(seen["amount"] == .integer(rows.amounts.reduce(0, +)))
    #expect(seen["first"]?.stringValue == rows.users[0])
    #expect(seen["last"]?.stringValue == rows.users[rows.count - 1])
  }
}
