import JSON
import Tabular
import Testing
import Transactions

@testable import Models

@Suite struct SeriesPreflightTests {
  private func hours(_ numbers: [Int]) -> [Timestamp] {
    numbers.map { Timestamp(seconds: 1_700_000_000 + Int64($0) * 3_600) }
  }

  @Test func `all faults are listed at once, each with its first index`() {
    let report = SeriesPreflight(
      timestamps: hours([0, 1, 1, 3, 2, 5, 5]), values: [1, .nan, 2, 3, 4, .infinity],
      minimumPointCount: 10)
    #expect(!report.isFittable)
    let faults = report.findings.filter(\.isFault)
    #expect(
      faults.map(\.code) == [
        "LENGTH_MISMATCH", "INSUFFICIENT_DATA", "INVALID_VALUE", "DUPLICATE_TIMESTAMP",
        "UNSORTED_TIMESTAMPS",
      ])
    #expect(faults.map(\.firstIndex) == [6, nil, 1, 2, 4])
    #expect(faults.map(\.count) == [1, 4, 2, 2, 1])
    #expect(report.figures != nil)
  }

  @Test func `nothing at all is reported as empty`() {
    let report = SeriesPreflight(timestamps: [], values: [])
    #expect(report.findings.map(\.code) == ["EMPTY_SERIES"])
    #expect(report.figures == nil)
    #expect(report.json["figures"] == .null)
  }

  @Test func `gaps, a flat tail and few points are worth knowing`() throws {
    let report = SeriesPreflight(
      timestamps: hours(Array(0..<10) + Array(15..<27)),
      values: (0..<10).map { Double($0 * 7 % 5) + 10 } + Array(repeating: 3, count: 12))
    #expect(report.isFittable)
    #expect(report.findings.map(\.code) == ["FEW_POINTS", "FLAT_TAIL", "GAPS"])
    let figures = try #require(report.figures)
    #expect(figures.interval == .seconds(3_600))
    #expect(figures.gapCount == 1)
    #expect(abs(figures.coverage - 22.0 / 27) < 1e-12)
    #expect(figures.flatTailCount == 12)
    #expect(figures.recommendedThreshold > 3)
  }

  @Test func `season, strength and trend are found and the method recommended`() throws {
    var generator = SeededGenerator(seed: 5)
    let values = (0..<480).map { index in
      10 * PortableMath.sin(Double(index % 24) / 24 * 6.283185) + generator.normal() * 0.3
        + Double(index) / 24
    }
    let report = SeriesPreflight(timestamps: hours(Array(0..<480)), values: values)
    let figures = try #require(report.figures)
    #expect(figures.season == .hourOfDay)
    #expect(figures.seasonalStrength > 0.95)
    #expect(abs(figures.trendPerDay - 1) < 0.05)
    #expect(figures.recommendedMethod == .seasonal)
    #expect(figures.alertsPerWeek < 5)
    #expect(report.json["figures"]?["season"] == "hour_of_day")
  }

  @Test func `many outliers and constant series are named`() {
    var generator = SeededGenerator(seed: 6)
    let spiky = (0..<100).map { $0 % 10 == 0 ? 500 : generator.normal() }
    let codes = SeriesPreflight(timestamps: hours(Array(0..<100)), values: spiky).findings
    #expect(codes.map(\.code) == ["MANY_OUTLIERS"])
    let constant = SeriesPreflight(
      timestamps: hours(Array(0..<40)), values: Array(repeating: 0.1, count: 40))
    #expect(constant.findings.map(\.code) == ["CONSTANT_SERIES"])
  }
}
