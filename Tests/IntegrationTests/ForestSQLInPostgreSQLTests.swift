import Exchange
import Models
import PostgreSQL
import Support
import Tabular
import Testing
import Training

/// The exported SELECT, run by a real PostgreSQL.
@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)))
struct ForestSQLInPostgreSQLTests {
  @Test(arguments: [
    IsolationForestParameters.SplitRule.axisParallel, .extended(dimensions: 2),
  ])
  func `PostgreSQL gives the same scores and labels`(
    rule: IsolationForestParameters.SplitRule
  ) throws {
    let server = try ThrowawayPostgreSQL.shared.get()
    let connection = try PostgreSQLConnection(server.url(server.makeDatabase()))
    var generator = SeededGenerator(seed: 12)
    let matrix = Matrix(
      rows: (0..<150).map { _ in (0..<3).map { _ in generator.normal() } } + [[9, -9, 9]])
    let names = ["amount", #"a "quoted" name"#, "hour"]
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(treeCount: 100, splitRule: rule)
    ).fit(matrix, featureNames: names)
    let scores = try forest.scores(of: matrix)
    let threshold = scores.sorted()[145]
    try connection.execute(
      #"CREATE TABLE "scored rows" (id int, amount float8, "a ""quoted"" name" float8, hour float8)"#
    )
    for row in 0..<matrix.rowCount {
      _ = try connection.execute(
        #"INSERT INTO "scored rows" VALUES ($1, $2, $3, $4)"#,
        ["\(row)"] + matrix.row(row).map { "\($0)" })
    }
    try connection.execute(
      #"INSERT INTO "scored rows" VALUES (1000, 1, NULL, 2)"#)
    var query = try SQLExport.query(of: forest, threshold: threshold, table: "scored rows")
    query.removeLast(2)
    let result = try connection.query(
      "SELECT anomaly_score, is_anomaly FROM (\(query)) AS q ORDER BY id")
    #expect(result.rowCount == matrix.rowCount + 1)
    for (row, score) in scores.enumerated() {
      let found = result.text(row, 0).flatMap { Double($0) } ?? .nan
      #expect(abs(found - score) < 1e-14)
      if abs(score - threshold) > 1e-12 {
        #expect(result.text(row, 1) == (score > threshold ? "t" : "f"))
      }
    }
    #expect(result.text(matrix.rowCount, 0) == nil)
  }
}
