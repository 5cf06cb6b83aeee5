public import Files
public import JSON
public import Transactions

/// Which features are computed, in which order, and for how long histories are kept.
///
/// As a setting it is the name of a preset (`handbook`, `standard`), a list of declarations, or a mapping of
/// `preset` and/or `list` with `memory` and `remote_channels`. `json` is the canonical form with every parameter
/// spelled out, which reads back to the same value.
public struct FeatureSpecification: Equatable, Sendable {
  /// The features in the order of the matrix' columns.
  public let features: [FeatureDefinition]
  /// An entity without a transaction for longer than this is forgotten; at least the longest window with its delay.
  public let memory: TimeSpan
  /// Channels whose transactions do not happen where their position says: no distance or speed is computed for them.
  public let remoteChannels: [String]

  /// 180 days: twice the longest window in common use, so that only entities that are gone are forgotten.
  public static let defaultMemory = TimeSpan.days(180)
  /// The channels that the project's own transactions use without a card being present.
  public static let defaultRemoteChannels = ["online"]

  /// Makes a specification of `features`.
  ///
  /// - Throws: `FeatureError.invalidSetting` for no features, more than 1,024, a repeated name or a memory that is
  ///   shorter than a window.
  public init(
    features: [FeatureDefinition], memory: TimeSpan = defaultMemory,
    remoteChannels: [String] = defaultRemoteChannels, path: String = "features"
  ) throws(FeatureError) {
    guard (1...1_024).contains(features.count) else {
      throw .invalidSetting(path: path, reason: "expected 1 to 1024 features")
    }
    var names: Set<String> = []
    for feature in features where !names.insert(feature.name).inserted {
      throw .invalidSetting(path: path, reason: "two features have the name \(feature.name)")
    }
    for feature in features {
      if let reason = feature.kind.flaw {
        throw .invalidSetting(path: path, reason: "\(feature.name): \(reason)")
      }
      if let reach = feature.kind.reach, reach > memory {
        throw .invalidSetting(
          path: path,
          reason: "memory is \(memory), but \(feature.name) looks back \(reach); make memory longer"
        )
      }
    }
    self.features = features
    self.memory = memory
    self.remoteChannels = remoteChannels
  }

  /// Whether a row's features depend on rows before it; without, rows can be computed anywhere.
  public var needsHistory: Bool {
    !FeatureProgram(features: features, remoteChannels: remoteChannels).layouts.isEmpty
  }

  /// The names of the features whose values are only equal or different.
  public var categoricalNames: [String] {
    features.filter { if case .category = $0.kind { true } else { false } }.map(\.name)
  }

  /// The features' names in order.
  public var names: [String] { features.map(\.name) }

  /// Reads the setting `json`.
  ///
  /// - Parameters:
  ///   - json: A preset's name, a list, or a mapping.
  ///   - path: Where it stands in its file, for messages.
  /// - Throws: `FeatureError.invalidSetting` with the path of the first mistake.
  public init(_ json: JSONValue, path: String = "features") throws(FeatureError) {
    switch json {
    case .string(let name): self = try .preset(named: name, path: path)
    case .array(let elements):
      let features = try FeatureSpecification.features(elements, path: path)
      try self.init(features: features, path: path)
    default:
      var settings = try SettingsReader(json, path: path)
      var features: [FeatureDefinition] = []
      if let name = try settings.text("preset") {
        features = try FeatureSpecification.preset(named: name, path: "\(path).preset").features
      }
      if let list = settings.value("list") {
        guard let elements = list.arrayValue else {
          throw settings.failure("list", "expected a list, found \(list.kindName)")
        }
        features += try FeatureSpecification.features(elements, path: "\(path).list")
      }
      let memory = try settings.span("memory", minimum: .days(1))
      let remoteChannels = try settings.texts("remote_channels")
      try settings.finish()
      try self.init(
        features: features, memory: memory ?? FeatureSpecification.defaultMemory,
        remoteChannels: remoteChannels ?? FeatureSpecification.defaultRemoteChannels, path: path)
    }
  }

  private static func features(
    _ elements: [JSONValue], path: String
  ) throws(FeatureError) -> [FeatureDefinition] {
    var features: [FeatureDefinition] = []
    for (index, element) in elements.enumerated() {
      features += try FeatureDefinition.reading(element, path: "\(path)[\(index)]")
    }
    return features
  }

  /// The digest of the canonical form, which names the specification.
  public var digest: SHA256Digest { SHA256.digest(of: json.bytes()) }

  /// The canonical form: the same features give the same bytes.
  public var json: JSONValue {
    [
      "memory": .string(memory.description),
      "remote_channels": .array(remoteChannels.map { .string($0) }),
      "list": .array(features.map(\.json)),
    ]
  }
}

extension FeatureKind {
  /// What contradicts itself in the parameters, if anything does.
  fileprivate var flaw: String? {
    switch self {
    case .isNew(let column, let entity), .rarity(let column, let entity, _):
      entity.columns == [column] || entity.columns.count > 1
        ? "compares a column of one other column" : nil
    case .distinct(_, _, let window, _), .repeats(_, let window, _),
      .aggregate(.minimum, _, let window, _), .aggregate(.maximum, _, let window, _),
      .aggregate(.span, _, let window, _):
      window.length == nil || window.delay.microseconds > 0
        ? "needs a window of a length and without delay" : nil
    case .risk(_, let window, _, _): window.length == nil ? "needs a window of a length" : nil
    case .night(let from, let to):
      (0...23).contains(from) && (1...24).contains(to) ? nil : "hours are 0 to 24"
    case .roundAmount(let unit): unit.millionths > 0 ? nil : "the unit must be positive"
    case .robustZScore(_, let count): count > 0 ? nil : "needs at least one amount"
    default: nil
    }
  }

  /// How far back the kind looks, where that is bounded.
  var reach: TimeSpan? {
    switch self {
    case .aggregate(_, _, let window, _), .distinct(_, _, let window, _),
      .repeats(_, let window, _), .risk(_, let window, _, _), .zScore(_, _, let window, _),
      .ratio(_, let window, _), .rarity(_, _, let window):
      TimeSpan(
        microseconds: (window.length?.microseconds ?? 0) + window.delay.microseconds)
    case .secondsSinceLast(_, let cap, _): cap
    default: nil
    }
  }
}
