import Files
import JSON
import Models
import SQLite
import SeriesStorage
import Testing
import Transactions

@Suite struct SeriesFittingTests {
  private static let query =
    "SELECT sensor AS series_id, at AS time, reading AS value FROM readings"

  /// Forty sensors of fifty readings, one that never moves, one with one reading, one with a hole, one with a null.
  private func readings() throws -> Laboratory {
    let laboratory = try Laboratory()
    let connection = try SQLiteConnection("\(laboratory.folder)/readings.sqlite")
    try connection.execute(
      "CREATE TABLE readings (sensor TEXT, at INTEGER, reading REAL); BEGIN")
    var insert = try connection.prepare("INSERT INTO readings VALUES (?, ?, ?)")
    for sensor in 0..<40 {
      for step in (0..<50).reversed() {
        let value = sensor == 3 ? 0.1 : Double((step * 7 + sensor) % 13) / 10 + 1e9
        _ = try insert.run([
          .text(sensor == 5 ? "größe, \"m\"" : "s\(sensor)"),
          .integer(Int64(step + (sensor == 4 && step > 20 ? 30 : 0)) * 60_000_000), .real(value),
        ])
      }
    }
    _ = try insert.run([.text("short"), .integer(0), .real(1)])
    try connection.execute("COMMIT")
    return laboratory
  }

  @Test
  func `All series get a model, counted by the database or not, and the server's store has them`()
    throws
  {
    let laboratory = try readings()
    let arguments = [
      "fit-series", "--source", "readings.sqlite", "--query", Self.query, "--json",
    ]
    let ending = try laboratory.run(arguments + ["--quality", "quality.csv"])
    try #require(ending.exitCode == 0, "\(ending.errorOutput)")
    let summary = try ending.json()
    for (name, count) in [
      ("series", 41), ("points", 2_001), ("fitted", 40), ("constant", 1), ("with_gaps", 1),
      ("sparse", 1), ("unservable", 1), ("new_versions", 40),
    ] { #expect(summary[name]?.integerValue == Int64(count), "\(name)") }
    #expect(summary["faults"]?["INSUFFICIENT_DATA"]?.integerValue == 1)
    let quality = try FileSystem.readText("\(laboratory.folder)/quality.csv")
    #expect(quality.split(separator: "\n").count == 42)
    #expect(quality.contains("\n\"größe, \"\"m\"\"\",50,1.0,0,false,\n"))
    #expect(quality.contains("\nshort,1,,0,false,INSUFFICIENT_DATA\n"))

    let again = try laboratory.run(arguments + ["--threads", "1"])
    #expect(try again.json()["unchanged"]?.integerValue == 40)
    let counted = try laboratory.run(
      arguments + ["--push-down", "--series-store", "counted.sqlite"])
    try #require(counted.exitCode == 0, "\(counted.errorOutput)")

    let clock: @Sendable () -> Timestamp = { Timestamp(seconds: 0) }
    let points = try SeriesStore(at: "\(laboratory.folder)/var/series.sqlite", now: clock)
    let counts = try SeriesStore(at: "\(laboratory.folder)/counted.sqlite", now: clock)
    #expect(points.seriesCount == 40)
    #expect(counts.seriesIDs() == points.seriesIDs())
    for id in points.seriesIDs() {
      #expect(try counts.version(of: id).model == points.version(of: id).model)
    }
    #expect(try points.points(of: 1, series: "s7").values.count == 50)
  }

  @Test func `The amounts of a snapshot's merchants are series, too`() throws {
    let laboratory = try Laboratory()
    try laboratory.succeed("generate", "--users", "40", "--days", "6", "--seed", "3")
    try laboratory.succeed("pull")
    let ending = try laboratory.run(["fit-series", "--by", "merchant", "--method", "robust"])
    try #require(ending.exitCode == 0, "\(ending.errorOutput)")
    #expect(ending.output.contains("models are in var/series.sqlite"))
  }

  @Test(arguments: [
    (["--method", "best"], 2, "sigma, robust"),
    (["--threshold", "-1"], 2, "threshold"),
    (["--source", "none.sqlite"], 4, "none.sqlite"),
    (["--source", "readings.sqlite", "--query", "SELECT 1"], 3, "series_id"),
    (["--source", "readings.sqlite", "--push-down", "--method", "auto"], 2, "--method sigma"),
    (["--source", "readings.csv"], 2, "not a database"),
  ])
  func `Wrong input ends with its code and a remedy`(
    _ arguments: [String], _ code: Int32, _ message: String
  ) throws {
    let laboratory = try readings()
    let ending = try laboratory.run(["fit-series"] + arguments)
    #expect(ending.exitCode == code, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains(message), "\(ending.errorOutput)")
  }
}
