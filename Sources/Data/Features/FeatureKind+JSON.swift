internal import JSON
internal import Transactions

extension FeatureKind {
  /// Kind and parameters as the settings that declare them.
  var members: [(String, JSONValue)] {
    switch self {
    case .amount: [("kind", "amount")]
    case .logAmount: [("kind", "log_amount")]
    case .night(let from, let to):
      [("kind", "night"), ("from", .integer(Int64(from))), ("to", .integer(Int64(to)))]
    case .weekend: [("kind", "weekend")]
    case .hour: [("kind", "hour")]
    case .roundAmount(let unit):
      [("kind", "round_amount"), ("unit", .string(unit.description))]
    case .category(let column):
      [("kind", "category"), ("of", .string(column.rawValue))]
    case .indicator(let column, let text):
      [("kind", "indicator"), ("of", .string(column.rawValue)), ("equals", .string(text))]
    case .aggregate(let aggregate, let entity, let window, let includesCurrent):
      [("kind", .string(aggregate.rawValue)), entity.member] + window.members
        + current(includesCurrent)
    case .distinct(let column, let entity, let window, let includesCurrent):
      [("kind", "distinct"), ("of", .string(column.rawValue)), entity.member] + window.members
        + current(includesCurrent)
    case .repeats(let entity, let window, let includesCurrent):
      [("kind", "repeats"), entity.member] + window.members + current(includesCurrent)
    case .risk(let entity, let window, let weight, let rate):
      [("kind", "risk"), entity.member] + window.members + [
        ("prior_weight", .number(weight)), ("prior_rate", .number(rate)),
      ]
    case .zScore(let scale, let entity, let window, let weight):
      [("kind", "z_score"), ("of", .string(scale.rawValue)), entity.member] + window.members
        + [("prior_weight", .number(weight))]
    case .robustZScore(let entity, let count):
      [("kind", "robust_z_score"), entity.member, ("last", .integer(Int64(count)))]
    case .ratio(let entity, let window, let weight):
      [("kind", "ratio"), entity.member] + window.members + [("prior_weight", .number(weight))]
    case .secondsSinceLast(let entity, let cap, let isLogarithmic):
      [
        ("kind", "seconds_since_last"), entity.member, ("cap", .string(cap.description)),
        ("log", .bool(isLogarithmic)),
      ]
    case .isNew(let column, let entity):
      [("kind", "is_new"), ("of", .string(column.rawValue)), entity.member]
    case .rarity(let column, let entity, let window):
      [("kind", "rarity"), ("of", .string(column.rawValue)), entity.member] + window.members
    case .hourRarity(let entity, let cycle):
      [("kind", "hour_rarity"), entity.member, ("cycle", .string(cycle.rawValue))]
    case .distance(let entity): [("kind", "distance"), entity.member]
    case .speed(let entity, let floor, let radius):
      [
        ("kind", "speed"), entity.member, ("floor", .string(floor.description)),
        ("radius", .number(radius)),
      ]
    }
  }

  private func current(_ isIncluded: Bool) -> [(String, JSONValue)] {
    [("current", isIncluded ? "include" : "exclude")]
  }
}

extension FeatureEntity {
  fileprivate var member: (String, JSONValue) {
    let names = columns.map { JSONValue.string($0.rawValue) }
    return ("entity", names.count == 1 ? names[0] : .array(names))
  }
}

extension FeatureWindow {
  fileprivate var members: [(String, JSONValue)] {
    let length = [("window", JSONValue.string(self.length?.description ?? "history"))]
    return delay.microseconds > 0
      ? length + [("delay", .string(delay.description))] : length
  }
}
