import JSON
import Tabular
import Testing
import Transactions

@testable import Models

@Suite struct ThreeSigmaModelTests {
  private func times(_ count: Int) -> [Timestamp] {
    (0..<count).map { Timestamp(seconds: 1_609_459_200 + Int64($0) * 60) }
  }

  private func fit(
    _ values: [Double], threshold: Double = 3, sides: AnomalySides = .both,
    rule: ThresholdRule = .plain
  ) throws -> ThreeSigmaModel {
    try ThreeSigmaModel.fit(
      timestamps: times(values.count), values: values,
      parameters: ThreeSigmaParameters(threshold: threshold, sides: sides, rule: rule))
  }

  private let later = Timestamp(seconds: 1_700_000_000)

  @Test func `mean, population deviation and band can be checked by hand`() throws {
    let model = try fit([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(model.mean == 5)
    #expect(model.standardDeviation == 2)
    #expect(model.lowerBound == -1)
    #expect(model.upperBound == 11)
    #expect(model.pointCount == 8)
    #expect(model.minimum == 2)
    #expect(model.maximum == 9)
  }

  @Test(arguments: [
    (AnomalySides.both, true, true), (.upper, true, false), (.lower, false, true),
  ])
  func `only strictly outside on a counting side is an anomaly`(
    sides: AnomalySides, above: Bool, below: Bool
  ) throws {
    let model = try fit([2, 4, 4, 4, 5, 5, 7, 9], sides: sides)
    #expect(!model.predict(11, at: later).isAnomaly)
    #expect(!model.predict(-1, at: later).isAnomaly)
    #expect(model.predict((11.0).nextUp, at: later).isAnomaly == above)
    #expect(model.predict((-1.0).nextDown, at: later).isAnomaly == below)
    #expect(model.predict(13, at: later).score == (sides == .lower ? -4 : 4))
  }

  @Test func `the classical upper rule decides as numpy's on and beside the boundary`()
    throws
  {
    // On whole numbers whose mean is exact, numpy and this model have the same bound to the bit.
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      let values = (0..<16).map { _ in Double(generator.below(1000)) }
      let model = try fit(values, sides: .upper)
      let mean = values.reduce(0, +) / 16
      let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 16
      let bound = mean + 3 * variance.squareRoot()
      for value in [bound, bound.nextUp, bound.nextDown, bound + 1, mean, -1e6] {
        #expect(model.predict(value, at: later).isAnomaly == (value > bound))
      }
    }
  }

  @Test(arguments: [0.1, 0, -7.25, 1e300, .leastNonzeroMagnitude])
  func `a constant series is accepted and any other value is an anomaly`(value: Double) throws {
    let model = try fit(Array(repeating: value, count: 10))
    #expect(model.isConstant)
    #expect(model.mean == value)
    #expect(model.standardDeviation == 0)
    #expect(model.warnings.map(\.code) == ["FEW_POINTS", "CONSTANT_SERIES"])
    #expect(!model.predict(value, at: later).isAnomaly)
    #expect(model.predict(value, at: later).score == 0)
    for other in [value.nextUp, value.nextDown, value + 1] where other != value {
      let prediction = model.predict(other, at: later)
      #expect(prediction.isAnomaly)
      #expect(prediction.score == SeriesPrediction.maximumScore)
      #expect(prediction.probability > 0.99)
    }
  }

  @Test func `a series in micro units is not constant`() throws {
    let model = try fit([3e-12, 3.1e-12, 2.9e-12, 3e-12])
    #expect(!model.isConstant)
    #expect(model.predict(4e-12, at: later).isAnomaly)
    #expect(!model.predict(3.05e-12, at: later).isAnomaly)
  }

  @Test func `sums that would overflow do not`() throws {
    let model = try fit([1.7e308, -1.7e308, 1.6e308, 1e308])
    #expect(model.mean.isFinite)
    #expect(model.standardDeviation.isFinite)
    #expect(model.upperBound == .greatestFiniteMagnitude)
    let prediction = model.predict(-.greatestFiniteMagnitude, at: later)
    #expect(prediction.score.isFinite && prediction.probability <= 1)
    #expect(try ThreeSigmaModel(model.json) == model)
  }

  @Test func `each fault names the first point that has it`() {
    let cases: [([Int64], [Double], ThreeSigmaError)] = [
      ([1, 2, 3], [1, 2], .lengthMismatch(timestamps: 3, values: 2)),
      ([], [], .empty),
      ([1], [1], .tooFewPoints(actual: 1, minimum: 2)),
      ([1, 2, 3, 4], [1, .nan, .infinity, 1], .notFinite(index: 1)),
      ([1, 2, 3, 4], [1, 2, -.infinity, 1], .notFinite(index: 2)),
      ([1, 2, 2, 1], [1, 2, 3, 4], .duplicateTimestamp(index: 2)),
      ([1, 3, 2, 2], [1, 2, 3, 4], .unsortedTimestamp(index: 2)),
      ([1, 2, 2], [1, 2, .nan], .notFinite(index: 2)),
    ]
    for (seconds, values, expected) in cases {
      #expect(throws: expected) {
        try ThreeSigmaModel.fit(
          timestamps: seconds.map { Timestamp(seconds: $0) }, values: values)
      }
    }
    #expect(ThreeSigmaError.lengthMismatch(timestamps: 3, values: 2).index == 2)
    #expect(ThreeSigmaError.notFinite(index: 7).index == 7)
    #expect(ThreeSigmaError.empty.index == nil)
  }

  @Test func `parameters out of range are refused`() throws {
    for threshold in [0, -1, .nan, .infinity, 1e7] {
      #expect(throws: ThreeSigmaError.self) { try ThreeSigmaParameters(threshold: threshold) }
    }
    #expect(throws: ThreeSigmaError.self) { try ThreeSigmaParameters(minimumPointCount: 1) }
    #expect(try ThreeSigmaParameters() == .standard)
  }

  @Test func `the finite-sample threshold is scipy's and can be chosen`() throws {
    for item in try SigmaFixtures.load("three_sigma.json").list("thresholds") {
      let expected = item.double("finite_sample")
      let actual = try #require(
        ThreeSigmaModel.finiteSampleThreshold(3, pointCount: item.double("points")))
      #expect(abs(actual - expected) <= 1e-10 * expected)
    }
    let values: [Double] = [2, 4, 4, 4, 5, 5, 7, 9]
    let plain = try fit(values)
    let wide = try fit(values, rule: .finiteSample)
    #expect(wide.effectiveThreshold == plain.finiteSampleThreshold)
    #expect(plain.effectiveThreshold == 3)
    #expect(wide.upperBound > plain.upperBound)
    #expect(try fit(values, threshold: 50).finiteSampleThreshold == nil)
  }

  @Test(arguments: [5, 12, 40])
  func `the finite-sample rule alarms on normal points as rarely as it promises`(count: Int) throws
  {
    // Two sigmas promise 4.55 %; the plain rule breaks the promise for few points, the finite-sample rule keeps it.
    var generator = SeededGenerator(seed: UInt64(count))
    var alarms = 0
    let trials = 4_000
    for _ in 0..<trials {
      let model = try fit(
        (0..<count).map { _ in generator.normal() }, threshold: 2, rule: .finiteSample)
      if model.predict(generator.normal(), at: later).isAnomaly { alarms += 1 }
    }
    #expect(abs(Double(alarms) / Double(trials) - 0.0455) < 0.012)
  }

  @Test func `the probability is the finite-sample one`() throws {
    let model = try fit([2, 4, 4, 4, 5, 5, 7, 9], threshold: 3, rule: .finiteSample)
    let edge = model.predict(model.upperBound, at: later)
    #expect(abs(edge.probability - 0.9973002039367398) < 1e-9)
    #expect(model.predict(5, at: later).probability == 0)
    let upper = try fit([2, 4, 4, 4, 5, 5, 7, 9], sides: .upper)
    #expect(upper.predict(5, at: later).probability == 0.5)
  }

  @Test func `explanations give the numbers behind the decision`() throws {
    let model = try fit([23, 23.6, 23.8, 24, 24.6, 23.8])
    #expect(model.predict(25.9, at: later).explanation == "25.9 is 4.4 σ above the expected 23.8")
    #expect(
      model.predict(23.6, at: later).explanation
        == "23.6 is 0.4 σ below the expected 23.8, within ±3 σ")
    let constant = try fit([5, 5, 5])
    #expect(
      constant.predict(6, at: later).explanation
        == "6 is above 5, the value that the series always had")
    let upper = try fit([23, 23.6, 23.8, 24, 24.6, 23.8], sides: .upper)
    #expect(
      upper.predict(10, at: later).explanation
        == "10 is 29 σ below the expected 23.8, outside ±3 σ on the side that does not count")
  }

  @Test func `a stored model restores bit for bit, and other data refuse`() throws {
    let model = try fit([0.1, 0.2, 0.4, 1e-9], threshold: 2.5, sides: .lower, rule: .finiteSample)
    let text = model.json.text()
    #expect(try ThreeSigmaModel(JSONValue(parsing: text)) == model)
    let refit = try fit([10, 20, 40])
    #expect(refit.predict(0.2, at: later) != model.predict(0.2, at: later))
  }

  @Test func `an altered model is refused, never a trap`() throws {
    let good = try #require(try fit([1, 2, 4, 8]).json.objectValue)
    let values: [JSONValue?] = [
      nil, -1, 0, 1e300, "x", [], [:], .integer(.max), .integer(.min), "NaN", true,
    ]
    // These are for people, or may have some of the values.
    let derived: Set<String> = [
      "minimum", "maximum", "finite_sample_threshold", "warnings", "first_time", "last_time",
    ]
    let free: Set<String> = ["half_life_seconds", "utc_offset_seconds", "method_trials"]
    for key in good.keys where !derived.contains(key) {
      for value in values {
        var altered = good
        altered[key] = value
        if free.contains(key) {
          _ = try? ThreeSigmaModel(.object(altered))
        } else {
          let decoded = try? ThreeSigmaModel(.object(altered))
          #expect(decoded == nil, "\(key)")
        }
      }
    }
  }
}
