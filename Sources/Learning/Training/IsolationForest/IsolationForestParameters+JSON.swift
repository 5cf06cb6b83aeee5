internal import Models
public import JSON

extension IsolationForestParameters {
  static let names = [
    "n_estimators", "max_samples", "contamination", "max_features", "bootstrap", "split",
    "ndim", "scoring_metric", "penalize_range",
    "max_depth", "path_length", "categorical_features", "random_state", "preset", "alert_budget",
    "false_alarm_rate",
  ]

  /// Reads the settings from an object with scikit-learn's names; what is left out is as in `preset`.
  ///
  /// `preset`: `"fair_cut"`, the default, or `"scikit_learn"`, the default where `split` is `"axis"` or `"extended"`.
  ///
  /// `max_samples` and `max_features`: an integer is a count, a number with a fraction a share (so 1.0 is all), and
  /// `max_samples` also `"auto"`. `contamination`: `"auto"` or a share; instead of it `alert_budget`, a number of training rows, or `false_alarm_rate`, the
  /// chance that a normal row is an alarm. `max_depth`: `"auto"`, `"unlimited"` or a number
  /// of levels. `split`: `"axis"`, `"extended"`, `"pooled_gain"` or `"averaged_gain"`, the latter three over `ndim` features. `path_length`: `"exact"` or `"approximate"`.
  /// `scoring_metric`: `"depth"` or `"density"`; `penalize_range` with depth: true or false.
  /// `categorical_features`: names of columns whose values are only equal or different. `seed` is another name of `random_state`.
  ///
  /// - Throws: `TrainingError.unknownParameter` and `TrainingError.invalidParameter`.
  public init(_ json: JSONValue) throws(TrainingError) {
    guard let object = json.objectValue else {
      throw .invalidParameter(
        name: "isolation_forest", given: json.kindName, allowed: "an object of parameters")
    }
    for key in object.keys where !Self.names.contains(key) && key != "seed" {
      throw .unknownParameter(name: key, known: Self.names)
    }
    let reader = ParameterReader(object: object)
    let preset = try IsolationForestParameters(reader.preset())
    try self.init(
      treeCount: reader.integer("n_estimators", default: preset.treeCount),
      sampleSize: reader.amount(
        "max_samples", default: .automatic, words: ["auto": .automatic], count: { .count($0) },
        share: { .fraction($0) }),
      contamination: reader.contamination(),
      featureCount: reader.amount(
        "max_features", default: .fraction(1), words: [:], count: { .count($0) },
        share: { .fraction($0) }),
      drawsWithReplacement: reader.boolean("bootstrap", default: false),
      splitRule: reader.splitRule(default: preset.splitRule),
      depthLimit: reader.amount(
        "max_depth", default: preset.depthLimit,
        words: ["auto": .automatic, "unlimited": .unlimited],
        count: { .levels($0) }, share: nil),
      scoring: reader.scoring(),
      pathLength: reader.amount(
        "path_length", default: .exact, words: ["exact": .exact, "approximate": .approximate],
        count: nil, share: nil),
      categoricalFeatures: reader.names("categorical_features"), seed: reader.seed())
  }

  /// The settings as `init(_:)` reads them, every one spelled out.
  public var json: JSONValue {
    let samples: JSONValue =
      switch sampleSize {
      case .automatic: "auto"
      case .count(let count): .integer(Int64(count))
      case .fraction(let share): .number(share)
      }
    let features: JSONValue =
      switch featureCount {
      case .count(let count): .integer(Int64(count))
      case .fraction(let share): .number(share)
      }
    let (thresholdName, threshold): (String, JSONValue) =
      switch contamination {
      case .automatic: ("contamination", "auto")
      case .share(let share): ("contamination", .number(share))
      case .alertBudget(let count): ("alert_budget", .integer(Int64(count)))
      case .falseAlarmRate(let rate): ("false_alarm_rate", .number(rate))
      }
    let depth: JSONValue =
      switch depthLimit {
      case .automatic: "auto"
      case .unlimited: "unlimited"
      case .levels(let levels): .integer(Int64(levels))
      }
    let (split, dimensions): (JSONValue, Int) =
      switch splitRule {
      case .axisParallel: ("axis", 1)
      case .extended(let dimensions): ("extended", dimensions)
      case .pooledGain(let dimensions): ("pooled_gain", dimensions)
      case .averagedGain(let dimensions): ("averaged_gain", dimensions)
      }
    var object: JSONObject = [
      "n_estimators": .integer(Int64(treeCount)),
      "max_samples": samples,
      thresholdName: threshold,
      "max_features": features,
      "bootstrap": .bool(drawsWithReplacement),
      "split": split,
      "ndim": .integer(Int64(dimensions)),
      "max_depth": depth,
      "path_length": .string(pathLength.rawValue),
      // Seeds past 2⁶³ are written as the negative number of the same bits.
      "random_state": .integer(Int64(bitPattern: seed)),
    ]
    // Versions made before there were these settings keep the digest of their inputs.
    switch scoring {
    case .depth(let penalizesRange):
      if penalizesRange { object["penalize_range"] = true }
    case .density: object["scoring_metric"] = "density"
    }
    if !categoricalFeatures.isEmpty {
      object["categorical_features"] = .array(categoricalFeatures.map { .string($0) })
    }
    return .object(object)
  }
}

/// Typed access to the members of a parameter object.
private struct ParameterReader {
  let object: JSONObject

  func integer(_ name: String, default value: Int) throws(TrainingError) -> Int {
    guard let member = object[name] else { return value }
    guard let number = member.integerValue else {
      throw invalid(name, member, allowed: "a whole number")
    }
    return Int(number)
  }

  func boolean(_ name: String, default value: Bool) throws(TrainingError) -> Bool {
    guard let member = object[name] else { return value }
    guard let flag = member.boolValue else { throw invalid(name, member, allowed: "true or false") }
    return flag
  }

  func scoring() throws(TrainingError) -> IsolationForestParameters.Scoring {
    let penalizesRange = try boolean("penalize_range", default: false)
    switch object["scoring_metric"] ?? "depth" {
    case "depth": return .depth(penalizesRange: penalizesRange)
    case "density":
      guard !penalizesRange else {
        throw .invalidParameter(
          name: "penalize_range", given: "true", allowed: "false when scoring_metric is \"density\""
        )
      }
      return .density
    case let other: throw invalid("scoring_metric", other, allowed: "\"depth\", \"density\"")
    }
  }

  func names(_ name: String) throws(TrainingError) -> [String] {
    guard let member = object[name] else { return [] }
    guard let names = member.arrayValue?.map(\.stringValue), !names.contains(nil) else {
      throw invalid(name, member, allowed: "a list of names of columns")
    }
    return names.compactMap { $0 }
  }

  func preset() throws(TrainingError) -> IsolationForestParameters.Preset {
    guard let member = object["preset"] else {
      let split = object["split"]?.stringValue
      return split == "axis" || split == "extended" ? .scikitLearn : .fairCut
    }
    guard let preset = member.stringValue.flatMap(IsolationForestParameters.Preset.init) else {
      let names = IsolationForestParameters.Preset.allCases.map { "\"\($0.rawValue)\"" }
      throw invalid("preset", member, allowed: names.joined(separator: ", "))
    }
    return preset
  }

  /// `split`, or the default's, over `ndim` features, or the default's number of them.
  func splitRule(
    default rule: IsolationForestParameters.SplitRule
  ) throws(TrainingError) -> IsolationForestParameters.SplitRule {
    let given = object["ndim"] == nil ? nil : try integer("ndim", default: 1)
    switch (object["split"], rule) {
    case (.string("axis")?, _), (nil, .axisParallel):
      guard given == nil || given == 1 else {
        throw .invalidParameter(
          name: "ndim", given: String(given ?? 1), allowed: "1 when split is \"axis\"")
      }
      return .axisParallel
    case (nil, .extended(let dimensions)): return .extended(dimensions: given ?? dimensions)
    case (nil, .averagedGain(let dimensions)): return .averagedGain(dimensions: given ?? dimensions)
    case (nil, .pooledGain(let dimensions)): return .pooledGain(dimensions: given ?? dimensions)
    case (.string("extended")?, _): return .extended(dimensions: given ?? 2)
    case (.string("pooled_gain")?, .pooledGain(let dimensions)):
      return .pooledGain(dimensions: given ?? dimensions)
    case (.string("pooled_gain")?, _): return .pooledGain(dimensions: given ?? 2)
    case (.string("averaged_gain")?, _): return .averagedGain(dimensions: given ?? 2)
    case (let member?, _):
      throw invalid(
        "split", member, allowed: "\"axis\", \"extended\", \"pooled_gain\", \"averaged_gain\"")
    }
  }

  /// One of `contamination`, `alert_budget` and `false_alarm_rate`.
  func contamination() throws(TrainingError) -> IsolationForestParameters.Contamination {
    let names = ["contamination", "alert_budget", "false_alarm_rate"].filter { object[$0] != nil }
    guard names.count < 2 else {
      throw invalid(
        names[1], object[names[1]] ?? .null, allowed: "one of \(names.joined(separator: " and "))")
    }
    switch names.first {
    case "alert_budget"?: return .alertBudget(try integer("alert_budget", default: 1))
    case "false_alarm_rate"?:
      return try amount(
        "false_alarm_rate", default: .automatic, words: [:], count: nil,
        share: { .falseAlarmRate($0) })
    default:
      return try amount(
        "contamination", default: .automatic, words: ["auto": .automatic], count: nil,
        share: { .share($0) })
    }
  }

  func seed() throws(TrainingError) -> UInt64 {
    let name = object["random_state"] == nil ? "seed" : "random_state"
    return UInt64(bitPattern: Int64(try integer(name, default: 0)))
  }

  /// A word of `words`, a count or a share, where each kind is only taken when it has a meaning.
  func amount<Amount>(
    _ name: String, default value: Amount, words: [String: Amount], count: ((Int) -> Amount)?,
    share: ((Double) -> Amount)?
  ) throws(TrainingError) -> Amount {
    switch object[name] {
    case nil: return value
    case .string(let word)?:
      if let amount = words[word] { return amount }
    case .integer(let number)?:
      if let count { return count(Int(number)) }
      if let share { return share(Double(number)) }
    case .number(let number)?:
      if let share { return share(number) }
    default: break
    }
    var allowed = words.keys.sorted().map { "\"\($0)\"" }
    if count != nil { allowed.append("a whole number") }
    if share != nil { allowed.append("a share") }
    throw invalid(name, object[name] ?? .null, allowed: allowed.joined(separator: ", "))
  }

  private func invalid(_ name: String, _ member: JSONValue, allowed: String) -> TrainingError {
    .invalidParameter(name: name, given: member.text(), allowed: allowed)
  }
}
