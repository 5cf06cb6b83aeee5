import Tabular
import Testing

@testable import Models

@Suite struct SeriesSummaryTests {
  private func check(_ values: [Double]) throws {
    let summary = try SeriesSummary(of: values)
    let exact = ExactMoments(values)
    #expect(summary.mean.bitPattern == exact.mean.bitPattern)
    #expect(summary.standardDeviation.bitPattern == exact.standardDeviation.bitPattern)
    #expect(summary.minimum.bitPattern == exact.minimum.bitPattern)
    #expect(summary.maximum.bitPattern == exact.maximum.bitPattern)
    #expect(summary.count == values.count)
  }

  private func quickSums(_ values: [Double]) -> QuickSums? {
    QuickSums(precisely: values.span, values.indices)
  }

  @Test(arguments: [0, 1, 1e3, 1.7e9, 1e15, -1e6])
  func `quick sums give the bits of the exact ones`(mean: Double) throws {
    var generator = SeededGenerator(seed: 12)
    var quick = 0
    for trial in 0..<400 {
      let count = 2 + generator.below(trial < 390 ? 300 : 3_000)
      let scale = PortableMath.exp2(generator.uniform(-30, 30))
      var values = (0..<count).map { _ in mean + scale * generator.normal() }
      if trial % 5 == 0 { values = values.map { ($0 * 100).rounded() / 100 } }
      try check(values)
      var lanes = SummaryLanes()
      lanes.append(quickSums(values))
      quick += lanes.removeAll()[0] == nil ? 0 : 1
    }
    // Constant series and wide ones with ties go the exact way, which is the rare one.
    #expect(quick > 150)
  }

  @Test func `heavy tails, powers of two, ties and extremes are exact too`() throws {
    var generator = SeededGenerator(seed: 13)
    for _ in 0..<300 {
      let count = 2 + generator.below(100)
      try check((0..<count).map { _ in PortableMath.exp(generator.normal() * 8) })
      try check((0..<count).map { _ in PortableMath.exp2(Double(generator.below(60)) - 30) })
      try check((0..<count).map { _ in Double(generator.below(3)) })
      try check((0..<count).map { _ in 1 + Double(generator.below(4)) * 0x1p-52 })
      try check((0..<count).map { _ in generator.normal() * 1e-200 })
    }
    for values: [Double] in [
      [0.1], [0, 0], [-0.0, 0], [1e308, -1e308], [0, .leastNonzeroMagnitude], [1, 1e300],
      [5, 5, 5, 5, 5, 5, 5, 5, 5], [-3, -4, -5],
    ] { try check(values) }
  }

  @Test(arguments: [15, 16, 17, 200, 256, 257])
  func `first values that mislead cost time only`(count: Int) throws {
    var generator = SeededGenerator(seed: 17)
    for _ in 0..<40 {
      let level = generator.uniform(-50, 50)
      try check((0..<count).map { _ in level } + [level + 1e6 * generator.normal()])
      try check((0..<count).map { level + ($0 < 16 ? 1e-9 : 1e9) * generator.normal() })
      try check((0..<count).map { level * Double($0) + generator.normal() })
      try check((0..<count).map { 100 - Double($0) + generator.uniform() })
      try check((0..<count).map { Double($0 / 16) * level })
    }
  }

  @Test func `means halfway between two numbers are rounded without exact sums`() throws {
    var generator = SeededGenerator(seed: 16)
    var lanes = SummaryLanes()
    for _ in 0..<200 {
      // The sum of n multiples of u is an odd multiple of n · u / 2, which is a tie where u is the last bit of the mean.
      let count = 2 * (1 + generator.below(20))
      let unit = 0x1p-47
      var steps = (0..<count).map { _ in generator.below(1 << 50) }
      let half = count / 2
      steps[0] += (half - steps.reduce(0, +) % count + count) % count
      let values = steps.map { 40 + Double($0) * unit }
      #expect(steps.reduce(0, +) % count == half)
      try check(values)
      lanes.append(quickSums(values))
      #expect(lanes.removeAll()[0] != nil)
    }
  }

  @Test func `many series are summed up for any number of threads`() throws {
    var generator = SeededGenerator(seed: 14)
    var values: [Double] = []
    var offsets = [0]
    for _ in 0..<1_500 {
      for _ in 0..<(1 + generator.below(20)) { values.append(generator.normal()) }
      offsets.append(values.count)
    }
    let one = try SeriesSummary.summarize(values, offsets: offsets, threadCount: 1)
    #expect(try SeriesSummary.summarize(values, offsets: offsets, threadCount: 3) == one)
    #expect(one.count == 1_500)
    #expect(one[7] == (try SeriesSummary(of: Array(values[offsets[7]..<offsets[8]]))))
    values[4_321] = .nan
    values[9_000] = .infinity
    #expect(throws: ThreeSigmaError.notFinite(index: 4_321)) {
      try SeriesSummary.summarize(values, offsets: offsets, threadCount: 2)
    }
  }

  @Test(arguments: [1, 2, 3])
  func `points of many series in any order are summed up as if they were sorted`(
    _ threadCount: Int
  ) throws {
    var generator = SeededGenerator(seed: 15)
    let seriesCount = 300
    var values: [Double] = []
    var series: [Int32] = []
    for _ in 0..<20_000 {
      // Series 0 has thousands of points, series 299 none, some are constant or extreme.
      let index = min(generator.below(seriesCount - 1), generator.below(seriesCount - 1))
      series.append(Int32(index))
      switch index % 7 {
      case 5: values.append(Double(index))
      case 6: values.append(generator.normal() * (index % 2 == 0 ? 1e300 : 1e-300))
      default: values.append(Double(index) + generator.normal())
      }
    }
    let summaries = try SeriesSummary.summarize(
      values, seriesIndices: series, seriesCount: seriesCount, threadCount: threadCount)
    #expect(summaries.count == seriesCount && summaries[299] == nil)
    for index in 0..<seriesCount - 1 {
      let own = values.indices.filter { series[$0] == Int32(index) }.map { values[$0] }
      #expect(summaries[index] == (own.isEmpty ? nil : try SeriesSummary(of: own)))
    }
    values[12_345] = .nan
    values[19_000] = -.infinity
    #expect(throws: ThreeSigmaError.notFinite(index: 12_345)) {
      try SeriesSummary.summarize(
        values, seriesIndices: series, seriesCount: seriesCount, threadCount: threadCount)
    }
  }
}
