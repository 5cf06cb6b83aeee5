import JSON
import Promotion
import Testing
import Transactions

@Suite struct PromotionDecisionTests {
  static func metrics(_ value: JSONValue, interval: (Double, Double)? = nil) -> JSONValue {
    var document: JSONObject = ["headline": ["average_precision": ["value": value]]]
    if let (lower, upper) = interval {
      document["comparison"] = [
        "average_precision": [
          "difference": ["lower": .number(lower), "upper": .number(upper)]
        ]
      ]
    }
    return .object(document)
  }

  static func evidence(_ challenger: JSONValue, _ champion: JSONValue?) -> PromotionEvidence {
    PromotionEvidence(
      challenger: challenger, champion: champion, moment: Timestamp(seconds: 1_800_000_000))
  }

  @Test(arguments: [
    (0.35, true, "better"), (0.30, true, "equal"), (0.295, true, "within tolerance"),
    (0.28, false, "worse"),
  ])
  func `a point estimate may drop by the tolerance and no further`(
    value: Double, isAccepted: Bool, note: String
  ) {
    let decision = PromotionPolicy.standard().decide(
      Self.evidence(Self.metrics(.number(value)), Self.metrics(0.30)))
    #expect(decision.isAccepted == isAccepted)
    #expect(decision.outcomes.last?.note == note)
  }

  @Test(arguments: [
    (0.01, 0.05, true, "better"), (-0.01, 0.05, true, "not worse within the margin"),
    (-0.05, -0.01, false, "worse"), (-0.05, 0.05, false, "not enough evidence"),
  ])
  func `the paired interval decides when there is one`(
    lower: Double, upper: Double, isAccepted: Bool, note: String
  ) {
    // The point estimates say the opposite: the interval is paired, they are not.
    let challenger = Self.metrics(isAccepted ? 0.1 : 0.9, interval: (lower, upper))
    let decision = PromotionPolicy.standard().decide(
      Self.evidence(challenger, Self.metrics(0.5)))
    #expect(decision.isAccepted == isAccepted)
    #expect(decision.outcomes.last?.note == note)
  }

  @Test func `where lower is better the interval is read from the other side`() throws {
    let policy = try PromotionPolicy([
      "gates": [
        ["metric": "cost", "not_worse_than_champion": 1, "better": "lower", "interval": "paired"]
      ]
    ])
    let verdicts = [(-9.0, -2.0), (-9, 0.5), (0.5, 3)].map { lower, upper in
      policy.decide(
        Self.evidence(
          ["cost": 5, "paired": ["lower": .number(lower), "upper": .number(upper)]], ["cost": 5]))
    }
    #expect(verdicts.map(\.isAccepted) == [true, true, false])
    #expect(
      verdicts.map { $0.outcomes[0].note } == ["better", "not worse within the margin", "worse"])
  }

  @Test func `the first champion passes on the absolute gates alone`() {
    let decision = PromotionPolicy.standard().decide(Self.evidence(Self.metrics(0.2), nil))
    #expect(decision.isAccepted)
    #expect(decision.outcomes.map(\.verdict) == [.passed, .notApplicable])
  }

  @Test func `a metric that is undefined refuses and says why`() {
    let undefined: JSONValue = [
      "headline": ["average_precision": ["value": nil, "reason": "no positive rows"]]
    ]
    let decision = PromotionPolicy.standard().decide(Self.evidence(undefined, nil))
    #expect(!decision.isAccepted)
    #expect(decision.outcomes[0].note == "undefined: no positive rows")
  }

  @Test func `a missing metric of the champion refuses rather than passes`() {
    let decision = PromotionPolicy.standard().decide(Self.evidence(Self.metrics(0.9), ["x": 1]))
    #expect(!decision.isAccepted)
  }

  @Test func `values measured on different rows are not compared`() throws {
    let policy = try PromotionPolicy([
      "gates": [["metric": "ap", "not_worse_than_champion": 0, "comparable": "test"]]
    ])
    let champion: JSONValue = ["ap": 0.5, "test": "a"]
    #expect(policy.decide(Self.evidence(["ap": 0.6, "test": "a"], champion)).isAccepted)
    #expect(!policy.decide(Self.evidence(["ap": 0.6, "test": "b"], champion)).isAccepted)
  }

  @Test func `an advisory gate warns and does not refuse`() throws {
    let policy = try PromotionPolicy([
      "gates": [["metric": "ap", "at_least": 0.9, "advisory": true]]
    ])
    let decision = policy.decide(Self.evidence(["ap": 0.1], nil))
    #expect(decision.isAccepted)
    #expect(decision.outcomes[0].verdict == .warned)
  }

  @Test func `better than the champion needs an interval above zero`() throws {
    let policy = try PromotionPolicy([
      "gates": [["interval": "d", "better_than_champion": true]]
    ])
    func accepts(_ challenger: JSONValue) -> Bool {
      policy.decide(Self.evidence(challenger, [:])).isAccepted
    }
    #expect(accepts(["d": ["lower": 0.01, "upper": 0.1]]))
    #expect(!accepts(["d": ["lower": 0, "upper": 0.1]]))
    #expect(!accepts([:]))
  }

  @Test func `old data refuses`() throws {
    let policy = try PromotionPolicy(["gates": [["metric": "t", "not_older_than": "14d"]]])
    func accepts(_ time: JSONValue, _ moment: String) throws -> Bool {
      var evidence = Self.evidence(["t": time], nil)
      evidence.moment = try #require(Timestamp(parsing: moment))
      return policy.decide(evidence).isAccepted
    }
    #expect(try accepts("2026-03-01T00:00:00Z", "2026-03-15T00:00:00Z"))
    #expect(try !accepts("2026-03-01T00:00:00Z", "2026-03-15T00:00:01Z"))
    #expect(try !accepts(nil, "2026-03-15T00:00:01Z"))
  }

  @Test(arguments: [
    ([String](), false), (["ada"], false), (["trainer"], false), (["ada", "trainer"], true),
    (["ada", "bob"], true),
  ])
  func `two approvals are of two people, not of the trainer alone`(
    approvers: [String], isAccepted: Bool
  ) throws {
    let policy = try PromotionPolicy(["gates": [["approvals": 2]]])
    var evidence = Self.evidence([:], nil)
    evidence.approvers = Set(approvers)
    evidence.trainer = "trainer"
    #expect(policy.decide(evidence).isAccepted == isAccepted)
  }

  @Test func `one approval by the trainer is none`() throws {
    let policy = try PromotionPolicy(["gates": [["approvals": 1]]])
    var evidence = Self.evidence([:], nil)
    evidence.approvers = ["trainer"]
    evidence.trainer = "trainer"
    #expect(!policy.decide(evidence).isAccepted)
    evidence.approvers = ["ada"]
    #expect(policy.decide(evidence).isAccepted)
  }

  @Test func `a check that was not made refuses`() throws {
    let policy = try PromotionPolicy(["gates": [["check": "golden"]]])
    var evidence = Self.evidence([:], nil)
    #expect(!policy.decide(evidence).isAccepted)
    evidence.checks["golden"] = .init(isPassed: false, note: "row 3 differs")
    #expect(!policy.decide(evidence).isAccepted)
    evidence.checks["golden"] = .init(isPassed: true, note: "")
    #expect(policy.decide(evidence).isAccepted)
  }

  @Test func `the table lists every gate with limit, value and verdict`() {
    let decision = PromotionPolicy.standard().decide(
      Self.evidence(Self.metrics(0.25), Self.metrics(0.5)))
    #expect(
      decision.table == """
        gate                                    limit   value  verdict  note
        average precision                       ≥ 0     0.25   passed
        average precision against the champion  ≥ 0.49  0.25   refused  worse
        """)
    #expect(decision.json["accepted"] == false)
    #expect(decision.json["gates"]?.arrayValue?.count == 2)
  }
}
