import JSON
import Models
import PostgreSQL
import SeriesStorage
import Support
import Testing
import Transactions

/// Series fitted straight from a real PostgreSQL server.
@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted)) struct SeriesFromPostgreSQLTests {
  @Test func `points and counts pushed down to the server give the same models, bit for bit`()
    throws
  {
    let server = try ThrowawayPostgreSQL.shared.get()
    let url = server.url(try server.makeDatabase())
    let connection = try PostgreSQLConnection(url)
    try connection.execute(
      """
      CREATE TABLE readings (sensor text, at timestamptz, reading double precision);
      INSERT INTO readings
        SELECT 'größe ' || s, timestamptz '2024-03-31 00:00:00Z' + make_interval(mins => p),
          CASE WHEN s = 7 THEN 0.1 ELSE 1e9 + (p * 37 + s * 11) % 101 / 10.0 END
        FROM generate_series(1, 300) AS s, generate_series(1, 60) AS p;
      INSERT INTO readings VALUES ('short', now(), 1)
      """)
    let laboratory = try Laboratory()
    let query = "SELECT sensor AS series_id, at AS time, reading AS value FROM readings"
    for (store, more) in [("points.sqlite", []), ("counts.sqlite", ["--push-down"])] {
      let ending = try laboratory.run(
        ["fit-series", "--source", url, "--query", query, "--series-store", store, "--json"] + more)
      try #require(ending.exitCode == 0, "\(ending.errorOutput)")
      let summary = try ending.json()
      #expect(summary["series"]?.integerValue == 301)
      #expect(summary["new_versions"]?.integerValue == 300)
      #expect(summary["constant"]?.integerValue == 1)
      #expect(summary["faults"]?["INSUFFICIENT_DATA"]?.integerValue == 1)
    }
    let clock: @Sendable () -> Timestamp = { Timestamp(seconds: 0) }
    let points = try SeriesStore(at: "\(laboratory.folder)/points.sqlite", now: clock)
    let counts = try SeriesStore(at: "\(laboratory.folder)/counts.sqlite", now: clock)
    #expect(points.seriesIDs() == counts.seriesIDs())
    for id in points.seriesIDs() {
      #expect(try counts.version(of: id).model == points.version(of: id).model)
    }
  }
}
