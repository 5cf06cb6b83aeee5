public import JSON
internal import Transactions

/// The words of the `kind` setting.
private enum KindName: String, CaseIterable {
  case amount
  case logAmount = "log_amount"
  case night
  case weekend
  case hour
  case roundAmount = "round_amount"
  case category
  case indicator
  case count
  case sum
  case mean
  case standardDeviation = "standard_deviation"
  case minimum
  case maximum
  case span
  case distinct
  case repeats
  case risk
  case zScore = "z_score"
  case robustZScore = "robust_z_score"
  case ratio
  case secondsSinceLast = "seconds_since_last"
  case isNew = "is_new"
  case rarity
  case hourRarity = "hour_rarity"
  case distance
  case speed
}

private enum CurrentRow: String, CaseIterable {
  case include
  case exclude
}

extension FeatureDefinition {
  /// The features that one declaration stands for: one, or one for each of its `windows`.
  static func reading(_ json: JSONValue, path: String) throws(FeatureError) -> [FeatureDefinition] {
    if let text = json.stringValue {
      return try reading(.object(["kind": .string(text)]), path: path)
    }
    var settings = try SettingsReader(json, path: path)
    let name = try settings.text("name")
    if let name {
      let isValid = (1...128).contains(name.utf8.count) && name.utf8.allSatisfy(\.isNameByte)
      guard isValid else {
        throw settings.failure("name", "1 to 128 letters, digits and _ . - are allowed")
      }
    }
    let kindName: KindName = try settings.choice("kind")
    let kinds = try kinds(of: kindName, &settings)
    try settings.finish()
    guard name == nil || kinds.count == 1 else {
      throw settings.failure("name", "is for one window; several windows name themselves")
    }
    return kinds.map { FeatureDefinition($0, name: name) }
  }

  private static func kinds(
    of kind: KindName, _ settings: inout SettingsReader
  ) throws(FeatureError) -> [FeatureKind] {
    switch kind {
    case .amount: return [.amount]
    case .logAmount: return [.logAmount]
    case .weekend: return [.weekend]
    case .hour: return [.hour]
    case .night:
      let from = try settings.integer("from", in: 0...23, default: 0)
      return [.night(from: from, to: try settings.integer("to", in: 1...24, default: 6))]
    case .roundAmount:
      let unit = try settings.money("unit") ?? Money(millionths: 100_000_000)
      guard unit.millionths > 0 else { throw settings.failure("unit", "must be positive") }
      return [.roundAmount(unit: unit)]
    case .category: return [.category(try settings.choice("of"))]
    case .indicator:
      return [
        .indicator(try settings.choice("of"), equals: try settings.requiredText("equals"))
      ]
    case .isNew: return [.isNew(try settings.choice("of"), try settings.entity(besides: "of"))]
    case .hourRarity:
      return [.hourRarity(try settings.entity(), try settings.choice("cycle", default: .day))]
    case .distance: return [.distance(try settings.entity(isPairAllowed: false))]
    case .speed:
      let entity = try settings.entity(isPairAllowed: false)
      let floor = try settings.span("floor") ?? .seconds(60)
      let radius = try settings.number("radius", in: 0...1_000, default: 10)
      return [.speed(entity, floor: floor, radius: radius)]
    case .secondsSinceLast:
      let entity = try settings.entity()
      let cap = try settings.span("cap", minimum: .seconds(1)) ?? .days(30)
      let isLogarithmic = try settings.flag("log", default: false)
      return [.secondsSinceLast(entity, cap: cap, isLogarithmic: isLogarithmic)]
    case .robustZScore:
      let entity = try settings.entity()
      return [.robustZScore(entity, last: try settings.integer("last", in: 4...256, default: 32))]
    default: return try windowedKinds(of: kind, &settings)
    }
  }

  private static func windowedKinds(
    of kind: KindName, _ settings: inout SettingsReader
  ) throws(FeatureError) -> [FeatureKind] {
    let column: FeatureColumn? =
      kind == .distinct || kind == .rarity ? try settings.choice("of") : nil
    let entity = try settings.entity(besides: kind == .rarity ? "of" : nil)
    let windows = try settings.windows(
      isHistoryAllowed: kind.allowsHistory, isDelayAllowed: kind.allowsDelay)
    let isDelayed = windows.contains { $0.delay.microseconds > 0 }
    var includesCurrent = false
    if kind.countsCurrent {
      let isChosen = settings.value("current") != nil
      let current: CurrentRow = try settings.choice("current", default: .include)
      guard !(isDelayed && isChosen && current == .include) else {
        throw settings.failure("current", "a delayed window never includes the current row")
      }
      includesCurrent = current == .include && !isDelayed
    }
    let isRisk = kind == .risk
    let hasPrior = isRisk || kind == .zScore || kind == .ratio
    let weight =
      hasPrior
      ? try settings.number("prior_weight", in: 0...1_000_000, default: isRisk ? 0 : 5) : 0
    let rate = isRisk ? try settings.number("prior_rate", in: 0...1, default: 0) : 0
    let scale: AmountScale = kind == .zScore ? try settings.choice("of", default: .amount) : .amount
    return windows.map { window in
      switch kind {
      case .distinct:
        .distinct(column ?? .merchant, entity, window, includesCurrent: includesCurrent)
      case .repeats: .repeats(entity, window, includesCurrent: includesCurrent)
      case .rarity: .rarity(column ?? .merchant, entity, window)
      case .risk: .risk(entity, window, priorWeight: weight, priorRate: rate)
      case .zScore: .zScore(scale, entity, window, priorWeight: weight)
      case .ratio: .ratio(entity, window, priorWeight: weight)
      default:
        .aggregate(
          FeatureAggregate(rawValue: kind.rawValue) ?? .count, entity, window,
          includesCurrent: includesCurrent)
      }
    }
  }

  /// The declaration in full, every parameter spelled out.
  public var json: JSONValue {
    var object: JSONObject = ["name": .string(name)]
    for (key, value) in kind.members { object.appendUnique(key, value) }
    return .object(object)
  }
}

extension KindName {
  fileprivate var allowsHistory: Bool {
    switch self {
    case .zScore, .ratio, .rarity, .count, .sum, .mean, .standardDeviation: true
    default: false
    }
  }

  fileprivate var allowsDelay: Bool {
    switch self {
    case .risk, .count, .sum, .mean, .standardDeviation: true
    default: false
    }
  }

  fileprivate var countsCurrent: Bool {
    switch self {
    case .zScore, .ratio, .rarity, .risk: false
    default: true
    }
  }
}

extension SettingsReader {
  fileprivate mutating func entity(
    besides other: String? = nil, isPairAllowed: Bool = true
  ) throws(FeatureError) -> FeatureEntity {
    guard let names = try texts("entity") else { throw failure("entity", "is missing") }
    let limit = isPairAllowed && other == nil ? 2 : 1
    guard (1...limit).contains(names.count) else {
      throw failure("entity", limit == 1 ? "expected one column" : "expected one or two columns")
    }
    var columns: [FeatureColumn] = []
    for name in names {
      guard let column = FeatureColumn(rawValue: name) else {
        let known = FeatureColumn.allCases.map(\.rawValue).joined(separator: ", ")
        throw failure("entity", "expected a column of: \(known)")
      }
      columns.append(column)
    }
    guard Set(columns).count == columns.count else {
      throw failure("entity", "the two columns must differ")
    }
    if let other, let name = try text(other), name == columns[0].rawValue {
      throw failure(other, "must be another column than the entity")
    }
    return columns.count == 1
      ? FeatureEntity(columns[0]) : FeatureEntity(columns[0], columns[1])
  }

  fileprivate mutating func windows(
    isHistoryAllowed: Bool, isDelayAllowed: Bool
  ) throws(FeatureError) -> [FeatureWindow] {
    let delay =
      isDelayAllowed
      ? try span("delay", minimum: TimeSpan(microseconds: 0)) ?? TimeSpan(microseconds: 0)
      : TimeSpan(microseconds: 0)
    let single = try texts("window")
    let several = try texts("windows")
    let key = several == nil ? "window" : "windows"
    guard let texts = several ?? single, !texts.isEmpty, single == nil || several == nil else {
      throw failure(key, "give one `window`, such as 7d, or a list of `windows`")
    }
    var windows: [FeatureWindow] = []
    for text in texts {
      if text == "history" && isHistoryAllowed {
        windows.append(FeatureWindow(length: nil, delay: delay))
      } else {
        let shortest = TimeSpan(microseconds: 1)
        let length = try SettingsReader.span(text, minimum: shortest, path: "\(path).\(key)")
        windows.append(FeatureWindow(length: length, delay: delay))
      }
    }
    return windows
  }
}

extension UInt8 {
  fileprivate var isNameByte: Bool {
    switch self {
    case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
    default: false
    }
  }
}
