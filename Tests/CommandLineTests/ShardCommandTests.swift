import Files
import JSON
import Models
import SeriesStorage
import Support
import Testing
import Transactions

/// The same models from one worker, from shuffled shards and from a cluster's engine, by the real program.
@Suite struct ShardCommandTests {
  private static let detector =
    "{kind: isolation_forest, n_estimators: 25, contamination: 0.013, random_state: 3}"

  /// A laboratory with rows in one file and, shuffled, in seven.
  static func withFiles() throws -> Laboratory {
    let laboratory = try Laboratory()
    var lines: [String] = []
    for row in 0..<3_000 {
      let (a, b) = (row * 7_919 % 3_001, row * 104_729 % 2_999)
      lines.append("tx\(row),\(a),\(Double(b) / 8),\(a * b % 97)\n")
    }
    let header = "tx_id,a,b,c\n"
    try laboratory.write(header + lines.joined(), to: "all.csv")
    try FileSystem.createDirectory("\(laboratory.folder)/parts")
    for part in 0..<7 {
      let own = lines.indices.filter { $0 * 31 % 7 == part }.reversed().map { lines[$0] }
      try laboratory.write(header + own.joined(), to: "parts/\(part).csv")
    }
    return laboratory
  }

  static func fit(
    _ rows: String, _ laboratory: Laboratory, to model: String, _ more: [String] = [],
    environment: [String] = []
  ) throws -> Laboratory.Ending {
    try laboratory.run(
      ["fit", rows, "--key", "tx_id", "--detector", detector, "--out", model, "--json"] + more,
      environment: environment)
  }

  @Test func `one worker and seven shuffled shards give the same model and the same scores`() throws
  {
    let laboratory = try Self.withFiles()
    let one = try Self.fit("all.csv", laboratory, to: "one", ["--engine", "local"])
    try #require(one.exitCode == 0, "\(one.errorOutput)")
    let seven = try Self.fit("parts", laboratory, to: "seven", ["--engine", "local"])
    try #require(seven.exitCode == 0, "\(seven.errorOutput)")
    // That of every processor, compiler and version so far; see the fixture.
    let fixtures = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let recorded = try FileSystem.readText(
      "/\(fixtures)/Fixtures/isolation-forest/many-machines.sha256")
    #expect(try one.json()["digest"]?.stringValue.map { $0 + "\n" } == recorded)
    #expect(try one.json()["digest"] == seven.json()["digest"])
    #expect(try one.json()["threshold"] == seven.json()["threshold"])
    #expect(try seven.json()["lineage"]?["shards"] == 7)
    for (rows, file) in [("all.csv", "one.csv"), ("parts", "seven.csv")] {
      try laboratory.succeed(
        "score", "one", "--csv", rows, "--key", "tx_id", "--engine", "local", "--out", file)
    }
    #expect(
      try FileSystem.read("\(laboratory.folder)/one.csv")
        == FileSystem.read("\(laboratory.folder)/seven.csv"))
  }

  @Test func `training and series in shards give the versions of one process`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("pull")
    let trained = try laboratory.run(["train", "fraud", "--json"]).json()
    try laboratory.succeed("fit-series")
    let series = try laboratory.run([
      "fit-series", "--engine", "local", "--shards", "5", "--series-store", "sharded.sqlite",
      "--json",
    ])
    try #require(series.exitCode == 0, "\(series.errorOutput)")
    let clock: @Sendable () -> Timestamp = { Timestamp(seconds: 0) }
    let alone = try SeriesStore(at: "\(laboratory.folder)/var/series.sqlite", now: clock)
    let sharded = try SeriesStore(at: "\(laboratory.folder)/sharded.sqlite", now: clock)
    #expect(alone.seriesCount > 200)
    #expect(sharded.seriesIDs() == alone.seriesIDs())
    for id in alone.seriesIDs() {
      #expect(try sharded.version(of: id).model == alone.version(of: id).model)
    }
    #expect(try series.json()["lineage"]?["shards"] == 5)

    try FileSystem.removeTree("\(laboratory.folder)/artifacts")
    let ending = try laboratory.run([
      "train", "fraud", "--engine", "local", "--shards", "3", "--json",
    ])
    try #require(ending.exitCode == 0, "\(ending.errorOutput)")
    func digests(_ document: JSONValue) -> [JSONValue?] {
      document.arrayValue?.map { $0["digest"] } ?? []
    }
    #expect(try digests(ending.json()) == digests(trained))
    let shown = try laboratory.run(["models", "show", "fraud/1", "--json"]).json()
    let tags = shown["version"]?["tags"]
    #expect(tags?["engine"] == "local")
    #expect(tags?["shards"] == "3")
    #expect(tags?["shard_retries"] == "0")
  }

  @Test func `a weekly run with an engine registers the versions of one without`() throws {
    let clock: @Sendable () -> Timestamp = { Timestamp(seconds: 0) }
    func run(_ more: String) throws -> (
      versions: [String: [UInt8]], series: [ThreeSigmaModel], summaries: String
    ) {
      let laboratory = try Laboratory.withTransactions()
      try laboratory.write(
        Laboratory.configuration + "\njob: {series: {by: merchant}}\n" + more, to: "anomalyze.yaml")
      let record = try laboratory.run(["retrain", "--json"]).json()["run"]
      var versions: [String: [UInt8]] = [:]
      for (path, bytes) in try laboratory.contents(of: "artifacts/models/fraud") {
        versions[String(path.dropFirst(laboratory.folder.utf8.count))] = bytes
      }
      let store = try SeriesStore(at: "\(laboratory.folder)/var/series.sqlite", now: clock)
      let stages = record?["stages"]?.arrayValue ?? []
      return (
        versions, try store.seriesIDs().map { try store.version(of: $0).model },
        stages.compactMap { $0["summary"]?.stringValue }.joined(separator: "\n")
      )
    }
    let alone = try run("")
    let sharded = try run("engine: {name: local, shards: 3, workers: 2}\n")
    #expect(alone.versions.count > 20)
    #expect(sharded.versions == alone.versions)
    #expect(alone.series.count > 50)
    #expect(sharded.series == alone.series)
    #expect(!alone.summaries.contains("shards by"))
    #expect(sharded.summaries.ranges(of: "3 shards by local, 0 retries").count == 2)
  }

  @Test func `a shard that cannot be read ends the run with code 4 and its name`() throws {
    let laboratory = try Self.withFiles()
    try laboratory.shell("rm parts/4.csv && mkdir parts/4.csv")
    let ending = try Self.fit("parts", laboratory, to: "model", ["--engine", "local"])
    #expect(ending.exitCode == 4, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("shard 00004"))
    #expect(!FileSystem.exists("\(laboratory.folder)/model"))
  }

  @Test func `a worker of another version is refused`() throws {
    let laboratory = try Self.withFiles()
    try laboratory.write("#!/bin/sh\necho anomalyze 0.0.9\n", to: "old")
    try laboratory.shell("chmod +x old")
    let ending = try Self.fit(
      "parts", laboratory, to: "model",
      ["--engine", "local", "--worker", "\(laboratory.folder)/old"])
    #expect(ending.exitCode == 2, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("0.0.9"))
  }

  @Test func `a worker that is killed is started again`() throws {
    let laboratory = try Self.withFiles()
    let program = try Laboratory.program("anomalyze")
    // The first worker of every shard but one dies by SIGKILL before it is done.
    try laboratory.write(
      """
      #!/bin/sh
      if [ "$1" = shard ] && mkdir "$PWD/killed-$2-$(cat >input-$$; sed 's/[^0-9]//g' input-$$)" 2>/dev/null
      then kill -9 $$
      fi
      exec '\(program)' "$@" <input-$$
      """, to: "fragile")
    try laboratory.write(
      "#!/bin/sh\n[ \"$1\" = --version ] && exec '\(program)' --version\nexec ./fragile \"$@\"\n",
      to: "worker")
    try laboratory.shell("chmod +x fragile worker")
    let expected = try Self.fit("all.csv", laboratory, to: "one", ["--engine", "local"])
    let ending = try Self.fit(
      "parts", laboratory, to: "model",
      ["--engine", "local", "--worker", "\(laboratory.folder)/worker"])
    try #require(ending.exitCode == 0, "\(ending.errorOutput)")
    #expect(try ending.json()["digest"] == expected.json()["digest"])
    #expect(try ending.json()["lineage"]?["retries"] == 14)
  }

  @Test func `merge joins files of results and refuses altered ones`() throws {
    let laboratory = try Self.withFiles()
    try laboratory.write(
      """
      {"format": "anomalyze-shard-plan/1", "columns": ["a", "b"], "key": "tx_id",
       "sample": {"seed": "3", "capacity": 100}}
      """, to: "plan.json")
    try FileSystem.createDirectory("\(laboratory.folder)/results")
    for part in 0..<7 {
      try laboratory.write(
        #"{"name": "\#(part)", "csv": "parts/\#(part).csv"}"#, to: "shard-\(part).json")
      try laboratory.succeed(
        "shard", "sample", "--plan", "plan.json", "--shard", "shard-\(part).json", "--out",
        "results/\(part)")
    }
    try laboratory.succeed("merge", "results", "--out", "all")
    try laboratory.succeed("merge", "results/6", "results/2", "--out", "some")
    for part in [0, 5, 1, 4, 3] {
      try laboratory.succeed("merge", "results/\(part)", "some", "--out", "some")
    }
    #expect(
      try FileSystem.read("\(laboratory.folder)/all")
        == FileSystem.read("\(laboratory.folder)/some"))
    let twice = try laboratory.run(["merge", "all", "results/3", "--out", "twice"])
    #expect(twice.exitCode == 2)
    #expect(twice.errorOutput.contains("shard 3"))
    try laboratory.shell("printf x >> results/3")
    #expect(try laboratory.run(["merge", "results", "--out", "bad"]).exitCode == 7)
  }
}
