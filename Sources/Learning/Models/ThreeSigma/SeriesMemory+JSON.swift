internal import JSON
internal import Transactions

extension SeriesRecollection {
  /// The state as JSON, with the setting it belongs to; null for everything.
  var json: JSONValue {
    switch self {
    case .everything: .null
    case .window(let window):
      [
        "kind": "window", "points": .integer(Int64(window.pointCount)),
        "blocks": .array((window.closed + [window.current]).map(\.json)),
      ]
    case .forgetting(let fading):
      [
        "kind": "forgetting", "factor": .number(fading.factor), "mean": .number(fading.mean),
        "weight": .number(fading.weight), "squared_weight": .number(fading.squaredWeight),
        "squares": .number(fading.squares),
      ]
    }
  }

  /// Restores a state and its setting.
  ///
  /// - Throws: `ModelError.malformed`.
  static func restored(
    _ json: JSONValue
  ) throws(ModelError) -> (memory: SeriesMemory, recollection: SeriesRecollection) {
    if json == .null { return (.everything, .everything) }
    func fail() -> ModelError { .malformed(reason: "3-sigma model: memory is not one") }
    switch json["kind"]?.stringValue {
    case "window":
      guard let points = json["points"]?.integerValue, (32...1_000_000_000).contains(points),
        let stored = json["blocks"]?.arrayValue
      else { throw fail() }
      let blocks = try stored.map { (block) throws(ModelError) in try ExactMoments(block) }
      guard let current = blocks.last,
        let window = WindowMoments(
          pointCount: Int(points), closed: blocks.dropLast(), current: current)
      else { throw fail() }
      return (.window(pointCount: Int(points)), .window(window))
    case "forgetting":
      guard let factor = json["factor"]?.doubleValue, factor >= 0.5, factor < 1,
        let mean = json["mean"]?.doubleValue, let weight = json["weight"]?.doubleValue,
        let squaredWeight = json["squared_weight"]?.doubleValue,
        let squares = json["squares"]?.doubleValue,
        let fading = FadingMoments(
          factor: factor, mean: mean, weight: weight, squaredWeight: squaredWeight,
          squares: squares)
      else { throw fail() }
      return (.forgetting(factor: factor), .forgetting(fading))
    default: throw fail()
    }
  }
}

extension CalendarZone {
  /// A named zone with its law as JSON; null for a fixed offset.
  var json: JSONValue {
    guard let name, let law = storedLaw else { return .null }
    return [
      "name": .string(name), "initial_offset": .integer(law.start),
      "transitions": .array(
        law.transitions.map { .array($0.map { .integer($0) }) }),
      "rule": law.rule.map { .string($0) } ?? .null, "rule_from": .integer(law.ruleStart),
    ]
  }

  /// Restores a zone from `json`, or from a fixed offset where that is null.
  ///
  /// - Throws: `ModelError.malformed`.
  init(_ json: JSONValue, offset: TimeSpan) throws(ModelError) {
    if json == .null {
      self.init(offset: offset)
      return
    }
    let transitions = json["transitions"]?.arrayValue?.map {
      ($0.arrayValue ?? []).compactMap(\.integerValue)
    }
    guard let name = json["name"]?.stringValue, let transitions,
      let start = json["initial_offset"]?.integerValue,
      let ruleStart = json["rule_from"]?.integerValue,
      let zone = CalendarZone(
        name: name, initialOffset: start, transitions: transitions,
        rule: json["rule"]?.stringValue, ruleStart: ruleStart)
    else { throw .malformed(reason: "3-sigma model: time_zone is not one") }
    self = zone
  }
}
