import Files
import JSON
import Terminal
import Tabular
import Testing

/// SIGKILL at any moment leaves a registry that opens and shows the last good state, and the next run completes the job.
@Suite struct KillTests {
  @Test func `a retraining that was killed is completed by the next`() throws {
    let undisturbed = try Laboratory.withTransactions()
    try undisturbed.succeed("retrain")
    let expected = try undisturbed.contents(of: "artifacts/models/fraud/1")

    let laboratory = try Laboratory.withTransactions()
    for delay in [0.02, 0.1, 0.25, 0.5, 0.9, 1.4, 2.0] {
      try laboratory.run(["retrain"], killedAfter: delay)
      if FileSystem.exists(laboratory.folder + "/artifacts/catalogue.sqlite") {
        #expect(try laboratory.run(["registry", "verify"]).exitCode == 0, "after \(delay) s")
      }
    }
    try laboratory.succeed("retrain")
    let found = try laboratory.contents(of: "artifacts/models/fraud/1")
    #expect(found.count == expected.count)
    for (path, bytes) in expected {
      let twin = path.replacing(undisturbed.folder, with: laboratory.folder)
      #expect(found[twin] == bytes, "\(path) differs")
    }
  }

  /// `ANOMALYZE_SOAK` raises the number of kills: `make test-kills`.
  @Test func `a whole run killed at any moment is completed bit for bit`() throws {
    let laboratory = try Laboratory.withTransactions()
    let clock = ContinuousClock()
    let start = clock.now
    try laboratory.succeed("retrain")
    // A guess: the machine may be busy now and idle later.
    var duration = (clock.now - start) / .seconds(1)
    let expected = try laboratory.contents(of: "artifacts/models")
    #expect(expected.count > 20)

    let count = Terminal.environment("ANOMALYZE_SOAK").flatMap { Int($0) } ?? 2
    var generator = SeededGenerator(seed: 20_261_122)
    var killedCount = 0
    var round = 0
    while round < count || killedCount == 0 && round < 20 {
      defer { round += 1 }
      try laboratory.shell("chmod -R u+w artifacts var; rm -rf artifacts var/snapshots var/runs")
      let delay = duration * 1.05 * generator.uniform()
      let ending = try laboratory.run(["retrain"], killedAfter: delay)
      if ending.exitCode != 0 || ending.signal != 0 {
        killedCount += 1
      } else if killedCount == 0 {
        duration *= 0.7
      }
      try laboratory.succeed("retrain")
      let found = try laboratory.contents(of: "artifacts/models")
      #expect(found == expected, "round \(round), killed after \(delay) s")
      let runs = try laboratory.run(["status", "--json"]).json()["runs"]?.arrayValue
      #expect(runs?.first?["status"]?.stringValue != "running", "round \(round)")
    }
    #expect(killedCount > 0)
  }

  @Test func `a promotion that was killed moved the alias or did not`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("retrain")
    for round in 0..<12 {
      let target = round % 2 + 1
      try laboratory.run(
        ["promote", "fraud", "--version", String(target), "--force", "--reason", "drill \(round)"],
        killedAfter: 0.01 + 0.12 * Double(round))
      let shown = try laboratory.run(["models", "show", "fraud@champion", "--json"])
      #expect(shown.exitCode == 0, "\(shown.errorOutput)")
      let link = try FileSystem.symbolicLinkTarget(
        laboratory.folder + "/artifacts/models/fraud/aliases/champion")
      #expect(link == "../1" || link == "../2")
      #expect(try laboratory.run(["audit", "verify"]).exitCode == 0)
    }
    #expect(try laboratory.run(["registry", "verify"]).exitCode == 0)
  }
}
