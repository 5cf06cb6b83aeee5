import JSON
import Tabular
import Testing

@testable import Models

@Suite struct ExactMomentsTests {
  @Test func `mean and deviation are the exact ones, rounded`() throws {
    for item in try SigmaFixtures.load("three_sigma.json").list("moments") {
      let name = item["name"]?.stringValue ?? ""
      let moments = ExactMoments(item.doubles("values"))
      #expect(moments.mean == item.double("mean"), "\(name)")
      let expected = item.double("std")
      // The square root of the rounded variance may differ from the rounded square root in the last bit.
      #expect(abs(moments.standardDeviation - expected) <= expected.ulp, "\(name)")
    }
  }

  @Test func `numpy agrees within its own rounding`() throws {
    for item in try SigmaFixtures.load("three_sigma.json").list("moments") {
      guard let mean = item["numpy_mean"]?.doubleValue, let std = item["numpy_std"]?.doubleValue
      else { continue }
      let moments = ExactMoments(item.doubles("values"))
      let scale = max(moments.maximum.magnitude, moments.minimum.magnitude)
      #expect(abs(moments.mean - mean) <= 1e-14 * scale)
      #expect(abs(moments.standardDeviation - std) <= max(1e-13 * scale, 1e-300))
    }
  }

  @Test(arguments: [1.0, 1e-300, 1e300, 1.7e9])
  func `any order and any split give identical bits`(scale: Double) throws {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<100 {
      let count = 2 + generator.below(60)
      let values = (0..<count).map { _ in
        (generator.normal() + 5) * scale * PortableMath.exp2(Double(generator.below(40)) - 20)
      }
      let whole = ExactMoments(values)
      let shuffled = ExactMoments(values.shuffled(using: &generator))
      var parts = (0..<4).map { _ in ExactMoments() }
      for value in values { parts[generator.below(4)].add(value) }
      var merged = ExactMoments()
      for part in parts.shuffled(using: &generator) { merged.merge(part) }
      for other in [shuffled, merged] {
        #expect(other == whole)
        #expect(other.mean.bitPattern == whole.mean.bitPattern)
        #expect(other.standardDeviation.bitPattern == whole.standardDeviation.bitPattern)
      }
    }
  }

  @Test func `values that cancel leave what is left exactly`() {
    let moments = ExactMoments([1e308, 1, -1e308, 1e308, -1e308, -1, 0x1p-1060])
    #expect(moments.mean == 0x1p-1060 / 7)
  }

  @Test func `the stored state restores the same moments`() throws {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<50 {
      let values = (0..<20).map { _ in
        generator.normal() * PortableMath.exp2(generator.uniform(-300, 300))
      }
      let moments = ExactMoments(values)
      #expect(try ExactMoments(moments.json) == moments)
    }
    #expect(try ExactMoments(ExactMoments().json) == ExactMoments())
    let constant = ExactMoments(Array(repeating: 0.1, count: 10))
    #expect(try ExactMoments(constant.json) == constant)
  }

  @Test func `sums that no numbers have are refused`() {
    let good = ExactMoments([1, 2, 4]).json.objectValue ?? JSONObject()
    let changes: [(String, JSONValue)] = [
      ("count", -1), ("count", 0), ("count", .integer(.max)), ("count", "3"),
      ("minimum", 5), ("minimum", 3), ("maximum", 2), ("maximum", nil),
      ("sum", "0x7p1"), ("sum", "-0x7p0"), ("sum", "0x07p0"), ("sum", "0xep-1"),
      ("sum", "0x7p99999"),
      ("sum", "7"), ("sum", ""), ("sum", "0x"), ("sum", "0xp0"), ("sum", "0x7p"), ("sum", 7),
      ("sum_of_squares", "-0x15p0"), ("sum_of_squares", "0x1p0"),
      ("sum_of_squares", .string("0x1" + String(repeating: "0", count: 5000) + "p0")),
    ]
    for (key, value) in changes {
      var altered = good
      altered[key] = value
      #expect(throws: ModelError.self, "\(key)") { try ExactMoments(.object(altered)) }
    }
  }
}
