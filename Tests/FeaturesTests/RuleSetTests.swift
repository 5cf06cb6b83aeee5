import Features
import JSON
import Testing
import Transactions
import YAML

@Suite struct RuleSetTests {
  private func engine(_ rules: RuleSet = .standard) throws -> FeatureEngine {
    try FeatureEngine(FeatureSpecification(features: [FeatureDefinition(.amount)]), rules: rules)
  }

  private func payment(
    _ amount: Double, at seconds: Int64, latitude: Double? = nil, longitude: Double? = nil,
    channel: String = "card_present"
  ) -> Transaction {
    Transaction(
      id: "\(seconds)", time: Timestamp(seconds: seconds), userID: "u",
      amount: Money(roundingToHundredths: amount) ?? Money(millionths: 0), channel: channel,
      latitude: latitude, longitude: longitude)
  }

  @Test func `five payments in five minutes and a spike are told with their numbers`() throws {
    var engine = try engine()
    for day in 0..<40 as Range<Int64> {
      #expect(engine.assess(payment(140 + Double(day), at: day * 86_400)).findings.isEmpty)
    }
    let start: Int64 = 50 * 86_400
    for index in 0..<4 as Range<Int64> {
      let findings = engine.assess(payment(150, at: start + index * 75)).findings
      #expect(findings.isEmpty)
    }
    let (features, findings) = engine.assess(payment(5_000, at: start + 300))
    #expect(features == [5_000])
    #expect(findings.map(\.name) == ["VELOCITY_HIGH", "AMOUNT_SPIKE"])
    #expect(
      findings[0].explanation
        == "5th transaction in 5 minutes; amount 5,000.00 against an average of 158.64")
    #expect(findings[0].evidence.first { $0.name == "count" }?.value == 5)
    #expect(
      findings[1].explanation
        == "amount 5,000.00 is 31.5 times the average of 158.64 over 44 transactions")
    #expect(findings[1].json["severity"] == "medium")
  }

  @Test func `no one crosses an ocean in an hour, except online`() throws {
    let (paris, york) = ((48.8566, 2.3522), (40.7128, -74.006))
    var engine = try engine()
    _ = engine.assess(payment(10, at: 0, latitude: paris.0, longitude: paris.1))
    let online = payment(10, at: 1_800, latitude: york.0, longitude: york.1, channel: "online")
    #expect(engine.assess(online).findings.isEmpty)
    let findings = engine.assess(
      payment(10, at: 3_600, latitude: york.0, longitude: york.1)
    ).findings
    #expect(findings.map(\.name) == ["GEO_IMPOSSIBLE"])
    #expect(
      findings.first?.explanation
        == "5,837 km from the previous transaction, which takes 5,827 km/h; possible is 900")
    let later = payment(10, at: 3_600 + 8 * 3_600, latitude: paris.0, longitude: paris.1)
    #expect(engine.assess(later).findings.isEmpty)
  }

  @Test func `thresholds come from the settings and go back to them`() throws {
    let document = try YAMLDocument(
      parsing: """
        rules:
          - {name: FAST, kind: velocity, entity: device, window: 1min, count: 2, severity: high}
          - {name: FAR, kind: impossible_travel, speed: 300, distance: 50}
          - {name: BIG, kind: amount_spike, ratio: 3, z_score: 4, minimum_count: 2, minimum_amount: 9.5}
        """)
    let rules = try RuleSet(document.json["rules"] ?? .null)
    #expect(rules.rules.map(\.name) == ["FAST", "FAR", "BIG"])
    #expect(try RuleSet(rules.json) == rules)
    #expect(try RuleSet("standard") == .standard)
    #expect(try RuleSet(RuleSet.standard.json) == .standard)
    var engine = try engine(rules)
    var first = payment(1, at: 0)
    first.deviceID = "d"
    var second = payment(1, at: 59)
    second.deviceID = "d"
    #expect(engine.assess(first).findings.isEmpty)
    #expect(engine.assess(second).findings.first?.severity == .high)
  }

  @Test(arguments: [
    ("[{name: low, kind: velocity}]", "rules[0].name"), ("[{name: A}]", "rules[0].kind"),
    ("[{name: A, kind: velocity, cuont: 3}]", "rules[0].cuont"),
    ("[{name: A, kind: velocity, count: 1}]", "rules[0].count"),
    ("[{name: A, kind: velocity}, {name: A, kind: velocity}]", "rules[1].name"),
    ("[{name: A, kind: velocity, severity: bad}]", "rules[0].severity"), ("7", "rules"),
    ("[{name: A, kind: amount_spike, minimum_amount: x}]", "rules[0].minimum_amount"),
  ])
  func `a mistake is named by its path`(text: String, path: String) throws {
    let json = try YAMLDocument(parsing: text).json
    let error = #expect(throws: FeatureError.self) { try RuleSet(json) }
    guard case .invalidSetting(path, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
