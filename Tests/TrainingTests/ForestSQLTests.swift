import Models
import SQLite
import Tabular
import Testing
import Training

struct ForestSQLTests {
  @Test(
    arguments: [
      IsolationForestParameters.SplitRule.axisParallel, .extended(dimensions: 2),
    ], [IsolationForestParameters.Scoring.depth(penalizesRange: false), .density])
  func `a database computes the same scores`(
    rule: IsolationForestParameters.SplitRule, scoring: IsolationForestParameters.Scoring
  ) throws {
    let matrix = IsolationForestLearnerTests.makeMatrix(rows: 120, columns: 3)
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(treeCount: 12, splitRule: rule, scoring: scoring)
    ).fit(matrix, featureNames: ["amount", #"a "quoted" name"#, "hour"])
    let database = try SQLiteConnection(":memory:")
    try database.execute(
      #"CREATE TABLE rows (amount REAL, "a ""quoted"" name" REAL, hour REAL)"#)
    for row in 0..<matrix.rowCount {
      try database.execute(
        "INSERT INTO rows VALUES (?, ?, ?)", matrix.row(row).map { .real($0) })
    }
    let scores = try database.rows(
      "SELECT \(forest.sqlScore()) FROM rows ORDER BY rowid"
    ) { $0.double(at: 0) }
    for (score, expected) in zip(scores, try forest.scores(of: matrix)) {
      #expect(abs(score - expected) < 1e-14)
    }
    #expect(scores.count == matrix.rowCount)
    try database.execute("INSERT INTO rows VALUES (1, NULL, 2)")
    let isNull = try database.firstRow(
      "SELECT \(forest.sqlScore()) FROM rows ORDER BY rowid DESC"
    ) { $0.isNull(at: 0) }
    #expect(isNull == true)
  }
}
