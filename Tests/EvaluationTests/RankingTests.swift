import Evaluation
import JSON
import Testing

@Suite struct RankingTests {
  @Test func `Every figure and curve equals scikit-learn's`() throws {
    let cases = try #require(evaluationFixture("ranking.json")["ranking"]?.arrayValue)
    #expect(cases.count == 11)
    for item in cases {
      let name = Comment(rawValue: item["name"]?.stringValue ?? "")
      let ranking = try Ranking(
        scores: item["scores"]?.numbers ?? [],
        labels: (item["labels"]?.numbers ?? []).map { $0 == 1 },
        weights: item["weights"]?.numbers)
      let area = try #require(ranking.areaUnderROC.value)
      let precision = try #require(ranking.averagePrecision.value)
      #expect(abs(area - (item["area_under_roc"]?.doubleValue ?? -1)) <= 1e-14, name)
      #expect(abs(precision - (item["average_precision"]?.doubleValue ?? -1)) <= 1e-14, name)
      if let expected = item["precision_recall"]?.arrayValue?.map(\.numbers) {
        let curve = ranking.precisionRecallCurve()
        #expect(isClose(curve.map(\.precision), expected[0]), name)
        #expect(isClose(curve.map(\.recall), expected[1]), name)
        #expect(curve.compactMap(\.threshold) == expected[2], name)
        #expect(curve.last?.threshold == nil)
      }
      if let expected = item["roc"]?.arrayValue?.map(\.numbers) {
        let curve = ranking.rocCurve()
        #expect(isClose(curve.map(\.falsePositiveRate), expected[0]), name)
        #expect(isClose(curve.map(\.truePositiveRate), expected[1]), name)
        #expect(curve.dropFirst().map(\.threshold) == expected[2], name)
      }
      if let expected = item["roc_all"]?.arrayValue?.map(\.numbers) {
        let curve = ranking.rocCurve(droppingIntermediate: false)
        #expect(isClose(curve.map(\.falsePositiveRate), expected[0]), name)
        #expect(isClose(curve.map(\.truePositiveRate), expected[1]), name)
      }
    }
  }

  @Test func `Three rows by hand`() throws {
    // The anomaly is second of three: one of two genuine rows lies above it.
    let ranking = try Ranking(scores: [0.9, 0.5, 0.1], labels: [false, true, false])
    #expect(ranking.areaUnderROC == .value(0.5))
    #expect(ranking.averagePrecision == .value(0.5))
    #expect(ranking.bestF()?.threshold == 0.5)
    #expect(ranking.bestF().map { abs($0.value - 2.0 / 3) < 1e-15 } == true)
  }

  @Test func `What is not defined is null with a reason`() throws {
    let noAnomaly = try Ranking(scores: [1, 2], labels: [false, false])
    #expect(noAnomaly.areaUnderROC == .undefined("no row is an anomaly"))
    #expect(noAnomaly.averagePrecision == .undefined("no row is an anomaly"))
    #expect(noAnomaly.precisionRecallCurve().isEmpty && noAnomaly.rocCurve().isEmpty)
    let onlyAnomalies = try Ranking(scores: [1, 2], labels: [true, true])
    #expect(onlyAnomalies.areaUnderROC == .undefined("every row is an anomaly"))
    #expect(onlyAnomalies.averagePrecision == .value(1))
    let empty = try Ranking(scores: [], labels: [])
    #expect(empty.areaUnderROC.value == nil && empty.bestF() == nil)
    let weightless = try Ranking(scores: [1, 2], labels: [true, false], weights: [0, 1])
    #expect(weightless.averagePrecision == .undefined("no row is an anomaly"))
    #expect(
      JSONValue.object(empty.averagePrecision.json).text()
        == #"{"value":null,"reason":"no row is an anomaly"}"#)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `A score that is no number is refused`(score: Double) {
    #expect(throws: EvaluationError.invalidScore(detector: "of the ranking", row: "number 1")) {
      try Ranking(scores: [1, score], labels: [true, false])
    }
  }

  @Test func `Columns of different length and bad weights are refused`() {
    #expect(throws: EvaluationError.rowCountMismatch(column: "label", expected: 2, actual: 1)) {
      try Ranking(scores: [1, 2], labels: [true])
    }
    #expect(throws: EvaluationError.rowCountMismatch(column: "weight", expected: 2, actual: 1)) {
      try Ranking(scores: [1, 2], labels: [true, false], weights: [1])
    }
    #expect(throws: EvaluationError.invalidWeight(row: 1)) {
      try Ranking(scores: [1, 2], labels: [true, false], weights: [1, -1])
    }
  }

  private func isClose(_ left: [Double], _ right: [Double]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) <= 1e-14 }
  }
}
