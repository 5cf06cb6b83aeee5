import Models
import Tabular
import Testing

@Suite struct RobustLevelTests {
  /// Median and MAD by sorting twice.
  private func reference(_ values: [Double]) -> (centre: Double, deviation: Double) {
    func median(_ values: [Double]) -> Double {
      let sorted = values.sorted()
      let upper = sorted[sorted.count / 2]
      if !sorted.count.isMultiple(of: 2) { return upper }
      let lower = sorted[sorted.count / 2 - 1]
      return lower + (upper - lower) / 2
    }
    let centre = median(values)
    return (centre, median(values.map { ($0 - centre).magnitude }))
  }

  @Test(arguments: [1, 2, 3, 19, 20, 21, 50, 201, 1_000, 5_000])
  func `Median and MAD equal those of a plain sort, whatever the order and the ties`(_ count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let random = (0..<count).map { _ in generator.normal() }
    let ties = random.map { ($0 * 2).rounded() }
    let orders: [[Double]] = [
      random, random.sorted(), random.sorted(by: >), ties, ties.sorted(),
      Array(repeating: 3, count: count), (0..<count).map { Double($0 % 2) },
      (0..<count).map { Double(min($0, count - $0)) },
    ]
    for values in orders {
      let level = RobustLevel(of: values)
      let expected = reference(values)
      #expect(level.centre == expected.centre)
      if expected.deviation > 0 {
        #expect(level.scale >= expected.deviation * 1.4826022185056018)
      }
      #expect((level.scale == 0) == (values.min() == values.max()))
      #expect(RobustLevel(of: values.reversed()) == level)
    }
  }

  @Test func `Many series at once are the same as one by one`() {
    var generator = SeededGenerator(seed: 2)
    let values = (0..<600).map { _ in generator.normal() }
    let offsets = [0, 1, 100, 377, 600]
    let levels = RobustLevel.levels(of: values, offsets: offsets, threadCount: 2)
    for series in 0..<4 {
      #expect(levels[series] == RobustLevel(of: values[offsets[series]..<offsets[series + 1]]))
    }
  }

  @Test func `The step of the data is the floor, as a sort finds it`() {
    var generator = SeededGenerator(seed: 8)
    for trial in 0..<400 {
      let count = 1 + generator.below(120)
      let grid = [0.25, 1, 1e-13, 1e-15][trial % 4]
      let values = (0..<count).map { _ in
        let value = 1 + grid * Double(generator.below(1 + trial % 9))
        return trial % 3 == 0 && generator.chance(0.6) ? 1 : value
      }
      let sorted = values.sorted()
      let noise = 4 * (sorted.last ?? 0).ulp
      let gaps = zip(sorted.dropFirst(), sorted).map(-).filter { $0 > noise }
      let (centre, deviation) = reference(values)
      var scale = max(deviation * 1.4826022185056018, gaps.min() ?? 0)
      if deviation == 0 {
        let distances = values.map { ($0 - centre).magnitude }
        scale = max(scale, ExactMoments(distances).mean * 1.2533141373155003)
      }
      #expect(RobustLevel(of: values).scale == scale)
    }
  }

  @Test func `A value counted many times has the bits of a value added many times`() {
    var generator = SeededGenerator(seed: 3)
    var counted = ExactMoments()
    var added = ExactMoments()
    for occurrences in [0, 1, 2, 3, 7, 64, 100, 1_001] {
      let value = generator.normal() * 1e6
      counted.add(value, occurrences: occurrences)
      for _ in 0..<occurrences { added.add(value) }
    }
    #expect(counted == added)
    #expect(counted.standardDeviation.bitPattern == added.standardDeviation.bitPattern)
  }
}
