import Files
import JSON
import PostgreSQL
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

  @Test(.timeLimit(.minutes(hangMinutes)))
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

  @Test(.timeLimit(.minutes(hangMinutes)))
  func `workers of Dask end with a driver that is killed`() throws {
    let laboratory = try ShardCommandTests.withFiles()
    let ending = try ShardFaultTests.killDriver(
      laboratory, engine: "dask", environment: Self.variables)
    #expect(ending == "ended\n")
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
    let database = try PostgreSQLConnection(url)
    try database.execute(
      """
      CREATE VIEW seen AS SELECT * FROM transactions;
      CREATE TABLE months (LIKE transactions) PARTITION BY RANGE (occurred_at);
      CREATE TABLE earlier PARTITION OF months FOR VALUES FROM (MINVALUE) TO ('2018-04-06');
      CREATE TABLE later PARTITION OF months FOR VALUES FROM ('2018-04-06') TO (MAXVALUE);
      INSERT INTO months SELECT * FROM transactions
      """)
    let ways = [
      ["--shards", "1"], ["--shards", "3"], ["--shards", "3", "--key-ranges"],
      ["--shards", "5", "--table", "seen"], ["--shards", "4", "--table", "months"],
      ["--shards", "2", "--query", "SELECT tx_id, amount FROM months -- all of them"],
    ]
    var digests: Set<String> = []
    for (number, way) in ways.enumerated() {
      let ending = try laboratory.run(
        [
          "fit", "--source", url, "--columns", "amount", "--detector",
          "{kind: isolation_forest, n_estimators: 10, contamination: 0.02}", "--engine", "local",
          "--out", "model-\(number)", "--json",
        ] + way)
      try #require(ending.exitCode == 0, "\(way): \(ending.errorOutput)")
      #expect(
        try ending.json()["lineage"]?["shards"]?.integerValue.map { String($0) } == way[1],
        "\(way)")
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

  @Test func `ranges of a key of any type hold every row once, and a row without one is refused`()
    throws
  {
    let server = try ThrowawayPostgreSQL.shared.get()
    let url = server.url(try server.makeDatabase())
    let database = try PostgreSQLConnection(url)
    let laboratory = try Laboratory()
    // Far apart, at both ends of the type, and few.
    try database.execute(
      #"""
      CREATE TABLE wide AS SELECT CASE WHEN n < 1000 THEN n ELSE n * 9000000000000000 END AS k, n * 0.5 AS v
        FROM generate_series(0, 1020) AS n UNION ALL SELECT '-9223372036854775808'::bigint, 1;
      CREATE VIEW wides AS SELECT * FROM wide;
      CREATE VIEW texts AS SELECT CASE WHEN k % 3 = 0 THEN E'\'\\' ELSE '' END || k AS k, v FROM wide;
      CREATE VIEW uuids AS SELECT md5(n::text)::uuid AS k, n * 0.5 AS v FROM generate_series(1, 500) AS n;
      CREATE VIEW holes AS SELECT NULLIF(k, 7) AS k, v FROM wide;
      CREATE VIEW nobody AS SELECT * FROM wide WHERE k IS NULL
      """#)
    func fit(_ table: String, _ shards: Int) throws -> Laboratory.Ending {
      try laboratory.run([
        "fit", "--source", url, "--table", table, "--columns", "v", "--key", "k", "--detector",
        "{kind: isolation_forest, n_estimators: 10, contamination: 0.02}", "--engine", "local",
        "--shards", "\(shards)", "--out", "\(table)-\(shards)", "--json",
      ])
    }
    for (table, rows) in [("wides", 1_022), ("texts", 1_022), ("uuids", 500)] {
      let one = try fit(table, 1)
      let five = try fit(table, 5)
      try #require(one.exitCode == 0 && five.exitCode == 0, "\(table): \(five.errorOutput)")
      #expect(try five.json()["rows"]?.integerValue == Int64(rows))
      #expect(try five.json()["lineage"]?["shards"] == 5, "\(table)")
      #expect(try five.json()["digest"] == one.json()["digest"], "\(table)")
    }
    let holes = try fit("holes", 4)
    #expect(holes.exitCode == 3, "\(holes.errorOutput)")
    #expect(holes.errorOutput.contains("shard 00003"))
    #expect(try fit("nobody", 4).exitCode != 0)
  }
}
