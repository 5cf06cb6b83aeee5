import JSON

/// The gates of a model, as data.
///
/// As JSON (or YAML turned into it): `{"gates": [gate, …]}`. A gate is an object with exactly one of the rules
///
///     {"metric": path, "at_least": number}
///     {"metric": path, "at_most": number}
///     {"metric": path, "not_worse_than_champion": tolerance, "interval": path, "margin": number, "comparable": path}
///     {"interval": path, "better_than_champion": true}
///     {"metric": path, "not_older_than": "14d"}
///     {"check": name}
///     {"approvals": count, "trainer_may_approve_alone": false}
///
/// and the optional members `name`, `better` (`higher`, the default, or `lower`) and `advisory`.
public struct PromotionPolicy: Equatable, Sendable {
  /// The gates in the order in which they are reported.
  public let gates: [Gate]

  /// Makes a policy of `gates`.
  ///
  /// - Throws: `PromotionError.invalidPolicy` when two gates have one name.
  public init(gates: [Gate]) throws(PromotionError) {
    var names: Set<String> = []
    for (index, gate) in gates.enumerated() where !names.insert(gate.name).inserted {
      throw .invalidPolicy(
        path: "gates.\(index)", reason: "another gate has the same name; give it one with `name`")
    }
    self.gates = gates
  }

  /// The checks that the gates ask for.
  public var checkNames: Set<String> {
    Set(
      gates.compactMap { gate in
        if case .check(let name) = gate.rule { name } else { nil }
      })
  }

  /// Whether a gate looks at a place of the metrics below `prefix`.
  public func reads(below prefix: MetricPath) -> Bool {
    gates.contains { gate in
      gate.rule.paths.contains { $0.components.starts(with: prefix.components) }
    }
  }

  /// This policy with one more gate at the end, unless it has one with the same rule.
  public func adding(_ gate: Gate) throws(PromotionError) -> PromotionPolicy {
    if gates.contains(where: { $0.rule == gate.rule && !$0.isAdvisory }) { return self }
    return try PromotionPolicy(gates: gates + [gate])
  }

  /// The policy when a configuration has none: average precision is defined and not worse than the champion's.
  ///
  /// Average precision because anomalies are rare and the area under the ROC curve hardly moves when the head of the
  /// ranking gets worse. A point estimate may drop by 0.01; the paired interval, when there is one, may reach 0.02.
  public static func standard() -> PromotionPolicy {
    let policy: JSONValue = [
      "gates": [
        ["name": "average precision", "metric": "headline.average_precision.value", "at_least": 0],
        [
          "name": "average precision against the champion",
          "metric": "headline.average_precision.value", "not_worse_than_champion": 0.01,
          "interval": "comparison.average_precision.difference", "margin": 0.02,
        ],
      ]
    ]
    do {
      return try PromotionPolicy(policy)
    } catch {
      preconditionFailure("the built-in policy is valid: \(error)")
    }
  }
}

extension Gate.Rule {
  /// The places of the metrics that the rule looks at.
  fileprivate var paths: [MetricPath] {
    switch self {
    case .atLeast(let path, _), .atMost(let path, _), .notOlderThan(let path, _),
      .betterThanChampion(let path, _):
      [path]
    case .notWorseThanChampion(let comparison):
      [comparison.metric, comparison.interval, comparison.comparable].compactMap { $0 }
    case .check, .approvals: []
    }
  }
}
