import Features
import JSON
import Testing
import Transactions
import YAML

@Suite struct FeatureSpecificationTests {
  @Test(arguments: FeatureSpecification.presetNames)
  func `presets are readable and their canonical form reads back`(name: String) throws {
    let specification = try FeatureSpecification(.string(name))
    #expect(try FeatureSpecification(specification.json) == specification)
    #expect(Set(specification.names).count == specification.names.count)
  }

  @Test func `every kind reads back from its canonical form`() throws {
    let specification = try Fixtures.everything()
    let again = try FeatureSpecification(JSONValue(parsing: specification.json.bytes()))
    #expect(again == specification)
    #expect(again.digest == specification.digest)
  }

  @Test func `the handbook's features have names that say what they are`() throws {
    #expect(
      try FeatureSpecification.preset(named: "handbook").names == [
        "amount", "weekend", "night", "user_count_1d", "user_count_7d", "user_count_30d",
        "user_mean_1d", "user_mean_7d", "user_mean_30d", "terminal_count_1d_delay_7d",
        "terminal_count_7d_delay_7d", "terminal_count_30d_delay_7d", "terminal_risk_1d_delay_7d",
        "terminal_risk_7d_delay_7d", "terminal_risk_30d_delay_7d",
      ])
  }

  @Test func `a preset can be extended`() throws {
    let document = try YAMLDocument(
      parsing:
        "{preset: handbook, memory: 60d, list: [{name: mine, kind: sum, entity: user, window: 2h}]}"
    )
    let specification = try FeatureSpecification(document.json)
    #expect(specification.names.count == 16)
    #expect(specification.names.last == "mine")
    #expect(specification.memory == .days(60))
  }

  @Test(arguments: [
    ("nothing", "features"), ("[]", "features"), ("7", "features"), ("[7]", "features[0]"),
    ("[velocity]", "features[0].kind"), ("[amount, amount]", "features"),
    ("[{kind: count, window: 1d}]", "features[0].entity"),
    ("[{kind: count, entity: usr, window: 1d}]", "features[0].entity"),
    ("[{kind: count, entity: user}]", "features[0].window"),
    ("[{kind: count, entity: user, window: 1 day}]", "features[0].window"),
    ("[{kind: count, entity: user, window: 1d, wndow: 2d}]", "features[0].wndow"),
    ("[{kind: count, entity: user, windows: [1d, x]}]", "features[0].windows"),
    ("[{kind: count, entity: user, windows: [1d, 2d], name: x}]", "features[0].name"),
    (
      "[{kind: count, entity: user, window: 1d, delay: 1d, current: include}]",
      "features[0].current"
    ),
    ("[{kind: maximum, entity: user, window: 1d, delay: 1d}]", "features[0].delay"),
    ("[{kind: maximum, entity: user, window: history}]", "features[0].window"),
    ("[{kind: risk, entity: user, window: 1d, prior_rate: 2}]", "features[0].prior_rate"),
    ("[{kind: is_new, of: user, entity: user}]", "features[0].of"),
    ("[{kind: is_new, of: device, entity: [user, merchant]}]", "features[0].entity"),
    ("[{kind: night, from: 25}]", "features[0].from"),
    ("[{kind: amount, name: 'ü'}]", "features[0].name"),
    ("{list: [{kind: count, entity: user, window: 200d}]}", "features"),
    ("{lst: []}", "features.lst"), ("{preset: other}", "features.preset"),
    ("[{kind: round_amount, unit: 0}]", "features[0].unit"),
  ])
  func `a mistake is named by its path`(text: String, path: String) throws {
    let json = try YAMLDocument(parsing: text).json
    let error = #expect(throws: FeatureError.self) { try FeatureSpecification(json) }
    guard case .invalidSetting(path, _) = error else {
      Issue.record("\(String(describing: error)) instead of \(path)")
      return
    }
  }
}
