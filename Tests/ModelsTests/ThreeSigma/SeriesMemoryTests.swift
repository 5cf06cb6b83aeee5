import Foundation
import JSON
import Tabular
import Testing
import Transactions

@testable import Models

@Suite struct SeriesMemoryTests {
  private static let memories: [SeriesMemory] = [
    .everything, .window(pointCount: 32), .window(pointCount: 50), .window(pointCount: 4_096),
    .forgetting(factor: 0.5), .forgetting(factor: 0.99),
  ]

  private func times(_ range: Range<Int>) -> [Timestamp] {
    range.map { Timestamp(seconds: Int64($0)) }
  }

  private func values(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      1e6 + generator.normal() * PortableMath.exp2(Double(generator.below(30)) - 15)
    }
  }

  @Test(arguments: memories, 1...6)
  func `any split into a fit and updates gives the bits of one fit`(
    memory: SeriesMemory, seed: Int
  ) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let values = values(40 + generator.below(300), seed: UInt64(seed))
    let parameters = try ThreeSigmaParameters(rule: .finiteSample, memory: memory)
    let whole = try ThreeSigmaModel.fit(
      timestamps: times(0..<values.count), values: values, parameters: parameters)
    var end = 2 + generator.below(30)
    var model = try ThreeSigmaModel.fit(
      timestamps: times(0..<end), values: Array(values[..<end]), parameters: parameters)
    while end < values.count {
      let next = min(values.count, end + 1 + generator.below(40))
      // Stored and restored between two batches, as the server does.
      model = try ThreeSigmaModel(JSONValue(parsing: model.json.text()))
      try model.update(timestamps: times(end..<next), values: Array(values[end..<next]))
      end = next
    }
    #expect(model == whole)
    #expect(model.json.text() == whole.json.text())
  }

  @Test(arguments: [32, 50, 160])
  func `a window has the exact moments of its last points and forgets a monster completely`(
    size: Int
  ) throws {
    var window = WindowMoments(pointCount: size)
    var seen: [Double] = []
    for value in [1e300] + values(500, seed: 4) {
      window.add(value)
      seen.append(value)
      let moments = window.moments
      #expect(moments == ExactMoments(seen.suffix(moments.count)))
      #expect(moments.count <= size)
      #expect(
        moments.count >= min(seen.count, WindowMoments.smallestCount(ofWindow: size)))
    }
    #expect(window.moments.maximum < 1e300)
  }

  @Test func `forgetting is the weighted mean and deviation of their formula`() throws {
    let values = values(200, seed: 9).map { $0 - 1e6 }
    var fading = FadingMoments(factor: 0.95)
    for value in values { fading.add(value) }
    let weights = values.indices.map { pow(0.95, Double(values.count - 1 - $0)) }
    let total = weights.reduce(0, +)
    let mean = zip(weights, values).map(*).reduce(0, +) / total
    let variance = zip(weights, values).map { $0 * ($1 - mean) * ($1 - mean) }.reduce(0, +) / total
    #expect(abs(fading.mean - mean) < 1e-9 * mean.magnitude)
    #expect(abs(fading.deviation - variance.squareRoot()) < 1e-9 * fading.deviation)
    let squares = weights.map { $0 * $0 }.reduce(0, +)
    #expect(abs(fading.effectivePointCount - total * total / squares) < 1e-9)
  }

  @Test func `after a change of level a model that forgets follows and one that does not alarms`()
    throws
  {
    let level = (0..<600).map { ($0 < 300 ? 0.0 : 100) + Double($0 % 7) }
    func isNormal(_ memory: SeriesMemory) throws -> Bool {
      let model = try ThreeSigmaModel.fit(
        timestamps: times(0..<600), values: level,
        parameters: ThreeSigmaParameters(threshold: 2.5, memory: memory))
      return !model.predict(0, at: Timestamp(seconds: 601)).isAnomaly
    }
    #expect(try isNormal(.everything))
    #expect(try !isNormal(.window(pointCount: 160)))
    #expect(try !isNormal(.forgetting(factor: 0.95)))
  }

  @Test(arguments: [
    1.7e308, -1.7e308, Double.leastNonzeroMagnitude, .leastNormalMagnitude / 64, 0.1,
  ])
  func `monsters, denormals and constants leave finite numbers`(value: Double) throws {
    for memory in Self.memories {
      var values = Array(repeating: value, count: 40)
      let parameters = try ThreeSigmaParameters(memory: memory)
      let constant = try ThreeSigmaModel.fit(
        timestamps: times(0..<40), values: values, parameters: parameters)
      #expect(constant.mean == value)
      #expect(constant.standardDeviation == 0)
      #expect(constant.isConstant)
      values += [-value, value, -value]
      let model = try ThreeSigmaModel.fit(
        timestamps: times(0..<43), values: values, parameters: parameters)
      #expect(model.mean.isFinite && model.standardDeviation.isFinite)
      #expect(model.lowerBound.isFinite && model.upperBound.isFinite)
      let verdict = model.predict(value, at: Timestamp(seconds: 50))
      #expect(verdict.score.isFinite && verdict.probability.isFinite)
    }
  }

  @Test(arguments: [
    SeriesMemory.window(pointCount: 31), .window(pointCount: .max), .window(pointCount: -1),
    .forgetting(factor: 0.4), .forgetting(factor: 1), .forgetting(factor: .nan),
  ])
  func `settings out of range are refused`(memory: SeriesMemory) {
    #expect(throws: ThreeSigmaError.self) { try ThreeSigmaParameters(memory: memory) }
  }

  @Test func `memory goes with sigma, and a window holds the minimum of points`() {
    #expect(throws: ThreeSigmaError.self) {
      try ThreeSigmaParameters(method: .robust, memory: .window(pointCount: 64))
    }
    #expect(throws: ThreeSigmaError.self) {
      try ThreeSigmaParameters(minimumPointCount: 64, memory: .window(pointCount: 64))
    }
  }

  @Test(arguments: [SeriesMemory.window(pointCount: 32), .forgetting(factor: 0.9)])
  func `an altered state is refused, never a trap`(memory: SeriesMemory) throws {
    let model = try ThreeSigmaModel.fit(
      timestamps: times(0..<70), values: values(70, seed: 2),
      parameters: ThreeSigmaParameters(memory: memory))
    let good = try #require(model.json.objectValue)
    let state = try #require(good["memory"]?.objectValue)
    for key in state.keys {
      for value in [nil, -1, 0, 1e300, "x", [], [:], .integer(.max), .null] as [JSONValue?] {
        var (altered, part) = (good, state)
        part[key] = value
        altered["memory"] = .object(part)
        guard key != "squared_weight" else {
          _ = try? ThreeSigmaModel(.object(altered))
          continue
        }
        #expect(throws: ModelError.self, "\(key)") { try ThreeSigmaModel(.object(altered)) }
      }
    }
  }

  @Test func `a model of the first format still loads, and one with a zone keeps its law`() throws {
    let plain = try ThreeSigmaModel.fit(timestamps: times(0..<40), values: values(40, seed: 3))
    #expect(plain.json["format_version"]?.integerValue == 1)
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/zones").path
    let zone = try CalendarZone(parsing: "Europe/Berlin", folder: folder)
    // Hourly through the night in which summer time begins, the 8 h of the wall far above the rest.
    let start = try #require(Timestamp(parsing: "2024-03-11T00:00:00Z"))
    let hours = (0..<24 * 40).map { start + .seconds(Int64($0) * 3_600) }
    let values = hours.map { zone.wallHour(at: $0) % 24 == 8 ? 100.0 : 0 }
    let model = try ThreeSigmaModel.fit(
      timestamps: hours, values: values,
      parameters: ThreeSigmaParameters(method: .seasonal, zone: zone))
    #expect(model.json["format_version"]?.integerValue == 2)
    #expect(try ThreeSigmaModel(JSONValue(parsing: model.json.text())) == model)
    let (winter, summer) = ("2024-02-05T07:00:00Z", "2024-06-03T06:00:00Z")
    for text in [winter, summer] {
      let time = try #require(Timestamp(parsing: text))
      #expect(!model.predict(100, at: time).isAnomaly, "\(text)")
      #expect(model.predict(100, at: time + .seconds(3_600)).isAnomaly, "\(text)")
    }
    let utc = try ThreeSigmaModel.fit(
      timestamps: hours, values: values, parameters: ThreeSigmaParameters(method: .seasonal))
    #expect(utc.profile.scale > 10 * max(model.profile.scale, 1e-9))
  }
}
