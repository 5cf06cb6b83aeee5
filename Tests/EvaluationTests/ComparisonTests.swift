@testable import Evaluation
import Tabular
import Testing
import Transactions

@Suite struct ComparisonTests {
  @Test func `Bands count every row once, and the farthest move comes first`() throws {
    let rows = try makeRows(count: 400)
    let own = makeScores("own", rows, quality: 2, seed: 1)
    // The row in the middle of the first order is the first of the other.
    let middle = try #require(own.scores.sorted(by: >)[200...].first)
    let moved = try #require(own.scores.firstIndex(of: middle))
    var other = own.scores
    other[moved] = 1_000
    let evaluation = try Evaluation(
      rows: rows,
      detectors: [own, DetectorScores(name: "champion", role: .champion, scores: other)],
      settings: EvaluationSettings(alertsPerDay: 8, replicateCount: 8))
    let ranks = try #require(evaluation.rankMigration)
    #expect(ranks.rowCounts.joined().reduce(0, +) == 400)
    #expect(ranks.fraudCounts.joined().reduce(0, +) == rows.positiveCount)
    #expect(ranks.changes.first?.key == rows.ids[moved])
    #expect(ranks.changes.first?.otherRank == 0.5 / 400)
    #expect((ranks.rankCorrelation.value ?? 0) > 0.98)
    #expect(ranks.changes.count <= RankMigration.changeLimit)
    let costs = evaluation.comparisons[0].migration.costs(.standard, frauds: rows.positiveCount)
    let caught = evaluation.days.map(\.caughtCount).reduce(0, +)
    let alerts = evaluation.days.map(\.alertCount).reduce(0, +)
    #expect(costs.own == Double(5 * alerts + 100 * (rows.positiveCount - caught)))
  }

  @Test func `Without a champion there are no rank changes`() throws {
    let rows = try makeRows(count: 60)
    let evaluation = try Evaluation(
      rows: rows, detectors: [makeScores("own", rows, quality: 2, seed: 1)],
      settings: EvaluationSettings(replicateCount: 8))
    #expect(evaluation.rankMigration == nil)
  }

  @Test func `Time to the first alert counts from the first fraud`() throws {
    var rows = EvaluationRows()
    let hour: Int64 = 3_600
    for (entity, hours, label) in [
      ("a", 0, 0), ("a", 1, 1), ("a", 4, 1), ("a", 9, 1), ("b", 2, 1), ("c", 3, 0),
    ] as [(String, Int64, Int8)] {
      try rows.append(
        id: "\(rows.count)", time: Timestamp(seconds: hours * hour), entity: entity,
        amount: Money(millionths: 10_000_000), label: label)
    }
    let response = CompromiseResponse(
      rows: rows, isAlerted: [true, false, false, true, false, true])
    #expect(response.compromisedCount == 2 && response.noticedCount == 1)
    #expect(response.medianHours == .value(8))
    // Entity a loses two payments before its alert, b its only one.
    #expect(response.fraudsBefore == .value(1.5))
    #expect(response.moneyShareBefore == .value(0.75))
    let unnoticed = CompromiseResponse(
      rows: rows, isAlerted: [Bool](repeating: false, count: 6))
    #expect(unnoticed.medianHours.reason == "no compromised entity is noticed")
  }

  @Test func `Each slice is judged as its rows alone would be`() throws {
    var rows = EvaluationRows()
    var generator = SeededGenerator(seed: 2)
    for row in 0..<500 {
      let label: Int8 = generator.chance(0.1) ? 1 : 0
      try rows.append(
        id: "\(row)", time: Timestamp(seconds: Int64(row) * 600), entity: "e\(row % 50)",
        amount: Money(millionths: Int64(1 + generator.below(2_000)) * 1_000_000), label: label,
        categories: row.isMultiple(of: 7) ? [:] : [.channel: row % 3 == 0 ? "online" : "chip"])
    }
    // Rounded, so that scores tie.
    let scores = rows.labels.map { ((generator.normal() + ($0 ? 1 : 0)) * 4).rounded() }
    let evaluation = try Evaluation(
      rows: rows, detectors: [DetectorScores(name: "x", scores: scores)],
      settings: EvaluationSettings(alertsPerDay: 20, replicateCount: 8))
    let channels = evaluation.slices.filter { $0.dimension == "Channel" }
    #expect(Set(channels.map(\.name)) == ["online", "chip", "not given"])
    for slice in channels {
      let members = rows.ids.indices.filter { (rows[.channel][$0] ?? "not given") == slice.name }
      #expect(slice.rowCount == members.count)
      let expected = try RankingMetrics.averagePrecision(
        scores: members.map { scores[$0] }, labels: members.map { rows.labels[$0] })
      #expect(abs((slice.averagePrecision.value ?? -1) - (expected.value ?? -2)) < 1e-12)
    }
    for dimension in Set(evaluation.slices.map(\.dimension)) {
      let slices = evaluation.slices.filter { $0.dimension == dimension }
      #expect(slices.map(\.rowCount).reduce(0, +) == 500)
      #expect(slices.map(\.fraudCount).reduce(0, +) == rows.positiveCount)
    }
  }

  @Test func `Ten thousand categories make a short table`() throws {
    var rows = EvaluationRows()
    for row in 0..<10_000 {
      try rows.append(
        id: "\(row)", time: Timestamp(seconds: Int64(row)), entity: "e",
        amount: Money(millionths: 1), label: row == 77 ? 1 : 0,
        categories: [.merchantCategory: "m\(row)"])
    }
    let evaluation = try Evaluation(
      rows: rows, detectors: [DetectorScores(name: "x", scores: rows.times.map { Double($0) })],
      settings: EvaluationSettings(replicateCount: 2))
    let slices = evaluation.slices.filter { $0.dimension == "Merchant category" }
    #expect(slices.count == SliceResult.valueLimit + 1)
    #expect(slices.first?.name == "m77" && slices.last?.name == "9992 others")
    #expect(slices.last?.averagePrecision.reason == "no row is an anomaly")
  }

  @Test func `A slice without rows has no line, and a dimension that nobody recorded none at all`()
    throws
  {
    var all = EvaluationRows()
    for row in 0..<40 {
      try all.append(
        id: "\(row)", time: Timestamp(seconds: Int64(row)), entity: "e\(row)",
        amount: Money(millionths: 5_000_000), label: row % 8 == 0 ? 1 : 0,
        categories: [.channel: row < 30 ? (row < 20 ? "chip" : "contactless") : "online"])
    }
    // The name "online" stays in the column of the first thirty rows, without a row.
    let rows = all.selecting(rows: 0..<30)
    let evaluation = try Evaluation(
      rows: rows, detectors: [DetectorScores(name: "x", scores: rows.times.map { Double($0) })],
      settings: EvaluationSettings(replicateCount: 2))
    #expect(
      evaluation.slices.filter { $0.dimension == "Channel" }.map(\.name).sorted()
        == ["chip", "contactless"])
    #expect(evaluation.slices.allSatisfy { $0.rowCount > 0 })
    // All amounts fall into one band: a dimension of one slice tells nothing.
    #expect(!evaluation.slices.contains { $0.dimension == "Amount" })
    #expect(!evaluation.slices.contains { $0.dimension == "Currency" })
  }

  @Test func `Weeks of a backtest hold their rows, and rows before its start are refused`() throws {
    var rows = EvaluationRows()
    for day in 0..<21 {
      for row in 0..<10 {
        try rows.append(
          id: "\(day)-\(row)", time: Timestamp(seconds: Int64(day) * 86_400 + Int64(row)),
          entity: "e\(row)", amount: Money(millionths: 1_000_000), label: row == 3 ? 1 : 0)
      }
    }
    let good = DetectorScores(name: "weekly", scores: rows.labels.map { $0 ? 1 : 0 })
    let flat = DetectorScores(name: "frozen", scores: rows.labels.map { _ in 0 })
    let settings = try EvaluationSettings(alertsPerDay: 1)
    let backtest = try Backtest(
      rows: rows, courses: [(good, 3), (flat, 1)], start: Timestamp(seconds: 0),
      settings: settings)
    #expect(backtest.weekStarts.map(\.dateText) == ["1970-01-01", "1970-01-08", "1970-01-15"])
    #expect(backtest.courses[0].weeks.allSatisfy { $0.averagePrecision == .value(1) })
    #expect(backtest.courses[0].weeks.allSatisfy { $0.recall.value == .value(1) })
    #expect(
      backtest.courses[1].weeks.allSatisfy { abs(($0.averagePrecision.value ?? 0) - 0.1) < 1e-12 })
    #expect(throws: EvaluationError.self) {
      try Backtest(
        rows: rows, courses: [(good, 3)], start: Timestamp(seconds: 5), settings: settings)
    }
  }
}
