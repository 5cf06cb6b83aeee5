import Evaluation
import JSON
import Testing

@Suite struct ThresholdTests {
  /// Ten rows: frauds at 10, 9 and 6; a tie of a fraud and a genuine row at 6.
  private func ranking() throws -> Ranking {
    try Ranking(
      scores: [10, 9, 8, 7, 6, 6, 5, 4, 3, 2],
      labels: [true, true, false, false, true, false, false, false, false, false])
  }

  @Test(arguments: [
    (ThresholdRule.contamination(0.1), 10.0, 0.1), (.contamination(0.29), 9, 0.2),
    (.contamination(0.5), 7, 0.4), (.alertsPerDay(1), 9, 0.2), (.alertsPerDay(3), 6, 0.6),
    (.cost(matrix(1, 2)), 9, 0.2),
    (.cost(matrix(1, 9)), 6, 0.6),
    (.precision(1), 9, 0.2), (.precision(0.5), 6, 0.6), (.precision(0.51), 8, 0.3),
  ])
  func `Each rule flags as it says`(rule: ThresholdRule, threshold: Double, share: Double) throws {
    let choice = try ranking().threshold(by: rule, dayCount: 2)
    #expect(choice.threshold == .value(threshold))
    #expect(choice.flaggedShare == share)
  }

  @Test func `Precision and recall belong to the threshold`() throws {
    let choice = try ranking().threshold(by: .precision(0.5))
    #expect(choice.precision == .value(0.5) && choice.recall == .value(1))
  }

  @Test func `A rule that flags nothing says why`() throws {
    let tied = try Ranking(scores: [1, 1, 1], labels: [true, false, false])
    for rule in [
      ThresholdRule.contamination(0.2), .alertsPerDay(1), .cost(matrix(9, 1)),
      .precision(0.9),
    ] {
      let choice = try tied.threshold(by: rule)
      #expect(choice.threshold.reason != nil && choice.flaggedShare == 0)
      #expect(choice.recall == .value(0))
    }
  }

  @Test(arguments: [
    ThresholdRule.contamination(0), .contamination(0.6), .contamination(.nan), .alertsPerDay(0),
    .precision(0), .precision(1.1),
  ])
  func `A rule outside its range is refused`(rule: ThresholdRule) throws {
    let ranking = try ranking()
    #expect(throws: EvaluationError.self) { try ranking.threshold(by: rule) }
  }

  @Test func `Calibration equals scikit-learn's`() throws {
    let fixture = try #require(evaluationFixture("statistics.json")["calibration"])
    let calibration = try Calibration(
      probabilities: fixture["probabilities"]?.numbers ?? [],
      labels: (fixture["labels"]?.numbers ?? []).map { $0 == 1 })
    let brier = try #require(calibration.brierScore.value)
    #expect(abs(brier - (fixture["brier"]?.doubleValue ?? -1)) < 1e-14)
    let observed = fixture["observed"]?.numbers ?? []
    let predicted = fixture["predicted"]?.numbers ?? []
    #expect(calibration.bins.count == observed.count)
    for (index, bin) in calibration.bins.enumerated() {
      #expect(abs(bin.observed - observed[index]) < 1e-14)
      #expect(abs(bin.predicted - predicted[index]) < 1e-14)
    }
    let error = calibration.bins.reduce(0) {
      $0 + abs($1.predicted - $1.observed) * Double($1.count) / 300
    }
    #expect(abs((calibration.expectedError.value ?? -1) - error) < 1e-14)
    #expect(try Calibration(probabilities: [], labels: []).brierScore.value == nil)
    #expect(throws: EvaluationError.self) { try Calibration(probabilities: [1.1], labels: [true]) }
    #expect(throws: EvaluationError.self) { try Calibration(probabilities: [.nan], labels: [true]) }
  }

  @Test func `The closed form equals its definition over all pairs`() throws {
    let fixture = try #require(evaluationFixture("statistics.json")["delong"])
    let labels = (fixture["labels"]?.numbers ?? []).map { $0 == 1 }
    let result = try #require(
      try DeLong(fixture["first"]?.numbers ?? [], fixture["second"]?.numbers ?? [], labels: labels))
    let areas = fixture["areas"]?.numbers ?? []
    let covariance = fixture["covariance"]?.arrayValue?.map(\.numbers) ?? []
    #expect(abs(result.areas.0 - areas[0]) < 1e-14 && abs(result.areas.1 - areas[1]) < 1e-14)
    #expect(abs(result.variances.0 - covariance[0][0]) < 1e-15)
    #expect(abs(result.variances.1 - covariance[1][1]) < 1e-15)
    #expect(abs(result.covariance - covariance[0][1]) < 1e-15)
    #expect(abs(result.difference - (areas[0] - areas[1])) < 1e-14)
    #expect(result.standardError > 0)
    #expect(try DeLong([1, 2, 3], [1, 2, 3], labels: [true, false, false]) == nil)
    #expect(throws: EvaluationError.self) {
      try DeLong([1, .nan], [1, 2], labels: [true, false])
    }
  }
}

/// A cost matrix of prices that are valid.
private func matrix(_ perAlert: Double, _ perMissedFraud: Double) -> CostMatrix {
  guard let costs = try? CostMatrix(perAlert: perAlert, perMissedFraud: perMissedFraud) else {
    preconditionFailure("prices are not negative")
  }
  return costs
}
