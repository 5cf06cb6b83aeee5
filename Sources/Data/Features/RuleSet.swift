public import JSON
internal import Transactions

/// Rules that are judged on the engine's histories; a setting `rules:` declares them.
public struct RuleSet: Equatable, Sendable {
  /// The rules in their order.
  public let rules: [Rule]
  /// What the engine computes for them, each input once.
  let inputs: [FeatureDefinition]
  /// Per rule the positions of its inputs.
  private let positions: [[Int]]

  /// Makes a set of `rules`, by default an empty one.
  public init(_ rules: [Rule] = []) {
    self.rules = rules
    var kinds: [FeatureKind] = []
    positions = rules.map { rule in
      rule.inputs.map { kind in
        if let known = kinds.firstIndex(of: kind) { return known }
        kinds.append(kind)
        return kinds.count - 1
      }
    }
    inputs = kinds.map { FeatureDefinition($0) }
  }

  /// VELOCITY_HIGH, GEO_IMPOSSIBLE and AMOUNT_SPIKE with thresholds that few honest customers reach: five payments in ten
  /// minutes, faster than an airliner, five times the own average and six robust deviations.
  public static let standard = RuleSet([
    Rule(
      "VELOCITY_HIGH", .velocity(FeatureEntity(.user), window: .seconds(600), count: 5),
      severity: .medium),
    Rule(
      "GEO_IMPOSSIBLE", .impossibleTravel(FeatureEntity(.user), speed: 900, distance: 100),
      severity: .high),
    Rule(
      "AMOUNT_SPIKE",
      .amountSpike(
        FeatureEntity(.user), ratio: 5, zScore: 6, minimumCount: 5,
        minimumAmount: Money(millionths: 50_000_000)), severity: .medium),
  ])

  /// Reads the setting `json`: `standard`, or a list of rules.
  ///
  /// - Throws: `FeatureError.invalidSetting` with the path of the first mistake.
  public init(_ json: JSONValue, path: String = "rules") throws(FeatureError) {
    if json.stringValue == "standard" {
      self = .standard
      return
    }
    guard let elements = json.arrayValue else {
      throw .invalidSetting(
        path: path, reason: "expected `standard` or a list of rules, found \(json.kindName)")
    }
    var rules: [Rule] = []
    for (index, element) in elements.enumerated() {
      let rule = try Rule(element, path: "\(path)[\(index)]")
      guard !rules.contains(where: { $0.name == rule.name }) else {
        throw .invalidSetting(path: "\(path)[\(index)].name", reason: "occurs twice")
      }
      rules.append(rule)
    }
    self.init(rules)
  }

  /// The rules as the setting that declares them.
  public var json: JSONValue { .array(rules.map(\.json)) }

  /// What the rules find, the most serious first; `inputs` are the values of the set's inputs.
  func evaluate(inputs: ArraySlice<Double>, amount: Money) -> [RuleFinding] {
    var findings: [RuleFinding] = []
    for (rule, positions) in zip(rules, positions) {
      let values = positions.map { inputs[inputs.startIndex + $0] }
      if let finding = rule.finding(values, amount: amount) { findings.append(finding) }
    }
    guard findings.count > 1 else { return findings }
    return findings.enumerated().sorted {
      ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset)
    }.map(\.element)
  }
}

private enum RuleKindName: String, CaseIterable {
  case velocity
  case impossibleTravel = "impossible_travel"
  case amountSpike = "amount_spike"
}

extension Rule {
  fileprivate init(_ json: JSONValue, path: String) throws(FeatureError) {
    var settings = try SettingsReader(json, path: path)
    name = try settings.requiredText("name")
    let isFlag =
      !name.isEmpty && name.utf8.count <= 64
      && name.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
    guard isFlag else {
      throw settings.failure("name", "expected a flag such as VELOCITY_HIGH: A to Z, 0 to 9 and _")
    }
    severity = try settings.choice("severity", default: .medium)
    let kindName: RuleKindName = try settings.choice("kind")
    let column: FeatureColumn = try settings.choice("entity", default: .user)
    let entity = FeatureEntity(column)
    switch kindName {
    case .velocity:
      let window = try settings.span("window") ?? .seconds(600)
      let count = try settings.integer("count", in: 2...100_000, default: 5)
      kind = .velocity(entity, window: window, count: count)
    case .impossibleTravel:
      let speed = try settings.number("speed", in: 1...100_000, default: 900)
      let distance = try settings.number("distance", in: 0...20_000, default: 100)
      kind = .impossibleTravel(entity, speed: speed, distance: distance)
    case .amountSpike:
      let ratio = try settings.number("ratio", in: 1...1_000_000, default: 5)
      let score = try settings.number("z_score", in: 0...50, default: 6)
      let count = try settings.integer("minimum_count", in: 1...100_000, default: 5)
      let fifty = Money(millionths: 50_000_000)
      let amount = try settings.money("minimum_amount") ?? fifty
      kind = .amountSpike(
        entity, ratio: ratio, zScore: score, minimumCount: count, minimumAmount: amount)
    }
    try settings.finish()
  }

  /// The rule as the setting that declares it.
  public var json: JSONValue {
    var object: JSONObject = ["name": .string(name), "severity": .string(severity.rawValue)]
    func entity(_ entity: FeatureEntity) -> JSONValue { .string(entity.columns[0].rawValue) }
    switch kind {
    case .velocity(let of, let window, let count):
      object["kind"] = "velocity"
      object["entity"] = entity(of)
      object["window"] = .string(window.description)
      object["count"] = .integer(Int64(count))
    case .impossibleTravel(let of, let speed, let distance):
      object["kind"] = "impossible_travel"
      object["entity"] = entity(of)
      object["speed"] = .number(speed)
      object["distance"] = .number(distance)
    case .amountSpike(let of, let ratio, let score, let count, let amount):
      object["kind"] = "amount_spike"
      object["entity"] = entity(of)
      object["ratio"] = .number(ratio)
      object["z_score"] = .number(score)
      object["minimum_count"] = .integer(Int64(count))
      object["minimum_amount"] = .string(amount.description)
    }
    return .object(object)
  }
}
