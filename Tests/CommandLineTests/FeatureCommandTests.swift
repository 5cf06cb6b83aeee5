import Files
import JSON
import Testing

@Suite struct FeatureCommandTests {
  @Test func `features are checked, the report has a canary, and a state is made again`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("pull")
    let findings = try laboratory.run(["features", "check", "--rows", "3000", "--json"]).json()
    #expect(findings.arrayValue?.count == 4)
    for finding in findings.arrayValue ?? [] {
      #expect(finding["differing"] == 0, "\(finding)")
      #expect((finding["rows"]?.integerValue ?? 0) >= 3_000)
    }
    #expect(try laboratory.succeed("features", "list").contains("user_log_z_score_history"))

    try laboratory.succeed("train", "fraud")
    let folder = "\(laboratory.folder)/artifacts/models/fraud/1"
    let metrics = try JSONValue(parsing: FileSystem.read("\(folder)/metrics.json"))
    let canary = try #require(metrics["leak_canary"])
    #expect(
      canary["average_precision"] == metrics["headline"]?["average_precision"]?["value"] ?? .null)
    #expect(canary["jump"]?.doubleValue != nil)
    #expect(try FileSystem.readText("\(folder)/report.md").contains("## Leak canary"))

    let state = try laboratory.run([
      "features", "state", "fraud/1", "--json", "--out", "state.safetensors",
    ])
    #expect(try state.json()["as_registered"] == true)
    #expect(
      try FileSystem.read("\(laboratory.folder)/state.safetensors")
        == FileSystem.read("\(folder)/feature-state.safetensors"))
  }
}
