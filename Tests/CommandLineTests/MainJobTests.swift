import Files
import JSON
import Testing

/// From transactions to a champion, through the real program.
@Suite struct MainJobTests {
  @Test func `retraining ends with a champion, and a rerun changes nothing`() throws {
    let laboratory = try Laboratory.withTransactions()
    let first = try laboratory.run(["retrain", "--json"])
    try #require(first.exitCode == 0, "\(first.errorOutput)")
    let model = try #require(first.json()["models"]?.arrayValue?.first)
    #expect(model["action"]?.stringValue == "promoted")
    #expect(model["versions"]?.arrayValue?.count == 2)

    let before = try laboratory.contents(of: "artifacts/models")
    let second = try laboratory.run(["retrain", "--json"])
    #expect(try second.json()["models"]?.arrayValue?.first?["action"]?.stringValue == "unchanged")
    #expect(try laboratory.contents(of: "artifacts/models") == before)
    #expect(try laboratory.succeed("registry", "verify").contains("2 versions"))
  }

  @Test func `retraining tells which columns are of little use, as training does`() throws {
    let laboratory = try Laboratory.withTransactions()
    let retrained = try laboratory.succeed("retrain", "--dry-run")
    // A device is new once for each user.
    #expect(retrained.contains("fraud warning: column user_new_device has one value in 98."))
    let trained = try Laboratory.withTransactions()
    try trained.succeed("pull")
    let ending = try trained.run(["train", "fraud"])
    #expect(ending.errorOutput.contains("warning: column user_new_device has one value in 98."))
  }

  @Test func `the stages one by one give the same versions as the job`() throws {
    let job = try Laboratory.withTransactions()
    try job.succeed("retrain")
    let stages = try Laboratory.withTransactions()
    try stages.succeed("db", "init")
    try stages.succeed("pull")
    try stages.succeed("train", "fraud", "--threads", "1")
    func files(_ laboratory: Laboratory) throws -> [String: [UInt8]] {
      let folder = "artifacts/models/fraud/1"
      let prefix = "\(laboratory.folder)/\(folder)/"
      return Dictionary(
        uniqueKeysWithValues: try laboratory.contents(of: folder).map {
          (String($0.key.dropFirst(prefix.count)), $0.value)
        })
    }
    let (expected, found) = (try files(job), try files(stages))
    #expect(expected.keys.sorted() == found.keys.sorted())
    for (path, bytes) in expected { #expect(found[path] == bytes, "\(path) differs") }
  }

  @Test func `a version has model, report, figures, lineage and checksums`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("retrain")
    let names = try FileSystem.contents(
      ofDirectory: laboratory.folder + "/artifacts/models/fraud/1")
    for name in [
      "SHA256SUMS", "golden.json", "lineage.json", "metrics.json", "model.json",
      "model.safetensors", "plots", "report.html", "report.md",
    ] {
      #expect(names.contains(name))
    }
    let shown = try laboratory.run(["models", "show", "fraud/1", "--json"]).json()
    #expect(shown["lineage"]?["snapshot"]?.stringValue?.count == 64)
    #expect(shown["metrics"]?["headline"]?["average_precision"]?["value"]?.doubleValue != nil)
  }

  @Test func `a worse challenger is refused, force needs a reason, rollback goes back`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("retrain")
    let status = try laboratory.run(["status", "--json"]).json()
    let champion = try #require(
      status["models"]?.arrayValue?.first?["champion"]?["version"]?.integerValue)
    // Trees of two or three rows cannot find what the champion finds.
    try laboratory.write(
      Laboratory.configuration.replacing(
        "kind: gaussian", with: "kind: isolation_forest, n_estimators: 1, max_samples: 2"
      )
      .replacing("n_estimators: 20", with: "n_estimators: 1, max_samples: 3"), to: "anomalyze.yaml")
    try laboratory.succeed("train", "fraud")
    let promotion = ["promote", "fraud", "--version", "3"]
    let refused = try laboratory.run(promotion)
    #expect(refused.exitCode == 5, "\(refused.output)\(refused.errorOutput)")
    #expect(refused.output.contains("refused"))
    #expect(try laboratory.run(promotion + ["--force"]).exitCode == 2)
    #expect(try laboratory.run(promotion + ["--force", "--reason", "drill"]).exitCode == 0)
    #expect(try laboratory.succeed("audit", "show", "fraud").contains("drill"))
    #expect(
      try laboratory.succeed("rollback", "fraud", "--reason", "drill is over")
        .contains("version \(champion) again"))
    #expect(try laboratory.run(["promote", "fraud", "--version", String(champion)]).exitCode == 0)
  }

  @Test func `evaluate writes a report and holds a requirement`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("retrain")
    let met = try laboratory.run([
      "evaluate", "fraud@champion", "--require", "ap>=0", "--out", "here",
    ])
    #expect(met.exitCode == 0, "\(met.errorOutput)")
    #expect(FileSystem.exists(laboratory.folder + "/here/report.html"))
    #expect(try laboratory.run(["evaluate", "fraud", "--require", "ap>=0.999"]).exitCode == 5)
    let quick = try laboratory.run(["evaluate", "fraud", "--intervals", "closed_form", "--json"])
    #expect(try quick.json()["settings"]?["intervals"] == "closed_form")
    #expect(quick.output.contains("--intervals closed_form"), "how to reproduce")
    #expect(try laboratory.run(["evaluate", "fraud", "--intervals", "t"]).exitCode == 2)
  }

  @Test func `a CSV file and the store give the same snapshot`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed(
      "generate", "--users", "250", "--days", "36", "--seed", "11", "--difficulty", "0", "--csv",
      "t.csv.gz")
    let stored = try laboratory.run(["pull", "--json"]).json()
    let read = try laboratory.run(["pull", "--csv", "t.csv.gz", "--json"]).json()
    #expect(stored["digest"]?.stringValue?.count == 64)
    #expect(stored["digest"] == read["digest"])
    try laboratory.succeed("import", "t.csv.gz")
    #expect(try laboratory.run(["pull", "--json"]).json()["digest"] == stored["digest"])
  }
}
