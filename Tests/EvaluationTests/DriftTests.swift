@testable import Evaluation
import JSON
import Tabular
import Testing

@Suite struct DriftTests {
  @Test func `Distances equal scipy's`() throws {
    for item in try #require(evaluationFixture("statistics.json")["drift"]?.arrayValue) {
      let name = Comment(rawValue: item["name"]?.stringValue ?? "")
      let drift = try FeatureDrift(
        name: "x", training: item["training"]?.numbers ?? [],
        current: item["current"]?.numbers ?? [])
      let distance = try #require(drift.distance.value)
      #expect(abs(distance - (item["ks"]?.doubleValue ?? -1)) < 1e-14, name)
      let transport = try #require(drift.transport.value)
      #expect(abs(transport - (item["wasserstein"]?.doubleValue ?? -1)) < 1e-12, name)
      // scipy's probability is exact for small samples, ours the corrected limit.
      let probability = try #require(drift.distanceProbability.value)
      #expect(abs(probability - (item["ks_probability"]?.doubleValue ?? -1)) < 0.03, name)
      #expect((drift.verdict == .moved) == (item["name"]?.stringValue != "same"), name)
    }
  }

  @Test func `Quantiles equal scipy's`() throws {
    let fixture = try evaluationFixture("statistics.json")
    for row in fixture["normal"]?.arrayValue?.map(\.numbers) ?? [] {
      #expect(abs(Distribution.normalQuantile(row[0]) - row[1]) <= 2e-9 * max(1, abs(row[1])))
    }
    for row in fixture["chi_squared"]?.arrayValue?.map(\.numbers) ?? [] {
      let value = Distribution.chiSquaredQuantile(row[0], freedom: Int(row[1]))
      #expect(abs(value / row[2] - 1) < 0.02, "\(row)")
    }
  }

  @Test(arguments: [(training: 1_000, current: 100), (5_000, 300), (2_000, 800)])
  func `Chance passes its level as often as stated`(
    sizes: (training: Int, current: Int)
  ) throws {
    // The bins of a training sample hold equal counts, so one level serves every run; what varies is where the edges
    // lie in truth and how the current rows fall.
    let counts = [Int](repeating: sizes.training / 10, count: 10) + [0]
    let alarmRate = 0.05
    let level = try PopulationStability(
      training: counts, current: counts.map { $0 * sizes.current / sizes.training },
      alarmRate: alarmRate
    ).chanceLevel
    var generator = SeededGenerator(seed: 11)
    let runCount = 400
    var exceedingCount = 0
    for _ in 0..<runCount {
      let training = (0..<sizes.training).map { _ in generator.uniform() }
      let bins = try QuantileBins(training: training)
      let current = bins.counts(of: (0..<sizes.current).map { _ in generator.uniform() })
      let run = PopulationStability.index(bins.counts, current)
      if run > level { exceedingCount += 1 }
    }
    let rate = Double(exceedingCount) / Double(runCount)
    #expect(abs(rate - alarmRate) < 4 * (alarmRate * (1 - alarmRate) / 400).squareRoot(), "\(rate)")
  }

  @Test func `A feature moves when its values do, not when rows are few`() throws {
    var generator = SeededGenerator(seed: 5)
    let training = (0..<2_000).map { _ in PortableMath.exp(generator.normal()) }
    let larger = (0..<2_000).map { _ in 2.7 * PortableMath.exp(generator.normal()) }
    let few = (0..<60).map { _ in PortableMath.exp(generator.normal()) }
    #expect(try FeatureDrift(name: "x", training: training, current: larger).verdict == .moved)
    let quiet = try FeatureDrift(name: "x", training: training, current: few)
    #expect(quiet.verdict == .stable && quiet.stability.chanceLevel > 0.1)
    let missing = try FeatureDrift(
      name: "x", training: training, current: larger.indices.map { $0 < 600 ? .nan : training[$0] })
    #expect(missing.missingShares == (0, 0.3) && missing.verdict == .moved)
  }

  @Test func `Constant, missing and infinite values have an answer`() throws {
    let constant = try FeatureDrift(name: "x", training: [1, 1, 1], current: [1, 1])
    #expect(constant.verdict == .stable && constant.stability.index < 0.1)
    #expect(constant.transport == .undefined("the feature does not vary in training"))
    let gone = try FeatureDrift(name: "x", training: [1, 2, 3], current: [.nan, .nan])
    #expect(gone.distance.value == nil && gone.missingShares.current == 1)
    let infinite = try FeatureDrift(
      name: "x", training: [1, 2, .infinity], current: [-.infinity, 4])
    #expect(infinite.distance.value != nil)
    #expect(throws: EvaluationError.self) {
      try FeatureDrift(name: "x", training: [.nan], current: [1])
    }
    #expect(throws: EvaluationError.self) {
      try FeatureDrift(name: "x", training: [1], current: [])
    }
  }

  @Test func `Bins come back from their JSON, and nonsense does not`() throws {
    let bins = try QuantileBins(training: (0..<500).map { Double($0 % 37) } + [.nan])
    #expect(try QuantileBins(.object(bins.json)) == bins)
    #expect(bins.counts.last == 1 && bins.counts.reduce(0, +) == 501)
    for text in [
      "{}", "[]", #"{"edges":[1,1],"counts":[1,1,1,1]}"#, #"{"edges":[1],"counts":[1,1]}"#,
      #"{"edges":[1],"counts":[1,-1,1]}"#, #"{"edges":["a"],"counts":[1,1]}"#,
      #"{"edges":[],"counts":[0,0]}"#,
    ] {
      #expect(throws: EvaluationError.self, "\(text)") {
        try QuantileBins(JSONValue(parsing: text))
      }
    }
  }

  @Test func `A table is compared column by column and its reference comes back from its JSON`()
    throws
  {
    var generator = SeededGenerator(seed: 9)
    func table(_ rowCount: Int, shift: Double) -> Matrix<Double> {
      Matrix(
        rowCount: rowCount, columnCount: 2,
        values: (0..<2 * rowCount).map { index in
          generator.normal() + (index.isMultiple(of: 2) ? shift : 0)
        })
    }
    let (training, current) = (table(600, shift: 0), table(500, shift: 2))
    let results = try [1, 2].map { threadCount in
      try FeatureDrift.table(
        featureNames: ["a", "b"], training: training, current: current, threadCount: threadCount)
    }
    #expect(results[0] == results[1])
    #expect(results[0].map(\.verdict) == [.moved, .stable])
    let reference = try DriftReference(
      featureNames: ["a", "b"], training: training, scores: training.column(0))
    #expect(try DriftReference(JSONValue(parsing: reference.json.bytes())) == reference)
    #expect(throws: EvaluationError.self) { try DriftReference(["format": "other/1"]) }
    #expect(throws: EvaluationError.self) {
      try FeatureDrift.table(featureNames: ["a"], training: training, current: current)
    }
  }
}
