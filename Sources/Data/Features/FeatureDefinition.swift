internal import Transactions

/// One declared feature: a name and what it computes.
public struct FeatureDefinition: Equatable, Sendable {
  /// Unique within a specification; the column's name in matrices, models and explanations.
  public let name: String
  /// What it computes.
  public let kind: FeatureKind

  /// Makes a feature; without a `name` it gets the one that its kind suggests, such as `user_count_7d`.
  public init(_ kind: FeatureKind, name: String? = nil) {
    self.kind = kind
    self.name = name ?? kind.defaultName
  }
}

extension FeatureKind {
  /// The name that says what the kind computes, for the common parameters.
  public var defaultName: String {
    switch self {
    case .amount: "amount"
    case .logAmount: "log_amount"
    case .night: "night"
    case .weekend: "weekend"
    case .hour: "hour"
    case .roundAmount: "round_amount"
    case .category(let column): column.rawValue
    case .indicator(let column, let text): "\(column.rawValue)_is_\(text)"
    case .aggregate(let aggregate, let entity, let window, let includesCurrent):
      "\(entity.name)_\(aggregate.shortName)_\(window.name)"
        + (includesCurrent || window.delay.microseconds > 0 ? "" : "_before")
    case .distinct(let column, let entity, let window, let includesCurrent):
      "\(entity.name)_distinct_\(column.rawValue)_\(window.name)"
        + (includesCurrent ? "" : "_before")
    case .repeats(let entity, let window, let includesCurrent):
      "\(entity.name)_repeats_\(window.name)" + (includesCurrent ? "" : "_before")
    case .risk(let entity, let window, _, _): "\(entity.name)_risk_\(window.name)"
    case .zScore(.amount, let entity, let window, _): "\(entity.name)_z_score_\(window.name)"
    case .zScore(.logAmount, let entity, let window, _):
      "\(entity.name)_log_z_score_\(window.name)"
    case .robustZScore(let entity, let count): "\(entity.name)_robust_z_score_\(count)"
    case .ratio(let entity, let window, _): "\(entity.name)_ratio_\(window.name)"
    case .secondsSinceLast(let entity, _, let isLogarithmic):
      "\(entity.name)_\(isLogarithmic ? "log_" : "")seconds_since_last"
    case .isNew(let column, let entity): "\(entity.name)_new_\(column.rawValue)"
    case .rarity(let column, let entity, let window):
      "\(entity.name)_\(column.rawValue)_rarity_\(window.name)"
    case .hourRarity(let entity, let cycle): "\(entity.name)_hour_of_\(cycle.rawValue)_rarity"
    case .distance(let entity): "\(entity.name)_distance_km"
    case .speed(let entity, _, _): "\(entity.name)_speed_kmh"
    }
  }
}

extension FeatureAggregate {
  fileprivate var shortName: String {
    switch self {
    case .standardDeviation: "std"
    case .minimum: "min"
    case .maximum: "max"
    default: rawValue
    }
  }
}
