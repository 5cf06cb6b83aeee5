import Files
import JSON
import Subprocess
import Support
import Terminal
import Testing

/// A Python that has Dask: one that is named, or Debian's (`apt-get install python3-distributed`).
private enum DaskPython {
  static let path: String? = {
    let named = Terminal.environment("ANOMALYZE_PYTHON")
    return [named, "/usr/bin/python3"].compactMap { $0 }.first { path in
      let probe = Subprocess(
        path: path, arguments: ["-c", "import distributed"],
        environment: ["PATH=/usr/bin:/bin", "HOME=/tmp"])
      return (try? probe.run())?.exitCode == 0
    }
  }()
}

/// Dask with two workers, where Python has it (`apt-get install python3-distributed`).
@Suite(.enabled(if: DaskPython.path != nil)) struct DaskEngineTests {
  /// The adapters lie in the sources, wherever the tests run.
  private static var variables: [String] {
    let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return [
      "ANOMALYZE_PYTHON=\(DaskPython.path ?? "")", "HOME=/tmp",
      "ANOMALYZE_ENGINES=/\(here)/Sources/Programs/scripts/engines",
    ]
  }

  @Test(.timeLimit(.minutes(5)))
  func `Dask gives the model of one process, and names a shard that cannot be read`() throws {
    let laboratory = try ShardCommandTests.withFiles()
    let one = try ShardCommandTests.fit("all.csv", laboratory, to: "one", ["--engine", "local"])
    let engine = ["--engine", "dask", "--workers", "2"]
    let dask = try ShardCommandTests.fit(
      "parts", laboratory, to: "dask", engine, environment: Self.variables)
    try #require(dask.exitCode == 0, "\(dask.errorOutput)")
    #expect(try dask.json()["digest"] == one.json()["digest"])
    #expect(try dask.json()["threshold"] == one.json()["threshold"])
    #expect(try dask.json()["lineage"]?["engine"] == "dask")

    try laboratory.shell("rm parts/4.csv && mkdir parts/4.csv")
    let broken = try ShardCommandTests.fit(
      "parts", laboratory, to: "broken", engine, environment: Self.variables)
    #expect(broken.exitCode == 4, "\(broken.errorOutput)")
    #expect(broken.errorOutput.contains("shard 00004"))
  }
}

/// Ranges of pages of one exported state of a real PostgreSQL server.
@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted)) struct PostgreSQLShardTests {
  @Test func `pages of a table in three shards give the models of one`() throws {
    let server = try ThrowawayPostgreSQL.shared.get()
    let url = server.url(try server.makeDatabase())
    let laboratory = try Laboratory()
    try laboratory.succeed("db", "init", "--source", url)
    try laboratory.succeed("generate", "--source", url, "--users", "80", "--days", "10")
    var digests: Set<String> = []
    for shards in ["1", "3"] {
      let ending = try laboratory.run([
        "fit", "--source", url, "--columns", "amount", "--detector",
        "{kind: isolation_forest, n_estimators: 10, contamination: 0.02}", "--engine", "local",
        "--shards", shards, "--out", "model-\(shards)", "--json",
      ])
      try #require(ending.exitCode == 0, "\(ending.errorOutput)")
      #expect(try ending.json()["lineage"]?["shards"]?.integerValue.map { String($0) } == shards)
      digests.insert(try ending.json()["digest"]?.stringValue ?? "none")
      #expect(!ending.output.contains(server.password))
      #expect(!ending.errorOutput.contains(server.password))
    }
    #expect(digests.count == 1)
    let wrong = try laboratory.run([
      "fit", "--source", url, "--columns", "no_such_column", "--engine", "local", "--out", "none",
    ])
    #expect(wrong.exitCode == 3, "\(wrong.errorOutput)")
    #expect(wrong.errorOutput.contains("shard 00000"))
  }
}
