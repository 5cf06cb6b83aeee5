import Tabular
import Testing

@Suite struct SeededGeneratorTests {
  @Test func `the stream of a seed is pinned`() {
    var generator = SeededGenerator(seed: 7)
    let first = (0..<3).map { _ in generator.next() }
    var again = SeededGenerator(seed: 7)
    #expect(first == (0..<3).map { _ in again.next() })
    #expect(
      first == [
        3_822_060_276_188_950_975, 7_870_441_586_774_305_383, 4_044_593_800_113_012_244,
      ])
  }

  @Test func `streams of one seed differ`() {
    var one = SeededGenerator(seed: 7, stream: 1)
    var two = SeededGenerator(seed: 7, stream: 2)
    #expect(one.next() != two.next())
  }

  @Test func `a sample has no repeats and covers the population`() {
    var generator = SeededGenerator(seed: 3)
    let sample = generator.sample(50, from: 50)
    #expect(sample.sorted() == Array(0..<50))
    #expect(Set(generator.sample(10, from: 1_000_000)).count == 10)
  }

  @Test func `distributions have their moments`() {
    var generator = SeededGenerator(seed: 5)
    let count = 50_000
    let normals = (0..<count).map { _ in generator.normal() }
    let mean = normals.reduce(0, +) / Double(count)
    let variance = normals.reduce(0) { $0 + $1 * $1 } / Double(count)
    #expect(abs(mean) < 0.02)
    #expect(abs(variance - 1) < 0.03)
    let poisson = (0..<count).map { _ in generator.poisson(mean: 40) }.reduce(0, +)
    #expect(abs(Double(poisson) / Double(count) - 40) < 0.2)
    let below = (0..<count).map { _ in generator.below(10) }.reduce(0, +)
    #expect(abs(Double(below) / Double(count) - 4.5) < 0.06)
  }
}
