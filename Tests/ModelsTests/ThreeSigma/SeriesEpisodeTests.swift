import Tabular
import Testing
import Transactions

@testable import Models

@Suite struct SeriesEpisodeTests {
  /// Mean 0 and standard deviation 1, so a value is its own score.
  private func model() throws -> ThreeSigmaModel {
    try ThreeSigmaModel.fit(
      timestamps: (0..<4).map { Timestamp(seconds: $0) }, values: [-1, 1, -1, 1])
  }

  private func episodes(
    _ values: [Double], every seconds: Int64 = 60, gap: Int64 = 0, holding: Double = 1
  ) throws -> [SeriesEpisode] {
    let timestamps = values.indices.map { Timestamp(seconds: 1_000 + Int64($0) * seconds) }
    return try model().assess(
      timestamps: timestamps, values: values,
      episodes: EpisodeParameters(minimumGap: .seconds(gap), holdingShare: holding)
    ).episodes
  }

  @Test func `consecutive anomalies are one episode with start, peak and end`() throws {
    let found = try episodes([0, 4, -7, 5, 0, 0, 9])
    #expect(found.map(\.startIndex) == [1, 6])
    #expect(found.map(\.peakIndex) == [2, 6])
    #expect(found.map(\.endIndex) == [3, 6])
    #expect(found.map(\.anomalyCount) == [3, 1])
    #expect(found[0].peakScore == 7)
    #expect(found[0].start == Timestamp(seconds: 1_060))
    #expect(found[0].peak == Timestamp(seconds: 1_120))
    #expect(found[0].end == Timestamp(seconds: 1_180))
  }

  @Test func `anomalies within the gap join`() throws {
    #expect(try episodes([4, 0, 4, 0, 0, 4], gap: 120).map(\.endIndex) == [2, 5])
    #expect(try episodes([4, 0, 4, 0, 0, 4], gap: 180).map(\.endIndex) == [5])
    #expect(try episodes([4, 0, 4, 0, 0, 4], gap: 180).map(\.anomalyCount) == [3])
    #expect(try episodes([4, 0, 4, 0, 0, 4]).count == 3)
  }

  @Test func `hysteresis holds an episode up but starts none`() throws {
    #expect(try episodes([2, 4, 2, 2, 4, 2, 1, 2], holding: 0.5).map(\.startIndex) == [1])
    #expect(try episodes([2, 4, 2, 2, 4, 2, 1, 2], holding: 0.5).map(\.endIndex) == [5])
    #expect(try episodes([2, 4, 2, 2, 4, 2, 1, 2]).count == 2)
  }

  @Test func `an assessment gives what single predictions give`() throws {
    let model = try model()
    var generator = SeededGenerator(seed: 2)
    let values = (0..<50).map { _ in generator.normal() * 3 }
    let timestamps = values.indices.map { Timestamp(seconds: Int64($0)) }
    let assessment = try model.assess(timestamps: timestamps, values: values)
    for index in values.indices {
      let single = model.predict(values[index], at: timestamps[index])
      #expect(assessment.isAnomaly[index] == single.isAnomaly)
      #expect(assessment.scores[index] == single.score)
      #expect(assessment.probabilities[index] == single.probability)
      #expect(assessment.lower[index] == single.lower && assessment.upper[index] == single.upper)
    }
    #expect(
      assessment.episodes.map(\.anomalyCount).reduce(0, +) == assessment.isAnomaly.count { $0 })
    #expect(throws: ThreeSigmaError.notFinite(index: 1)) {
      try model.assess(timestamps: Array(timestamps[..<2]), values: [0, .nan])
    }
  }

  @Test func `settings out of range are refused`() {
    #expect(throws: ThreeSigmaError.self) { try EpisodeParameters(minimumGap: .seconds(-1)) }
    for share in [0, -1, 1.5, .nan] {
      #expect(throws: ThreeSigmaError.self) { try EpisodeParameters(holdingShare: share) }
    }
  }
}
