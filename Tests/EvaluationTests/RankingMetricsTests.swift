import Evaluation
import JSON
import Testing
import Transactions

@Suite struct RankingMetricsTests {
  @Test func `The figures of a daily budget equal the handbook's definitions`() throws {
    let cases = try #require(evaluationFixture("ranking.json")["daily"]?.arrayValue)
    #expect(cases.count == 3)
    for item in cases {
      let name = Comment(rawValue: item["name"]?.stringValue ?? "")
      func column(_ key: String) -> [Double] { item[key]?.numbers ?? [] }
      var rows = EvaluationRows()
      let (days, entities, amounts) = (column("day"), column("entity"), column("amount"))
      for (row, label) in column("label").enumerated() {
        try rows.append(
          id: "\(row)", time: Timestamp(seconds: Int64(days[row]) * 86_400 + Int64(row)),
          entity: "\(entities[row])", amount: Money(millionths: Int64(amounts[row]) * 1_000_000),
          label: Int8(label))
      }
      let figures = try RankingMetrics.alertFigures(
        DetectorScores(name: "score", scores: column("score")), rows: rows,
        alertsPerDay: Int(item["k"]?.integerValue ?? 0))
      for (key, value) in [
        ("precision", figures.precision), ("card_precision", figures.cardPrecision),
        ("new_card_precision", figures.newCardPrecision), ("recall", figures.recall),
        ("money_recall", figures.moneyRecall), ("alerts_per_catch", figures.alertsPerCatch),
      ] {
        let expected = try #require(item[key]?.doubleValue)
        #expect(abs((value.value ?? -1) - expected) <= 1e-14, "\(name): \(key)")
      }
    }
  }

  @Test func `A budget without a catch has no alerts per catch, and no fraud no recall`() throws {
    var rows = EvaluationRows()
    for row in 0..<3 {
      try rows.append(
        id: "\(row)", time: Timestamp(seconds: -100_000 * Int64(row)), entity: "e",
        amount: Money(millionths: 1), label: row == 2 ? -1 : 0)
    }
    #expect(rows.unlabelledCount == 1 && rows.positiveCount == 0)
    let detector = DetectorScores(name: "flat", scores: [0, 0, 0])
    let figures = try RankingMetrics.alertFigures(detector, rows: rows, alertsPerDay: 5)
    #expect(figures.precision == .value(0))
    #expect(figures.recall == .undefined("no row is an anomaly"))
    #expect(figures.moneyRecall == .undefined("no money was lost to fraud"))
    #expect(figures.alertsPerCatch == .undefined("no alert caught a fraud"))
    #expect(throws: EvaluationError.self) {
      try RankingMetrics.alertFigures(detector, rows: rows, alertsPerDay: 0)
    }
    #expect(throws: EvaluationError.invalidScore(detector: "broken", row: "1")) {
      try RankingMetrics.alertFigures(
        DetectorScores(name: "broken", scores: [0, .nan, 0]), rows: rows, alertsPerDay: 1)
    }
    let empty = try RankingMetrics.alertFigures(
      DetectorScores(name: "empty", scores: []), rows: EvaluationRows(), alertsPerDay: 1)
    #expect(empty.precision == .undefined("there is no day"))
  }

  @Test func `A label that is none is refused by its row key`() {
    var rows = EvaluationRows()
    #expect(throws: EvaluationError.invalidLabel(row: "tx-9")) {
      try rows.append(
        id: "tx-9", time: Timestamp(seconds: 0), entity: "e", amount: Money(millionths: 1), label: 2
      )
    }
  }

  @Test(.enabled(if: HandbookScores.path != nil, "needs the scores of make_handbook_scores.py"))
  func `The handbook's published figures come out of scikit-learn's scores`() throws {
    let table = try HandbookScores(path: try #require(HandbookScores.path))
    #expect(table.rows.count == 58_264 && table.rows.positiveCount == 385)
    for (name, precision, cards, tolerance) in [
      ("logistic_regression", 0.606, 0.291, 0.002), ("random_forest", 0.658, 0.287, 0.01),
    ] {
      let detector = try #require(table[name])
      let average = try RankingMetrics.averagePrecision(
        scores: detector.scores, labels: table.rows.labels)
      let figures = try RankingMetrics.alertFigures(
        detector, rows: table.rows, alertsPerDay: 100)
      #expect(abs((average.value ?? 0) - precision) <= tolerance, "\(name)")
      #expect(abs((figures.newCardPrecision.value ?? 0) - cards) <= tolerance, "\(name)")
    }
  }
}
