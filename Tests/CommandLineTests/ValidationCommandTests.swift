import JSON
import Testing

@Suite struct ValidationCommandTests {
  private func demand(_ validation: String, of laboratory: Laboratory) throws {
    try laboratory.write(
      Laboratory.configuration + "\nvalidation: \(validation)\n", to: "anomalyze.yaml")
  }

  @Test func `data that fails an expectation stops every run before anything is trained`() throws {
    let laboratory = try Laboratory.withTransactions()
    try demand("[standard, {check: fraud_rate, max: 0}]", of: laboratory)
    for command in [["pull"], ["snapshots", "validate"], ["train", "fraud"], ["retrain"]] {
      let ending = try laboratory.run(command)
      #expect(ending.exitCode == 3, "\(command): \(ending.errorOutput)")
      if command[0] != "snapshots" {
        #expect(ending.errorOutput.contains("labels are fraud (at most 0)"))
      }
    }
    #expect(try laboratory.run(["models", "list", "--json"]).json() == [])

    try demand("[standard, {check: fraud_rate, max: 0, severity: warning}]", of: laboratory)
    let ending = try laboratory.run(["pull"])
    #expect(ending.exitCode == 0)
    #expect(ending.errorOutput.hasPrefix("warning: "))
    let findings = try laboratory.run(["snapshots", "validate", "--json"]).json()
    #expect(findings["passed"] == true)
    #expect(findings["findings"]?.arrayValue?.count == 6)
  }

  @Test func `snapshots are shown, compared and removed`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("pull")
    let older = try laboratory.run(["snapshots", "show", "--json"]).json()
    try laboratory.succeed(
      "generate", "--users", "250", "--days", "37", "--seed", "11", "--difficulty", "0")
    try laboratory.succeed("pull")
    let digest = try #require(older["digest"]?.stringValue)
    let shown = try laboratory.succeed("snapshots", "show", String(digest.prefix(10)))
    #expect(shown.contains(digest))
    let newer = try laboratory.run(["snapshots", "show", "--json"]).json()
    let difference = try laboratory.run(["snapshots", "diff", digest, "--json"]).json()
    let counts = difference["difference"]
    #expect((counts?["added"]?.integerValue ?? 0) > 0)
    let kept = ["unchanged", "relabelled", "changed", "removed"].reduce(Int64(0)) {
      $0 + (counts?[$1]?.integerValue ?? 0)
    }
    #expect(kept == older["rows"]?.integerValue)
    #expect(newer["digest"] != older["digest"])

    let plan = try laboratory.succeed("snapshots", "gc", "--keep", "1", "--dry-run")
    #expect(plan == "would remove \(digest)\n")
    #expect(try laboratory.succeed("snapshots", "gc", "--keep", "1") == "removed \(digest)\n")
    #expect(try laboratory.succeed("snapshots", "gc", "--keep", "1") == "nothing to remove\n")
    #expect(try laboratory.run(["snapshots", "show", digest]).exitCode == 2)
  }
}
