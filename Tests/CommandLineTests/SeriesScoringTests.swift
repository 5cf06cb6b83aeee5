import Files
import JSON
import Testing

@Suite struct SeriesScoringTests {
  /// 1,500 minutes of a saw, with a step at minute 1,200.
  private func readings() throws -> Laboratory {
    let laboratory = try Laboratory()
    var text = "timestamp,value\n"
    for minute in 0..<1_500 {
      text += "\(1_700_000_000 + minute * 60),\((minute >= 1_200 ? 50 : 0) + minute * 7 % 13)\n"
    }
    try laboratory.write(text, to: "readings.csv")
    return laboratory
  }

  @Test func `the adaptive detector gives point scores, episode scores, one alert, and a drawing`()
    throws
  {
    let laboratory = try readings()
    let arguments = ["score-series", "--csv", "readings.csv", "--series", "saw", "--json"]
    let ending = try laboratory.run(arguments + ["--output", "scores.csv", "--plot", "saw.svg"])
    try #require(ending.exitCode == 0, "\(ending.errorOutput)")
    let summary = try ending.json()
    #expect(summary["points"]?.integerValue == 1_500)
    let lines = try FileSystem.readText("\(laboratory.folder)/scores.csv").split(separator: "\n")
    #expect(lines.count == 1_501)
    #expect(
      lines[0]
        == "series_id,time,value,score,probability,flagged,episode_score,expected,lower,upper")
    let rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let flagged = rows.indices.filter { rows[$0][5] == "true" }
    #expect(Int64(flagged.count) == summary["alerts"]?.integerValue)
    #expect(flagged.contains { (1_200..<1_230).contains($0) }, "\(flagged)")
    #expect(flagged.allSatisfy { $0 >= 1_200 }, "\(flagged)")
    let shapes = rows.map { Double($0[6]) ?? .nan }
    #expect((shapes[1_200..<1_300].max() ?? 0) > 3 * (shapes[700..<1_200].max() ?? .infinity))
    let plot = try FileSystem.readText("\(laboratory.folder)/saw.svg")
    #expect(plot.hasPrefix("<svg") && plot.contains("<title>saw</title>"))
    #expect(plot.contains(">flagged<") && plot.contains(">threshold<"))
  }

  @Test func `stored models judge by their band, and a window is in the stored model`() throws {
    let laboratory = try Laboratory()
    try laboratory.succeed("generate", "--users", "40", "--days", "6", "--seed", "3")
    try laboratory.succeed(
      "fit-series", "--source", "var/transactions.sqlite", "--by", "merchant", "--window", "64")
    let scored = try laboratory.run([
      "score-series", "--source", "var/transactions.sqlite", "--by", "merchant", "--method",
      "stored", "--output", "scores.csv", "--json",
    ])
    try #require(scored.exitCode == 0, "\(scored.errorOutput)")
    let lines = try FileSystem.readText("\(laboratory.folder)/scores.csv").split(separator: "\n")
    #expect(Int64(lines.count - 1) == (try scored.json()["points"]?.integerValue))
    let first = lines[1].split(separator: ",", omittingEmptySubsequences: false)
    #expect(first.count == 10 && first[6].isEmpty)
    let id = String(first[0])
    let one = try laboratory.run([
      "score-series", "--source", "var/transactions.sqlite", "--by", "merchant", "--method",
      "stored", "--series", id, "--plot", "one.svg",
    ])
    try #require(one.exitCode == 0, "\(one.errorOutput)")
    #expect(try FileSystem.readText("\(laboratory.folder)/one.svg").contains(">band<"))
    let refit = try laboratory.succeed(
      "fit-series", "--source", "var/transactions.sqlite", "--by", "merchant", "--forgetting",
      "0.99")
    #expect(!refit.contains("new versions             0"))
  }

  @Test(arguments: [
    (["--method", "best"], "adaptive or stored"),
    (["--csv", "none.csv"], "none.csv"),
    (["--csv", "readings.csv", "--threshold", "2"], "threshold"),
    (["--csv", "readings.csv", "--time-zone", "Mars/Base"], "Europe/Berlin"),
    (["--csv", "readings.csv", "--method", "stored"], "no series"),
  ])
  func `Wrong input ends with its code and a remedy`(
    _ arguments: [String], _ message: String
  ) throws {
    let laboratory = try readings()
    try FileSystem.createDirectory("\(laboratory.folder)/var")
    let ending = try laboratory.run(["score-series"] + arguments)
    #expect(ending.exitCode != 0 && ending.exitCode != 70, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains(message), "\(ending.errorOutput)")
  }

  @Test(arguments: [
    (["--time-zone", "Mars/Base"], "Europe/Berlin"), (["--window", "5"], "32"),
    (["--window", "64", "--forgetting", "0.9"], "excludes"),
    (["--forgetting", "0.9", "--method", "robust"], "sigma"),
    (["--window", "64", "--source", "x.sqlite", "--push-down"], "in order"),
  ])
  func `fit-series refuses memories and zones that are none`(
    _ arguments: [String], _ message: String
  ) throws {
    let laboratory = try readings()
    let ending = try laboratory.run(["fit-series"] + arguments)
    #expect(ending.exitCode == 2, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains(message), "\(ending.errorOutput)")
  }
}
