import JSON
import Testing

/// How a run tells people, by the real program.
@Suite struct NotificationTests {
  /// Nobody listens on these ports of the loopback interface.
  private static let ways = [
    "webhook: {url: \"http://127.0.0.1:9/hook\", secret_file: key}",
    """
    email: {server: "smtp://127.0.0.1:9", from: lab@example.org, to: [team@example.org],
          tls: false}
    """,
    "command: [/bin/false]",
  ]

  @Test func `a run that can tell nobody has done its work and ends with code 9`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.write("secret", to: "key")
    for (index, way) in Self.ways.enumerated() {
      try laboratory.write(
        Laboratory.configuration.replacing("random_state: 7", with: "random_state: \(index)")
          .replacing("not_worse_than_champion: 0.01", with: "at_least: 0")
          + "\njob:\n  notify:\n    on: [promoted, unchanged]\n    \(way)\n", to: "anomalyze.yaml")
      let ending = try laboratory.run(["retrain", "--json"])
      #expect(ending.exitCode == 9, "\(way): \(ending.errorOutput)")
      #expect(ending.errorOutput.contains("nobody could be told by"))
      let stages = try ending.json()["run"]?["stages"]?.arrayValue?.compactMap {
        $0["stage"]?.stringValue
      }
      #expect(stages?.suffix(2) == ["promote", "notify"])
      #expect(try laboratory.run(["models", "show", "fraud@champion"]).exitCode == 0)
    }
  }

  @Test func `a run that finds too little room is written down and told, and ends with code 7`()
    throws
  {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.write(
      Laboratory.configuration + """

        job:
          free_disk_mib: 1000000000
          runs: var/runs
          notify: {on: [failed], command: [/bin/cp, /dev/stdin, told.json]}
        """, to: "anomalyze.yaml")
    let ending = try laboratory.run(["retrain"])
    #expect(ending.exitCode == 7)
    #expect(ending.errorOutput.contains("job.free_disk_mib"), "\(ending.errorOutput)")
    let records = try laboratory.contents(of: "var/runs").filter { $0.key.hasSuffix(".json") }
    let record = try JSONValue(parsing: #require(records.values.first))
    #expect(records.count == 1 && record["status"]?.stringValue == "failed")
    let reason = try #require(record["failure"]?.stringValue)
    #expect(reason.contains("job.free_disk_mib"))
    let told = try laboratory.contents(of: ".").first { $0.key.hasSuffix("/told.json") }
    let message = try JSONValue(parsing: #require(told?.value))
    #expect(message.text().contains("job.free_disk_mib"))
    #expect(try laboratory.contents(of: "artifacts").keys.allSatisfy { !$0.contains("/v") })

    // Room was made: the next run does its work.
    try laboratory.write(Laboratory.configuration, to: "anomalyze.yaml")
    #expect(try laboratory.run(["retrain"]).exitCode == 0)
  }
}
