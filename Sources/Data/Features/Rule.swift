public import JSON
public import Transactions

/// How serious a finding is.
public enum Severity: String, CaseIterable, Comparable, Sendable {
  case low
  case medium
  case high
  case critical

  public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .low: 0
    case .medium: 1
    case .high: 2
    case .critical: 3
    }
  }
}

/// A declared rule: what it looks at and from where on it fires.
public struct Rule: Equatable, Sendable {
  /// What rules can look at.
  public enum Kind: Equatable, Sendable {
    /// At least `count` transactions of the entity in the window, the current one included.
    case velocity(FeatureEntity, window: TimeSpan, count: Int)
    /// Farther than `distance` kilometres from the previous position at more than `speed` km/h.
    case impossibleTravel(FeatureEntity, speed: Double, distance: Double)
    /// At least `ratio` times the entity's mean and `zScore` robust deviations above its median of the last 32 amounts,
    /// after at least `minimumCount` transactions and from `minimumAmount` on.
    case amountSpike(
      FeatureEntity, ratio: Double, zScore: Double, minimumCount: Int, minimumAmount: Money)
  }

  /// The flag, such as `VELOCITY_HIGH`.
  public let name: String
  /// What it looks at.
  public let kind: Kind
  /// How serious a finding is.
  public let severity: Severity

  /// Makes a rule.
  public init(_ name: String, _ kind: Kind, severity: Severity) {
    self.name = name
    self.kind = kind
    self.severity = severity
  }
}

/// What a rule found in one transaction: the numbers and a sentence made of them.
public struct RuleFinding: Equatable, Sendable {
  /// The rule's flag.
  public let name: String
  /// How serious it is.
  public let severity: Severity
  /// The numbers that made it fire, with their names.
  public let evidence: [(name: String, value: Double)]
  /// One sentence for people.
  public let explanation: String

  /// The finding as the event schema carries it.
  public var json: JSONValue {
    [
      "flag": .string(name), "severity": .string(severity.rawValue),
      "evidence": .object(JSONObject(evidence.map { (key: $0.name, value: .number($0.value)) })),
      "explanation": .string(explanation),
    ]
  }

  public static func == (left: RuleFinding, right: RuleFinding) -> Bool {
    left.name == right.name && left.severity == right.severity
      && left.explanation == right.explanation
      && left.evidence.elementsEqual(right.evidence) { $0.name == $1.name && $0.value == $1.value }
  }
}

extension Rule {
  /// What the rule reads, in the order in which `finding` takes it.
  var inputs: [FeatureKind] {
    switch kind {
    case .velocity(let entity, let length, _):
      let window = FeatureWindow(length: length)
      return [
        .aggregate(.count, entity, window, includesCurrent: true),
        .aggregate(.span, entity, window, includesCurrent: true),
        .aggregate(.mean, entity, FeatureWindow(length: nil), includesCurrent: false),
      ]
    case .impossibleTravel(let entity, _, _):
      return [.distance(entity), .speed(entity, floor: .seconds(60), radius: 10)]
    case .amountSpike(let entity, _, _, _, _):
      let history = FeatureWindow(length: nil)
      return [
        .aggregate(.count, entity, history, includesCurrent: false),
        .aggregate(.mean, entity, history, includesCurrent: false),
        .robustZScore(entity, last: 32),
      ]
    }
  }

  /// What the rule says about `values`, which are those of `inputs`.
  func finding(_ values: [Double], amount: Money) -> RuleFinding? {
    switch kind {
    case .velocity(_, let window, let limit):
      let (count, span, mean) = (values[0], values[1], values[2])
      guard count >= Double(limit) else { return nil }
      var sentence = "\(EvidenceText.ordinal(Int(count))) transaction in "
      sentence += EvidenceText.duration(seconds: span)
      if mean > 0 {
        sentence += "; amount \(EvidenceText.number(amount.doubleValue, decimals: 2))"
        sentence += " against an average of \(EvidenceText.number(mean, decimals: 2))"
      }
      return make(
        [
          ("count", count), ("seconds", span), ("window_seconds", window.seconds),
          ("limit", Double(limit)), ("mean_amount", mean),
        ], sentence)
    case .impossibleTravel(_, let limit, let minimumDistance):
      let (distance, speed) = (values[0], values[1])
      guard speed > limit, distance >= minimumDistance else { return nil }
      let sentence =
        "\(EvidenceText.number(distance)) km from the previous transaction, "
        + "which takes \(EvidenceText.number(speed)) km/h; possible is \(EvidenceText.number(limit))"
      return make(
        [("distance_km", distance), ("speed_kmh", speed), ("limit_kmh", limit)], sentence)
    case .amountSpike(_, let ratioLimit, let scoreLimit, let minimumCount, let minimumAmount):
      let (count, mean, score) = (values[0], values[1], values[2])
      guard count >= Double(minimumCount), amount >= minimumAmount, mean > 0 else { return nil }
      let ratio = amount.doubleValue / mean
      guard ratio >= ratioLimit, score >= scoreLimit else { return nil }
      let sentence =
        "amount \(EvidenceText.number(amount.doubleValue, decimals: 2)) is "
        + "\(EvidenceText.number(ratio, decimals: 1)) times the average of "
        + "\(EvidenceText.number(mean, decimals: 2)) over \(EvidenceText.number(count)) transactions"
      return make(
        [
          ("amount", amount.doubleValue), ("mean_amount", mean), ("ratio", ratio),
          ("robust_z_score", score), ("count", count),
        ], sentence)
    }
  }

  private func make(_ evidence: [(String, Double)], _ sentence: String) -> RuleFinding {
    RuleFinding(
      name: name, severity: severity, evidence: evidence.map { (name: $0.0, value: $0.1) },
      explanation: sentence)
  }
}

/// Numbers as people read them.
enum EvidenceText {
  /// With thousands separators: `5,000` or `150.25`.
  static func number(_ value: Double, decimals: Int = 0) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    guard let scaled = Int64(exactly: (abs(value) * scale).rounded()) else { return "\(value)" }
    let digits = String(scaled / Int64(scale))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    if decimals > 0 {
      let fraction = String(scaled % Int64(scale))
      text += "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
    return (value < 0 && scaled != 0 ? "-" : "") + text
  }

  static func ordinal(_ number: Int) -> String {
    let suffix =
      switch (number % 100, number % 10) {
      case (11...13, _): "th"
      case (_, 1): "st"
      case (_, 2): "nd"
      case (_, 3): "rd"
      default: "th"
      }
    return "\(number)\(suffix)"
  }

  static func duration(seconds: Double) -> String {
    func text(_ value: Double, _ unit: String) -> String {
      let count = max(1, value.rounded())
      return "\(number(count)) \(unit)\(count == 1 ? "" : "s")"
    }
    if seconds < 90 { return text(seconds, "second") }
    if seconds < 5_400 { return text(seconds / 60, "minute") }
    if seconds < 129_600 { return text(seconds / 3_600, "hour") }
    return text(seconds / 86_400, "day")
  }
}
