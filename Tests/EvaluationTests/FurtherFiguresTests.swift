@testable import Evaluation
import JSON
import Tabular
import Testing
import Transactions

@Suite struct FurtherFiguresTests {
  @Test func `Rank correlation equals scipy's, ties included`() throws {
    for item in try #require(evaluationFixture("further.json")["spearman"]?.arrayValue) {
      let value = RankCorrelation.of(item["left"]?.numbers ?? [], item["right"]?.numbers ?? [])
      #expect(abs((value.value ?? -2) - (item["value"]?.doubleValue ?? 2)) < 1e-12)
    }
    #expect(RankCorrelation.of([1, 1], [2, 3]).reason == "one of the scores is constant")
  }

  @Test func `The isotonic fit equals scikit-learn's`() throws {
    for item in try #require(evaluationFixture("further.json")["isotonic"]?.arrayValue) {
      let scores = item["scores"]?.numbers ?? []
      let ranking = try Ranking(
        scores: scores, labels: (item["labels"]?.numbers ?? []).map { $0 == 1 })
      let fit = try #require(IsotonicCalibration(ranking))
      for (score, expected) in zip(scores, item["fitted"]?.numbers ?? []) {
        #expect(abs(fit.probability(of: score) - expected) < 1e-12)
      }
      #expect(zip(fit.probabilities, fit.probabilities.dropFirst()).allSatisfy { $0 < $1 })
      #expect(fit.probability(of: -1e9) == fit.probabilities.first)
    }
    let oneClass = try Ranking(scores: [1, 2], labels: [true, true])
    #expect(IsotonicCalibration(oneClass) == nil)
  }

  @Test func `Wilson's interval equals scipy's`() throws {
    for row in try #require(evaluationFixture("further.json")["wilson"]?.arrayValue).map(\.numbers)
    {
      let estimate = Estimate.share(Int(row[0]), of: Int(row[1]), confidence: row[2], otherwise: "")
      let interval = try #require(estimate.interval)
      #expect(abs(interval.lowerBound - row[3]) < 1e-8 && abs(interval.upperBound - row[4]) < 1e-8)
    }
    #expect(Estimate.share(0, of: 0, confidence: 0.9, otherwise: "none").value.reason == "none")
  }

  @Test func `Precision, recall and F at a threshold equal scikit-learn's`() throws {
    let item = try #require(evaluationFixture("further.json")["threshold"])
    var rows = EvaluationRows()
    for (row, label) in (item["labels"]?.numbers ?? []).enumerated() {
      try rows.append(
        id: "\(row)", time: Timestamp(seconds: Int64(row)), entity: "e",
        amount: Money(millionths: 1_000_000), label: Int8(label))
    }
    let effect = ThresholdEffect(
      threshold: item["threshold"]?.doubleValue ?? 0, scores: item["scores"]?.numbers ?? [],
      rows: rows, dayCount: 1, costs: .standard)
    for (value, key) in [
      (effect.precision, "precision"), (effect.recall, "recall"), (effect.fScore, "f_score"),
    ] {
      #expect(abs((value.value ?? -1) - (item[key]?.doubleValue ?? 2)) < 1e-14, "\(key)")
    }
    #expect(effect.moneyRecall.value == effect.recall.value)
    let missed = Double(rows.positiveCount) * (1 - (effect.recall.value ?? 0))
    #expect(abs(effect.cost - (5 * effect.alertsPerDay + 100 * missed)) < 1e-9)
  }

  @Test func `Excess mass and mass volume equal Goix's definitions`() throws {
    let item = try #require(evaluationFixture("further.json")["masses"])
    let figures = MassVolume(
      scores: item["scores"]?.numbers ?? [], uniformScores: item["uniform"]?.numbers ?? [])
    #expect(
      abs((figures.massVolume.value ?? -1) - (item["mass_volume"]?.doubleValue ?? 0)) < 1e-12)
    #expect(
      abs((figures.excessMass.value ?? -1) - (item["excess_mass"]?.doubleValue ?? 0)) < 1e-9)
    #expect(MassVolume(scores: [], uniformScores: [1]).massVolume.reason == "there is no row")
  }

  @Test func `Uniform points fill the box of the finite values`() {
    let rows = Matrix(rows: [[0, 5], [2, .nan], [1, 7]])
    let points = MassVolume.uniformPoints(in: rows, count: 50, seed: 1)
    #expect(points.column(0).allSatisfy { (0...2).contains($0) })
    #expect(points.column(1).allSatisfy { (5...7).contains($0) })
  }

  @Test func `Another seed that gives the same order is stable, a reversed one is not`() {
    let scores = (0..<100).map { Double($0) }
    let same = UnlabelledFigures.Stability(
      scores: scores, others: [scores.map { 2 * $0 }], alertCount: 10)
    #expect(same.rankCorrelation == .value(1) && same.sharedAlerts == .value(1))
    let reversed = UnlabelledFigures.Stability(
      scores: scores, others: [scores.map { -$0 }], alertCount: 10)
    #expect(reversed.rankCorrelation == .value(-1) && reversed.sharedAlerts == .value(0))
    let figures = UnlabelledFigures(scores: scores, threshold: 89)
    #expect(figures.contaminationImplied == .value(0.1))
  }

  @Test func `The feature that decides is the most important, an unused one costs nothing`() {
    var generator = SeededGenerator(seed: 3)
    let labels = (0..<400).map { _ in generator.chance(0.1) }
    let table = Matrix(
      rows: labels.map { [generator.normal(), ($0 ? 3 : 0) + generator.normal()] })
    let importance = FeatureImportance.table(
      names: ["noise", "signal"], features: table, labels: labels, seed: 1,
      score: { $0.column(1) }, contributions: { [0, $0[1]] })
    #expect(importance.map(\.name) == ["signal", "noise"])
    #expect((importance[0].precisionLoss.value ?? 0) > 0.3)
    #expect(importance[0].alertShare == .value(1) && importance[1].alertShare == .value(0))
    #expect(importance[1].precisionLoss == .value(0))
    let unlabelled = FeatureImportance.table(
      names: ["noise", "signal"], features: table,
      labels: [Bool](repeating: false, count: 400), seed: 1, score: { $0.column(1) },
      contributions: { [0, $0[1]] })
    #expect(unlabelled[0].name == "signal" && unlabelled[0].precisionLoss.value == nil)
  }
}
