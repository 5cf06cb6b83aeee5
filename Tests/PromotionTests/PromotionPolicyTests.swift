import JSON
import Promotion
import Testing

@Suite struct PromotionPolicyTests {
  @Test func `every rule can be written`() throws {
    let policy = try PromotionPolicy([
      "gates": [
        ["metric": "a.b", "at_least": 0.35, "name": "floor"],
        ["metric": "latency", "at_most": 50, "advisory": true],
        [
          "metric": "a.b", "not_worse_than_champion": 0.01, "interval": "c.d", "margin": 0.02,
          "comparable": "data.test", "better": "lower",
        ],
        ["interval": "c.d", "better_than_champion": true],
        ["metric": "data.last_time", "not_older_than": "14d"],
        ["check": "golden scores"],
        ["approvals": 2],
      ]
    ])
    #expect(
      policy.gates.map(\.name) == [
        "floor", "latency", "a.b against the champion", "c.d better than the champion",
        "data.last_time", "golden scores", "approvals",
      ])
    #expect(policy.gates.map(\.isAdvisory) == [false, true, false, false, false, false, false])
  }

  @Test func `the margin is the tolerance unless it is given`() throws {
    let policy = try PromotionPolicy(["gates": [["metric": "m", "not_worse_than_champion": 0.03]]])
    guard case .notWorseThanChampion(let comparison) = policy.gates.first?.rule else {
      Issue.record("the rule is a comparison")
      return
    }
    #expect(comparison.margin == 0.03)
    #expect(comparison.direction == .higher)
    #expect(comparison.interval == nil)
  }

  @Test(arguments: [
    ("[]", "gates"),
    (#"{"gate": []}"#, "gate"),
    (#"{"gates": 1}"#, "gates"),
    (#"{"gates": [1]}"#, "gates.0"),
    (#"{"gates": [{"metric": "m"}]}"#, "gates.0"),
    (#"{"gates": [{"metric": "m", "at_least": 1, "at_most": 2}]}"#, "gates.0"),
    (#"{"gates": [{"metric": "m", "at_least": "x"}]}"#, "gates.0.at_least"),
    (#"{"gates": [{"metric": "m..n", "at_least": 1}]}"#, "gates.0.metric"),
    (#"{"gates": [{"at_least": 1}]}"#, "gates.0"),
    (#"{"gates": [{"metric": "m", "at_least": 1, "tolerence": 1}]}"#, "gates.0.tolerence"),
    (
      #"{"gates": [{"metric": "m", "not_worse_than_champion": -1}]}"#,
      "gates.0.not_worse_than_champion"
    ),
    (
      #"{"gates": [{"metric": "m", "not_worse_than_champion": 0, "better": "up"}]}"#,
      "gates.0.better"
    ),
    (#"{"gates": [{"better_than_champion": true}]}"#, "gates.0"),
    (#"{"gates": [{"approvals": 0}]}"#, "gates.0.approvals"),
    (#"{"gates": [{"metric": "t", "not_older_than": "soon"}]}"#, "gates.0.not_older_than"),
    (#"{"gates": [{"check": "a"}, {"check": "a"}]}"#, "gates.1"),
  ])
  func `a policy that cannot be understood is refused with its place`(
    text: String, place: String
  ) throws {
    let document = try JSONValue(parsing: text)
    let error = #expect(throws: PromotionError.self) { try PromotionPolicy(document) }
    guard case .invalidPolicy(let path, _) = error else { return }
    #expect(path == place)
  }

  @Test func `the built-in policy compares average precision`() {
    #expect(PromotionPolicy.standard().gates.count == 2)
  }
}
