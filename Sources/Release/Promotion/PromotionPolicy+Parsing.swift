public import JSON
import Transactions

extension PromotionPolicy {
  /// Reads a policy.
  ///
  /// - Throws: `PromotionError.invalidPolicy` with the place of the first thing that cannot be understood; an unknown
  ///   member is an error, because a misspelt gate would be a gate that never closes.
  public init(_ document: JSONValue) throws(PromotionError) {
    guard let object = document.objectValue else {
      throw .invalidPolicy(path: "gates", reason: "expected an object, got \(document.kindName)")
    }
    for key in object.keys where key != "gates" {
      throw .invalidPolicy(path: key, reason: "unknown member; the policy has `gates`")
    }
    guard let elements = object["gates"]?.arrayValue else {
      throw .invalidPolicy(path: "gates", reason: "expected a list of gates")
    }
    var gates: [Gate] = []
    for (index, element) in elements.enumerated() {
      var reader = try GateReader(element, path: "gates.\(index)")
      gates.append(try reader.gate())
    }
    try self.init(gates: gates)
  }
}

private struct GateReader {
  private static let rules = [
    "at_least", "at_most", "not_worse_than_champion", "better_than_champion", "not_older_than",
    "check", "approvals",
  ]

  let path: String
  var rest: JSONObject

  init(_ value: JSONValue, path: String) throws(PromotionError) {
    guard let object = value.objectValue else {
      throw .invalidPolicy(path: path, reason: "expected an object, got \(value.kindName)")
    }
    self.path = path
    rest = object
  }

  mutating func gate() throws(PromotionError) -> Gate {
    let present = GateReader.rules.filter { rest[$0] != nil }
    guard present.count == 1, let kind = present.first else {
      throw .invalidPolicy(
        path: path,
        reason: "expected exactly one of \(GateReader.rules.joined(separator: ", "))")
    }
    let name = try take("name", "a string") { $0.stringValue }
    let isAdvisory = try take("advisory", "true or false") { $0.boolValue } ?? false
    let rule = try rule(kind)
    if let key = rest.keys.first {
      throw .invalidPolicy(path: "\(path).\(key)", reason: "unknown member of a gate with \(kind)")
    }
    return Gate(name: name ?? rule.defaultName, rule: rule, isAdvisory: isAdvisory)
  }

  private mutating func rule(_ kind: String) throws(PromotionError) -> Gate.Rule {
    switch kind {
    case "at_least": return .atLeast(try metric(), limit: try number(kind))
    case "at_most": return .atMost(try metric(), limit: try number(kind))
    case "not_older_than":
      let span = try take(kind, "a span such as 14d") { value in
        value.stringValue.flatMap { TimeSpan(parsing: $0) }
      }
      return .notOlderThan(try metric(), try required(span, kind))
    case "check":
      let name = try take(kind, "the name of a check") { $0.stringValue }
      return .check(try required(name, kind))
    case "approvals":
      let count = try take(kind, "a count of at least 1") { value in
        value.integerValue.flatMap { (1...1000).contains($0) ? Int($0) : nil }
      }
      let mayApprove = try take("trainer_may_approve_alone", "true or false") { $0.boolValue }
      return .approvals(
        try required(count, kind), trainerMayApproveAlone: mayApprove ?? false)
    case "better_than_champion":
      _ = try take(kind, "true") { $0.boolValue == true ? true : nil }
      let interval = try required(try optionalPath("interval"), "interval")
      return .betterThanChampion(interval: interval, try direction())
    default:
      let tolerance = try amount(kind)
      return .notWorseThanChampion(
        Gate.Comparison(
          metric: try metric(), direction: try direction(), tolerance: tolerance,
          interval: try optionalPath("interval"),
          margin: rest["margin"] == nil ? tolerance : try amount("margin"),
          comparable: try optionalPath("comparable")))
    }
  }

  private mutating func metric() throws(PromotionError) -> MetricPath {
    try required(try optionalPath("metric"), "metric")
  }

  private mutating func optionalPath(_ key: String) throws(PromotionError) -> MetricPath? {
    try take(key, "a path such as headline.average_precision.value") { value in
      value.stringValue.flatMap { MetricPath(parsing: $0) }
    }
  }

  private mutating func number(_ key: String) throws(PromotionError) -> Double {
    try required(try take(key, "a number") { $0.doubleValue }, key)
  }

  private mutating func amount(_ key: String) throws(PromotionError) -> Double {
    let value = try take(key, "a number of at least 0") { value in
      value.doubleValue.flatMap { $0 >= 0 ? $0 : nil }
    }
    return try required(value, key)
  }

  private mutating func direction() throws(PromotionError) -> Gate.Direction {
    try take("better", "higher or lower") { value in
      value.stringValue.flatMap { Gate.Direction(rawValue: $0) }
    } ?? .higher
  }

  private mutating func take<Value>(
    _ key: String, _ expected: String, _ convert: (JSONValue) -> Value?
  ) throws(PromotionError) -> Value? {
    guard let value = rest[key] else { return nil }
    guard let converted = convert(value) else {
      throw .invalidPolicy(path: "\(path).\(key)", reason: "expected \(expected)")
    }
    rest[key] = nil
    return converted
  }

  private func required<Value>(_ value: Value?, _ key: String) throws(PromotionError) -> Value {
    guard let value else { throw .invalidPolicy(path: path, reason: "`\(key)` is missing") }
    return value
  }
}

extension Gate.Rule {
  fileprivate var defaultName: String {
    switch self {
    case .atLeast(let metric, _), .atMost(let metric, _), .notOlderThan(let metric, _):
      metric.description
    case .notWorseThanChampion(let comparison): "\(comparison.metric) against the champion"
    case .betterThanChampion(let interval, _): "\(interval) better than the champion"
    case .check(let name): name
    case .approvals: "approvals"
    }
  }
}
