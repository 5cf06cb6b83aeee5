import Files
import Glibc
import HTTPTestKit
import Testing

/// The weekly job beside the real server.
@Suite struct ServerCheckTests {
  private static func configuration(port: UInt16) -> String {
    Laboratory.configuration + "\njob: {server: {url: \"http://127.0.0.1:\(port)\", wait: 5s}}\n"
  }

  @Test func `a promotion counts when the server answers with it, and goes back when it is away`()
    throws
  {
    let laboratory = try Laboratory.withTransactions()
    let server = try RunningServer([
      "--port", "0", "--registry", "\(laboratory.folder)/artifacts",
      "--series-store", "\(laboratory.folder)/series.sqlite",
    ])
    defer { server.send(SIGKILL) }
    try laboratory.write(Self.configuration(port: server.port), to: "anomalyze.yaml")
    let first = try laboratory.run(["retrain"])
    #expect(first.exitCode == 0, "\(first.errorOutput)")
    #expect(first.output.contains("the server answers with fraud/"))
    // Another seed makes a version that is promoted, but nobody listens at the other address.
    try laboratory.write(
      Self.configuration(port: 9).replacing("random_state: 7", with: "random_state: 8")
        .replacing("wait: 5s", with: "wait: 1s")
        .replacing("not_worse_than_champion: 0.01", with: "at_least: 0"), to: "anomalyze.yaml")
    let before = try laboratory.champion()
    let second = try laboratory.run(["retrain"])
    #expect(second.exitCode == 7, "\(second.output)\(second.errorOutput)")
    #expect(second.errorOutput.contains("no answer from 127.0.0.1:9"))
    #expect(try laboratory.champion() == before)
  }
}

extension Laboratory {
  fileprivate func champion() throws -> String {
    try FileSystem.symbolicLinkTarget("\(folder)/artifacts/models/fraud/aliases/champion") ?? ""
  }
}
