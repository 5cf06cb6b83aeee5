/// What the synthetic world looks like; equal settings give equal transactions on every machine.
public struct GeneratorSettings: Equatable, Sendable {
  /// How many users there are.
  public var userCount: Int
  /// How many days they are watched.
  public var dayCount: Int
  /// Seed of everything that is drawn.
  public var seed: UInt64
  /// First midnight.
  public var start: Timestamp
  /// 0: fraud stands out clearly … 1: fraud hides in what its victims usually do.
  public var difficulty: Double
  /// Half of all fraud labels are known after this many days.
  public var medianLabelDelayDays: Double
  /// 0: the world stays as it is … 1: prices, habits and fraud campaigns change much within a year.
  public var drift: Double

  /// The most users that one run makes; keeps the memory of a run within a few gigabytes.
  public static let largestUserCount = 1_000_000
  /// The longest time that one run covers.
  public static let largestDayCount = 3_660

  /// 2026-01-01: a fixed day, so that equal commands give equal rows whenever they are run.
  public static let defaultStart = Timestamp(seconds: 1_767_225_600)

  /// Makes settings; the defaults are those of the demo.
  ///
  /// - Throws: `GeneratorError` naming the parameter, the value and what is allowed.
  public init(
    userCount: Int = 2_000, dayCount: Int = 120, seed: UInt64 = 7,
    start: Timestamp = defaultStart, difficulty: Double = 0.5,
    medianLabelDelayDays: Double = 5, drift: Double = 0
  ) throws(GeneratorError) {
    func check(
      _ isValid: Bool, _ name: String, _ value: some CustomStringConvertible, _ allowed: String
    ) throws(GeneratorError) {
      guard isValid else {
        throw GeneratorError(parameter: name, value: value.description, allowed: allowed)
      }
    }
    try check(
      (1...Self.largestUserCount).contains(userCount), "users", userCount,
      "1 to \(Self.largestUserCount)")
    try check(
      (1...Self.largestDayCount).contains(dayCount), "days", dayCount,
      "1 to \(Self.largestDayCount)")
    try check((0...1).contains(difficulty), "difficulty", difficulty, "0 to 1")
    try check((0...1).contains(drift), "drift", drift, "0 to 1")
    try check(
      (0...365).contains(medianLabelDelayDays), "label delay", medianLabelDelayDays,
      "0 to 365 days")
    self.userCount = userCount
    self.dayCount = dayCount
    self.seed = seed
    self.start = start.startOfDay
    self.difficulty = difficulty
    self.medianLabelDelayDays = medianLabelDelayDays
    self.drift = drift
  }
}

/// A setting of the generator that is out of range.
public struct GeneratorError: Error, Equatable, CustomStringConvertible {
  let parameter: String
  let value: String
  let allowed: String

  public var description: String { "\(parameter) is \(value); allowed is \(allowed)" }
}

/// The kinds of fraud that the generator plants.
public enum FraudScenario: String, CaseIterable, Sendable {
  /// A burst of tiny online payments from an unknown device, then a large one.
  case cardTesting = "card_testing"
  /// Expensive purchases in quick succession with a stolen card.
  case stolenCard = "stolen_card"
  /// Online purchases over days from an unknown device.
  case accountTakeover = "account_takeover"
  /// A card-present payment too far from the one before.
  case impossibleTravel = "impossible_travel"
  /// Payments at a skimmed terminal; the rows look like any other.
  case compromisedTerminal = "compromised_terminal"
  /// One payment many times the usual amount.
  case amountSpike = "amount_spike"
}
