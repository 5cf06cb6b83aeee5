import JSON
import Tabular
import Testing
import Transactions

@testable import Models

@Suite struct ThreeSigmaMethodsTests {
  private let start: Int64 = 1_700_000_000

  private func times(_ count: Int, every seconds: Int64 = 3_600) -> [Timestamp] {
    (0..<count).map { Timestamp(seconds: start + Int64($0) * seconds) }
  }

  private func isClose(_ value: Double, _ expected: Double, _ tolerance: Double = 1e-10) -> Bool {
    abs(value - expected) <= tolerance * max(1, abs(expected))
  }

  @Test func `median and MAD are scipy's`() throws {
    for item in try SigmaFixtures.load("methods.json").list("robust") {
      let level = RobustLevel(of: item.doubles("values"))
      #expect(isClose(level.centre, item.double("median")))
      #expect(isClose(level.scale, item.double("scale")))
    }
  }

  @Test func `a series that is mostly one value has a spread that does not explode`() throws {
    var values = [Double](repeating: 5, count: 40)
    for index in 0..<10 { values[index * 4] = 5 + Double(index % 3) }
    let model = try ThreeSigmaModel.fit(
      timestamps: times(40), values: values, parameters: ThreeSigmaParameters(method: .robust))
    #expect(model.profile == .level(centre: 5, scale: model.profile.scale))
    #expect(model.profile.scale >= 1)
    #expect(model.predict(6, at: Timestamp(seconds: start)).score <= 1)
    #expect(model.predict(20, at: Timestamp(seconds: start)).isAnomaly)
  }

  @Test func `seasonal values, slope and spread are those of least squares`() throws {
    for item in try SigmaFixtures.load("methods.json").list("seasonal") {
      let timestamps = item.doubles("seconds").map { Timestamp(seconds: Int64($0)) }
      let values = item.doubles("values")
      let slots: SeasonalSlots =
        switch item["slots"]?.integerValue {
        case 24: .hourOfDay
        case 168: .hourOfWeek
        default: .none
        }
      let profile = SeasonalProfile.fit(
        timestamps: timestamps, values: values, zone: .utc)
      #expect(profile.slots == slots)
      #expect((profile.slopePerDay != 0) == item["trend"]?.boolValue)
      #expect(isClose(profile.slopePerDay, item.double("slope")))
      #expect(isClose(profile.scale, item.double("scale")))
      for (value, expected) in zip(profile.values, item.doubles("slot_values")) {
        #expect(isClose(value, expected))
      }
    }
  }

  @Test func `level and spread of the EWMA follow their formula under irregular sampling`() throws {
    for item in try SigmaFixtures.load("methods.json").list("ewma") {
      let timestamps = item.doubles("seconds").map { Timestamp(seconds: Int64($0)) }
      let profile = ExponentialProfile.fit(
        timestamps: timestamps, values: item.doubles("values"),
        halfLife: .seconds(Int64(item.double("half_life"))))
      #expect(isClose(profile.level, item.double("level")))
      #expect(isClose(profile.scale, item.double("scale")))
    }
  }

  @Test(arguments: [
    ("2023-11-14T22:59:59Z", 0, 22, 46), ("2023-11-13T00:00:00Z", 0, 0, 0),
    ("2024-02-29T23:30:00Z", 3_600, 0, 96), ("1969-12-31T23:59:59Z", 0, 23, 71),
    ("2023-11-12T23:00:00Z", -3_600, 22, 166),
  ])
  func `slots are hours of the local clock, also before 1970 and on leap days`(
    text: String, offset: Int64, hourOfDay: Int, hourOfWeek: Int
  ) throws {
    let time = try #require(Timestamp(parsing: text))
    let zone = CalendarZone(offset: .seconds(offset))
    #expect(SeasonalSlots.hourOfDay.index(of: time, in: zone) == hourOfDay)
    #expect(SeasonalSlots.hourOfWeek.index(of: time, in: zone) == hourOfWeek)
    for extreme in [Int64.min, .max] {
      let index = SeasonalSlots.hourOfWeek.index(
        of: Timestamp(microseconds: extreme), in: zone)
      #expect((0..<168).contains(index))
    }
  }

  /// A daily rhythm, a trend, a random walk, or noise with outliers.
  private func series(_ kind: ThreeSigmaMethod, count: Int) -> [Double] {
    var generator = SeededGenerator(seed: 5)
    var walk = 0.0
    return (0..<count).map { index in
      switch kind {
      case .seasonal:
        return 10 * PortableMath.sin(Double(index % 24) / 24 * 6.283185) + generator.normal() * 0.3
      case .ewma:
        walk += generator.normal()
        return walk
      case .robust:
        return generator.chance(0.2) ? 1_000 * generator.uniform() : generator.normal()
      default: return generator.normal()
      }
    }
  }

  @Test(arguments: [ThreeSigmaMethod.sigma, .robust, .seasonal, .ewma])
  func `auto picks the method that the series calls for and says why`(kind: ThreeSigmaMethod) throws
  {
    let model = try ThreeSigmaModel.fit(
      timestamps: times(480), values: series(kind, count: 480),
      parameters: ThreeSigmaParameters(method: .auto))
    #expect(model.method == kind)
    #expect(model.trials.map(\.method) == [.sigma, .robust, .seasonal, .ewma])
    #expect(try ThreeSigmaModel(JSONValue(parsing: model.json.text())) == model)
  }

  @Test func `auto on a short series is plain sigma`() throws {
    let model = try ThreeSigmaModel.fit(
      timestamps: times(5), values: [1, 2, 3, 4, 5],
      parameters: ThreeSigmaParameters(method: .auto))
    #expect(model.method == .sigma)
    #expect(model.trials.isEmpty)
  }

  @Test func `a seasonal explanation names the hour`() throws {
    let model = try ThreeSigmaModel.fit(
      timestamps: times(480), values: series(.seasonal, count: 480),
      parameters: ThreeSigmaParameters(method: .seasonal))
    let time = try #require(Timestamp(parsing: "2023-12-05T14:30:00Z"))
    let expected = model.predict(0, at: time).expectedValue
    let text = model.predict(expected + 10, at: time).explanation
    #expect(text.hasSuffix(" for 14 h") && text.contains("σ above the usual"))
    #expect(model.predict(expected + 10, at: time).isAnomaly)
    #expect(!model.predict(expected, at: time).isAnomaly)
  }

  @Test func `a series without a season says so`() throws {
    let model = try ThreeSigmaModel.fit(
      timestamps: times(30), values: series(.sigma, count: 30),
      parameters: ThreeSigmaParameters(method: .seasonal))
    #expect(model.warnings.contains { $0.code == "NO_SEASON" })
  }

  @Test func `updating sigma equals fitting everything`() throws {
    let values = series(.ewma, count: 100)
    let timestamps = times(100)
    let parameters = try ThreeSigmaParameters(rule: .finiteSample)
    let whole = try ThreeSigmaModel.fit(
      timestamps: timestamps, values: values, parameters: parameters)
    var model = try ThreeSigmaModel.fit(
      timestamps: Array(timestamps[..<10]), values: Array(values[..<10]), parameters: parameters)
    for range in [10..<11, 11..<60, 60..<100] {
      try model.update(timestamps: Array(timestamps[range]), values: Array(values[range]))
    }
    #expect(model == whole)
    let before = model
    #expect(throws: ThreeSigmaError.duplicateTimestamp(index: 0)) {
      try model.update(timestamps: [timestamps[99]], values: [1])
    }
    #expect(throws: ThreeSigmaError.unsortedTimestamp(index: 0)) {
      try model.update(timestamps: [timestamps[9]], values: [1])
    }
    #expect(throws: ThreeSigmaError.notFinite(index: 1)) {
      try model.update(
        timestamps: [Timestamp(seconds: 2_000_000_000), Timestamp(seconds: 2_000_000_001)],
        values: [1, .nan])
    }
    #expect(model == before)
  }

  @Test func `updating EWMA follows a new level, and seasonal values move`() throws {
    let parameters = try ThreeSigmaParameters(method: .ewma)
    var model = try ThreeSigmaModel.fit(
      timestamps: times(200), values: series(.sigma, count: 200), parameters: parameters)
    let later = (0..<400).map { Timestamp(seconds: start + Int64(200 + $0) * 3_600) }
    #expect(model.predict(50, at: later[0]).isAnomaly)
    try model.update(timestamps: later, values: later.map { _ in 50 })
    #expect(!model.predict(50, at: Timestamp(seconds: start + 700 * 3_600)).isAnomaly)

    var seasonal = try ThreeSigmaModel.fit(
      timestamps: times(480), values: series(.seasonal, count: 480),
      parameters: ThreeSigmaParameters(method: .seasonal))
    let next = Timestamp(seconds: start + 480 * 3_600)
    let expected = seasonal.predict(0, at: next).expectedValue
    try seasonal.update(timestamps: [next], values: [expected + 2.1])
    #expect(isClose(seasonal.predict(0, at: next).expectedValue, expected + 0.1))
  }

  @Test(arguments: ThreeSigmaMethod.allCases)
  func `extreme and tiny series neither trap nor give what JSON cannot hold`(
    method: ThreeSigmaMethod
  ) throws {
    let extremes: [[Double]] = [
      [1.7e308, -1.7e308, 1.7e308, 0], [0, .leastNonzeroMagnitude, 0, 0], [3, 3, 3], [1, 2],
      Array(repeating: 0.1, count: 40), (0..<40).map { $0 % 2 == 0 ? 1.7e308 : -1.7e308 },
      (0..<80).map { Double($0) * 1e306 },
    ]
    for values in extremes {
      var timestamps = times(values.count)
      timestamps[0] = Timestamp(microseconds: .min)
      timestamps[values.count - 1] = Timestamp(microseconds: .max)
      for stamps in [times(values.count), timestamps] {
        let model = try ThreeSigmaModel.fit(
          timestamps: stamps, values: values, parameters: ThreeSigmaParameters(method: method))
        for value in [0, 1e308, -1e308, 5, .leastNonzeroMagnitude] {
          let prediction = model.predict(value, at: Timestamp(seconds: start))
          #expect(prediction.score.isFinite && prediction.expectedValue.isFinite)
          #expect((0...1).contains(prediction.probability))
        }
        #expect(try ThreeSigmaModel(JSONValue(parsing: model.json.text())) == model)
      }
    }
  }

  @Test(arguments: [ThreeSigmaMethod.robust, .ewma, .seasonal])
  func `an altered profile is refused, never a trap`(method: ThreeSigmaMethod) throws {
    let model = try ThreeSigmaModel.fit(
      timestamps: times(480), values: series(.seasonal, count: 480),
      parameters: ThreeSigmaParameters(method: method))
    let good = try #require(model.json.objectValue)
    let profile = try #require(good["profile"]?.objectValue)
    for key in profile.keys {
      for value: JSONValue? in [nil, .null, "x", [], [:], .number(-1e308), .integer(.min)] {
        var altered = profile
        altered[key] = value
        var whole = good
        whole["profile"] = .object(altered)
        let decoded = try? ThreeSigmaModel(.object(whole))
        // Some members, such as a negative trend, can have the value; then the model must still answer.
        if let decoded { _ = decoded.predict(1, at: Timestamp(seconds: start)) }
      }
    }
  }
}
