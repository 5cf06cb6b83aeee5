internal import Tabular

/// How the world changes while it is watched: prices rise, people pay more often and more often online, and the fraud
/// campaigns of one season are not those of the next. Without drift nothing changes.
struct GeneratorDrift {
  let settings: GeneratorSettings

  /// Length of a season of fraud campaigns in days.
  static let seasonLength = 45

  private func years(_ day: Int) -> Double { Double(day) / 365 * settings.drift }

  /// Factor of all amounts.
  func priceLevel(day: Int) -> Double { PortableMath.exp(0.8 * years(day)) }

  /// Factor of the number of payments.
  func activityLevel(day: Int) -> Double { 1 + 0.5 * years(day) }

  /// Factor of the weight of online merchants.
  func onlineLevel(day: Int) -> Double { PortableMath.exp(1.2 * years(day)) }

  /// How difficult fraud is to find in the season of `day`: fraudsters hide better in some than in others.
  func difficulty(day: Int) -> Double {
    guard settings.drift > 0 else { return settings.difficulty }
    let shift = settings.drift * (draw(stream: 0, day: day) - 0.5)
    return min(max(settings.difficulty + shift, 0), 1)
  }

  /// Whether a campaign that was planned for `day` takes place: a scenario is in fashion in some seasons only.
  func takesPlace(
    _ scenario: FraudScenario, day: Int, _ generator: inout SeededGenerator
  ) -> Bool {
    guard settings.drift > 0, let index = FraudScenario.allCases.firstIndex(of: scenario) else {
      return true
    }
    let fashion = draw(stream: 1 + UInt64(index), day: day)
    return generator.chance(1 - settings.drift * fashion)
  }

  /// A number in 0..<1 that belongs to the season of `day`.
  private func draw(stream: UInt64, day: Int) -> Double {
    var generator = SeededGenerator(
      seed: settings.seed, stream: (1 << 62) + stream << 16 + UInt64(day / Self.seasonLength))
    return generator.uniform()
  }
}
