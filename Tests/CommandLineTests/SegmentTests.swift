import Files
import JSON
import Testing

/// Models of parts of the transactions, each with columns and gates of its own, by the real program.
@Suite struct SegmentTests {
  private static let configuration = """
    features: [log_amount, {kind: count, entity: user, window: 1h},
      {kind: z_score, of: log_amount, entity: user, window: history}]
    models:
      - name: all
        detectors: [{kind: gaussian}]
      - name: online
        segment: {channel: [online]}
        features: [log_amount, {kind: count, entity: user, windows: [1h, 7d]}]
        promotion: {gates: [{metric: headline.average_precision.value, at_least: 0.999}]}
        detectors: [{kind: isolation_forest, n_estimators: 20, random_state: 7}]
    evaluation: {training: 14d, training_rows: 300, delay: 3d, validation: 3d, test: 10d}
    promotion: {gates: [{metric: headline.average_precision.value, at_least: 0}]}
    """

  @Test func `a model of a segment trains, is judged and is gated by itself`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.write(Self.configuration, to: "anomalyze.yaml")
    let run = try laboratory.run(["retrain", "--json"])
    #expect(run.exitCode == 5, "\(run.errorOutput)")
    let actions = try run.json()["models"]?.arrayValue?.compactMap { $0["action"]?.stringValue }
    #expect(actions == ["promoted", "refused"])

    func file(_ model: String, _ name: String) throws -> JSONValue {
      try JSONValue(
        parsing: FileSystem.read("\(laboratory.folder)/artifacts/models/\(model)/1/\(name)"))
    }
    #expect(try file("all", "lineage.json")["segment"] == nil)
    #expect(try file("online", "lineage.json")["segment"] == ["channel": ["online"]])
    let rows = try ["all", "online"].map { name in
      try #require(file(name, "metrics.json")["rows"]?["count"]?.integerValue)
    }
    #expect(rows[1] > 50 && rows[1] < rows[0] / 2, "\(rows)")

    let evaluated = try laboratory.run(["evaluate", "online/1", "--json"]).json()
    #expect(evaluated["rows"]?["count"]?.integerValue == Int64(rows[1]))
    let again = try laboratory.run(["reproduce", "online/1", "--json"])
    #expect(again.exitCode == 0, "\(again.output)\(again.errorOutput)")
  }

  @Test func `shards choose the rows that one process chooses`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.write(Self.configuration, to: "anomalyze.yaml")
    try laboratory.succeed("pull")
    let alone = try laboratory.run(["train", "online", "--json"]).json()
    try FileSystem.removeTree("\(laboratory.folder)/artifacts")
    let shards = ["--engine", "local", "--shards", "4"]
    let sharded = try laboratory.run(["train", "online", "--json"] + shards)
    try #require(sharded.exitCode == 0, "\(sharded.errorOutput)")
    let digests = try [alone, sharded.json()].map { $0.arrayValue?.first?["digest"]?.stringValue }
    #expect(digests[0] != nil)
    #expect(digests[0] == digests[1])
  }

  @Test func `the job fits the series too, and only what changed makes a version`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.write(
      Laboratory.configuration + "\njob: {series: {by: terminal, method: robust}}\n",
      to: "anomalyze.yaml")
    func series(of arguments: [String]) throws -> String? {
      let run = try laboratory.run(["retrain", "--json"] + arguments).json()["run"]
      return run?["stages"]?.arrayValue?.first { $0["stage"] == "series" }?["summary"]?.stringValue
    }
    let first = try #require(try series(of: []))
    #expect(!first.contains(" 0 new versions") && first.contains(" 0 as before"), "\(first)")
    let second = try #require(try series(of: []))
    #expect(second.contains(" 0 new versions") && !second.contains(" 0 as before"), "\(second)")
    #expect(try series(of: ["--dry-run"]) == nil)

    try laboratory.write(
      Laboratory.configuration + "\njob: {series: {by: planet}}\n", to: "anomalyze.yaml")
    let wrong = try laboratory.run(["config", "check"])
    #expect(wrong.exitCode == 2 && wrong.errorOutput.contains("job.series.by"))
  }

  @Test func `a segment of no column is refused with its place`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.write(
      Self.configuration.replacing("{channel: [online]}", with: "{chanel: online}"),
      to: "anomalyze.yaml")
    let ending = try laboratory.run(["config", "check"])
    #expect(ending.exitCode == 2)
    #expect(ending.errorOutput.contains("models[1].segment"), "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("merchant_category"))
  }
}
