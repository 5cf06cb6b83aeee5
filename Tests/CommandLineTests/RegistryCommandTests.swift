import Files
import JSON
import Testing

/// The life of versions on the command line: vouching, finding, comparing, retiring, proving.
@Suite struct RegistryCommandTests {
  /// A laboratory whose model `fraud` has two versions and no champion.
  private func trained() throws -> Laboratory {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("pull")
    try laboratory.succeed("train")
    return laboratory
  }

  private func promotion(_ gates: String) -> String {
    Laboratory.configuration.replacing(
      "- {metric: headline.average_precision.value, not_worse_than_champion: 0.01}", with: gates)
  }

  @Test func `approvals, signatures and the age of data are gates`() throws {
    let laboratory = try trained()
    try laboratory.write(
      promotion(
        """
        - {approvals: 1}
            - {check: golden}
            - {metric: facts.data.last_time, not_older_than: 3650d}
            - {metric: facts.data.null_share.user_id, at_most: 0}
            - {metric: facts.scoring.model_bytes, at_most: 10000000}
            - {metric: facts.drift.largest_psi, at_most: 100}
        """) + "\nsignatures: {public_key: release.pub.pem, required: true}\n",
      to: "anomalyze.yaml")
    for command in [
      "openssl ecparam -name prime256v1 -genkey -noout -out release.pem",
      "openssl ec -in release.pem -pubout -out release.pub.pem",
    ] { try laboratory.shell(command) }

    let refused = try laboratory.run(["promote", "fraud", "--version", "1", "--json"])
    #expect(refused.exitCode == 5, "\(refused.errorOutput)")
    let verdicts = try refused.json()["decision"]?["gates"]?.arrayValue?.map {
      ($0["gate"]?.stringValue ?? "", $0["verdict"]?.stringValue ?? "")
    }
    let refusals = (verdicts ?? []).filter { $0.1 == "refused" }.map(\.0)
    #expect(refusals == ["approvals", "signature"])
    #expect(verdicts?.count == 7)

    try laboratory.succeed("approve", "fraud/1", "--comment", "mine")
    let alone = try laboratory.run(["promote", "fraud", "--version", "1"])
    #expect(alone.exitCode == 5 && alone.output.contains("cannot approve it alone"))
    try laboratory.succeed("approve", "fraud/1", "--by", "risk-officer", "--comment", "report read")
    try laboratory.succeed("sign", "fraud/1", "--key", "release.pem")
    try laboratory.succeed("promote", "fraud", "--version", "1")
    try laboratory.succeed("registry", "verify")

    try laboratory.succeed("promote", "fraud", "--version", "2", "--force", "--reason", "drill")
    let unsigned = try laboratory.run(["registry", "verify"])
    #expect(unsigned.exitCode == 7 && unsigned.errorOutput.contains("it is not signed"))
    let shown = try laboratory.succeed("models", "show", "fraud/1")
    #expect(shown.contains("by risk-officer, tester"), "\(shown)")
  }

  @Test func `moves are conditional, listed, dated and provable`() throws {
    let laboratory = try trained()
    try laboratory.succeed("promote", "fraud", "--version", "1", "--expect", "0")
    let late = try laboratory.run([
      "promote", "fraud", "--version", "2", "--expect", "0", "--force", "--reason", "late",
    ])
    #expect(late.exitCode == 6, "\(late.errorOutput)")
    #expect(late.errorOutput.contains("repeat with --expect"))

    let now = try laboratory.run(["history", "fraud", "--at", "2999-01-01", "--json"]).json()
    #expect(now["version"] == 1)
    let before = try laboratory.run(["history", "fraud", "--at", "2000-01-01", "--json"]).json()
    #expect(before["version"] == .null)
    #expect(try laboratory.succeed("history", "fraud").contains("tester"))
    #expect(try laboratory.run(["history", "fraud", "--at", "yesterday"]).exitCode == 2)

    try laboratory.succeed("audit", "export", "audit.jsonl")
    try laboratory.succeed("audit", "verify")
    let head = try laboratory.run(["audit", "verify", "--file", "audit.jsonl", "--json"]).json()
    #expect(head["rows"] == 3)
    let path = laboratory.folder + "/audit.jsonl"
    let altered = try FileSystem.readText(path).replacing(
      "tester", with: "nobody", maxReplacements: 1)
    try laboratory.write(altered, to: "audit.jsonl")
    let broken = try laboratory.run(["audit", "verify", "--file", "audit.jsonl"])
    #expect(broken.exitCode == 7 && broken.errorOutput.contains("row 1"), "\(broken.errorOutput)")
  }

  @Test func `versions are found, compared, described and retired`() throws {
    let laboratory = try trained()
    try laboratory.succeed("models", "tag", "fraud/2", "--set", "team=risk,season=spring")
    try laboratory.succeed("models", "describe", "fraud/2", "after the Migration")
    let found = try laboratory.run([
      "models", "search", "migration", "--tag", "team=risk", "--metric", "average_precision>=0.0",
      "--json",
    ]).json()
    #expect(found.arrayValue?.map { $0["version"] } == [2])
    #expect(
      try laboratory.run(["models", "search", "--metric", "average_precision>=1.1", "--json"])
        .json() == [])
    #expect(try laboratory.run(["models", "search", "--tag", "team"]).exitCode == 2)
    #expect(try laboratory.run(["models", "tag", "fraud/2", "--remove", "none"]).exitCode == 2)

    let difference = try laboratory.run(["models", "diff", "fraud/1", "fraud/2", "--json"]).json()
    let paths = difference["changes"]?.arrayValue?.compactMap { $0["path"]?.stringValue } ?? []
    #expect(paths.contains("detector.kind"), "\(paths.prefix(20))")
    #expect(paths.contains("headline.average_precision.value"))

    let plan = try laboratory.run(["gc", "fraud", "--keep", "1", "--keep-aliased", "--dry-run"])
    #expect(plan.output.contains("would remove 1"), "\(plan.output)\(plan.errorOutput)")
    try laboratory.succeed("promote", "fraud", "--version", "1")
    let kept = try laboratory.succeed("gc", "fraud", "--keep", "1")
    #expect(kept.contains("keeps 1: the alias champion"), "\(kept)")
    let list = try laboratory.run(["models", "list", "fraud", "--newest", "1", "--json"]).json()
    #expect(list.arrayValue?.first?["versions"]?.arrayValue?.count == 1)
  }

  @Test func `a version is made again byte for byte, whatever the configuration says now`() throws {
    let laboratory = try trained()
    try laboratory.write(
      Laboratory.configuration.replacing("n_estimators: 20", with: "n_estimators: 5")
        .replacing("features: [log_amount, night,", with: "features: [log_amount,"),
      to: "anomalyze.yaml")
    for version in ["fraud/1", "fraud/2"] {
      let ending = try laboratory.run(["reproduce", version, "--json"])
      #expect(ending.exitCode == 0, "\(ending.errorOutput) \(ending.output)")
      #expect(try ending.json()["reproduced"] == true)
    }
    // A version that says it was trained otherwise than it was does not come out again.
    let export = try laboratory.run(["models", "show", "fraud/1", "--json"]).json()
    #expect(export["lineage"]?["judging"]?["rivals"]?.arrayValue?.count == 2)
  }
}
