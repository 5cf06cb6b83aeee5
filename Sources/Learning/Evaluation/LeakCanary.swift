public import JSON

/// What a detector would seem to be worth if labels were known at once: a figure that says how much a leak would flatter.
///
/// The same detector is trained and judged a second time on features that see every label at the moment of its transaction. Real
/// projects report such figures by mistake; the handbook's own forest rises from .70 to .87 so.
public struct LeakCanary: Equatable, Sendable {
  /// Average precision as reported.
  public let averagePrecision: MetricValue
  /// Average precision with labels known at once.
  public let leaking: MetricValue

  /// A rise above this is told as one that matters.
  public static let materialJump = 0.05

  /// Compares two figures of the same rows.
  public init(averagePrecision: MetricValue, leaking: MetricValue) {
    self.averagePrecision = averagePrecision
    self.leaking = leaking
  }

  /// How much the average precision rises; `nil` when either is undefined.
  public var jump: Double? {
    guard let honest = averagePrecision.value, let leaking = leaking.value else { return nil }
    return leaking - honest
  }

  /// The finding as a sentence.
  public var sentence: String {
    guard let jump, let honest = averagePrecision.value, let leaking = leaking.value else {
      return "The leak canary needs labels of both kinds in the test period."
    }
    let figures =
      "With every label known at the moment of its payment the average precision would be "
      + "\(NumberText.fixed(leaking, 3)) instead of \(NumberText.fixed(honest, 3)), "
      + "\(NumberText.fixed(abs(jump), 3)) \(jump < 0 ? "less" : "more")."
    return figures
      + (jump > LeakCanary.materialJump
        ? " Figures of models that ignore how late labels come are flattered this much."
        : " How late labels come matters little here.")
  }

  /// `{"average_precision", "leaking", "jump"}`.
  public var json: JSONValue {
    [
      "average_precision": averagePrecision.value.map { .number($0) } ?? nil,
      "leaking": leaking.value.map { .number($0) } ?? nil,
      "jump": jump.map { .number($0) } ?? nil,
    ]
  }
}
