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
///     {"approvals": count}
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
