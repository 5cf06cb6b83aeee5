internal import Tabular

/// What fraudsters do with the cards and terminals of the world.
struct GeneratorFraud {
  let activity: GeneratorActivity
  private var settings: GeneratorSettings { activity.settings }
  private var world: GeneratorWorld { activity.world }
  private var drift: GeneratorDrift { activity.drift }

  /// Campaigns per 1,000 users in 30 days.
  private static let rates: [(scenario: FraudScenario, rate: Double)] = [
    (.cardTesting, 8), (.stolenCard, 12), (.accountTakeover, 8), (.impossibleTravel, 12),
    (.amountSpike, 16),
  ]

  init(activity: GeneratorActivity) { self.activity = activity }

  /// Adds the fraud of all scenarios to the honest `payments`, which are in order of time.
  func plant(in payments: inout [GeneratedPayment]) {
    compromiseTerminals(&payments)
    let exposure = Double(settings.userCount) / 1_000 * Double(settings.dayCount) / 30
    var planted: [GeneratedPayment] = []
    for (index, (scenario, rate)) in Self.rates.enumerated() {
      var generator = SeededGenerator(seed: settings.seed, stream: (1 << 61) + UInt64(index))
      for _ in 0..<generator.poisson(mean: rate * exposure) {
        let campaign =
          scenario == .impossibleTravel
          ? impossibleTravel(payments, &generator) : purchases(scenario, &generator)
        planted += campaign.map { labelled($0, scenario, &generator) }
      }
    }
    let end = settings.start.microseconds + Int64(settings.dayCount) * 86_400_000_000
    payments += planted.filter { $0.microseconds < end }
  }

  /// Interpolates from what is easy to find to what is hard, by the difficulty of the day.
  private func graded(_ easy: Double, _ hard: Double, day: Int) -> Double {
    easy + (hard - easy) * drift.difficulty(day: day)
  }

  private func day(of microseconds: Int64) -> Int {
    Int((microseconds - settings.start.microseconds) / 86_400_000_000)
  }

  private func labelled(
    _ payment: GeneratedPayment, _ scenario: FraudScenario, _ generator: inout SeededGenerator
  ) -> GeneratedPayment {
    var payment = payment
    let days = settings.medianLabelDelayDays * PortableMath.exp(0.6 * generator.normal())
    payment.scenario = scenario
    payment.knownAt = payment.microseconds + Int64(days * 86_400) * 1_000_000
    return payment
  }

  private func purchases(
    _ scenario: FraudScenario, _ generator: inout SeededGenerator
  ) -> [GeneratedPayment] {
    let user = generator.below(settings.userCount)
    let day = generator.below(settings.dayCount)
    guard drift.takesPlace(scenario, day: day, &generator) else { return [] }
    let priceLevel = drift.priceLevel(day: day)
    let scale = world.users[user].amountScale * priceLevel
    func graded(_ easy: Double, _ hard: Double) -> Double { self.graded(easy, hard, day: day) }
    let foreignDevice = -1 - Int32(generator.below(1 << 20))
    var time =
      settings.start.microseconds + Int64(day) * 86_400_000_000
      + Int64(generator.below(86_400)) * 1_000_000
    func purchase(
      _ kind: String, scale: Double, device: Int32, _ generator: inout SeededGenerator
    ) -> GeneratedPayment {
      let index = MerchantKind.index(of: kind)
      let merchant = world.pickMerchant(
        kind: index, city: world.users[user].city, &generator)
      return activity.makePayment(
        user: user, merchant: merchant, device: device, time: time,
        amount: activity.amount(kind: index, scale: scale, &generator), &generator)
    }
    var campaign: [GeneratedPayment] = []
    switch scenario {
    case .cardTesting:
      for _ in 0..<5 + generator.below(8) {
        campaign.append(
          purchase("digital_goods", scale: 0.15 * priceLevel, device: foreignDevice, &generator))
        time += Int64(20 + generator.exponential(mean: graded(60, 1800))) * 1_000_000
      }
      campaign.append(
        purchase("online_retail", scale: graded(15, 4) * scale, device: foreignDevice, &generator))
    case .stolenCard:
      let kinds = ["electronics", "clothing", "cash_withdrawal", "fuel"]
      for _ in 0..<3 + generator.below(7) {
        campaign.append(
          purchase(
            kinds[generator.below(kinds.count)], scale: graded(5, 1.3) * scale, device: 0,
            &generator))
        time += Int64(300 + generator.exponential(mean: graded(1_800, 14_400))) * 1_000_000
      }
    case .accountTakeover:
      for _ in 0..<3 + generator.below(6) {
        campaign.append(
          purchase(
            generator.chance(0.2) ? "travel" : "online_retail", scale: graded(5, 1.2) * scale,
            device: foreignDevice, &generator))
        time += Int64(generator.exponential(mean: graded(14_400, 43_200))) * 1_000_000
      }
    case .amountSpike:
      let kinds = ["grocery", "restaurant", "online_retail", "clothing"]
      campaign.append(
        purchase(
          kinds[generator.below(kinds.count)], scale: graded(25, 6) * scale, device: 0,
          &generator))
    case .impossibleTravel, .compromisedTerminal:
      preconditionFailure("\(scenario) is not a series of purchases of its own")
    }
    return campaign
  }

  /// One or two payments in a far city soon after an honest card-present one.
  private func impossibleTravel(
    _ payments: [GeneratedPayment], _ generator: inout SeededGenerator
  ) -> [GeneratedPayment] {
    for _ in 0..<64 where !payments.isEmpty {
      let honest = payments[generator.below(payments.count)]
      guard let city = world.merchants[Int(honest.merchant)].city else { continue }
      let farCity = generator.below(City.all.count)
      guard
        Geography.kilometres(
          fromLatitude: City.all[city].latitude, longitude: City.all[city].longitude,
          toLatitude: City.all[farCity].latitude, longitude: City.all[farCity].longitude)
          > 1_500
      else { continue }
      let kind = MerchantKind.index(of: generator.chance(0.5) ? "electronics" : "clothing")
      let day = day(of: honest.microseconds)
      guard drift.takesPlace(.impossibleTravel, day: day, &generator) else { return [] }
      let scale =
        world.users[Int(honest.user)].amountScale * drift.priceLevel(day: day)
        * graded(3, 1, day: day)
      return (0..<1 + generator.below(2)).map { index in
        activity.makePayment(
          user: Int(honest.user),
          merchant: world.pickMerchant(kind: kind, city: farCity, &generator), device: 0,
          time: honest.microseconds
            + Int64(1_800 + index * 900 + generator.below(5_400)) * 1_000_000,
          amount: activity.amount(kind: kind, scale: scale, &generator), &generator)
      }
    }
    return []
  }

  /// Marks a share of the honest payments at some terminals for two to four weeks; nothing else about them changes.
  private func compromiseTerminals(_ payments: inout [GeneratedPayment]) {
    var generator = SeededGenerator(seed: settings.seed, stream: (1 << 61) + 99)
    let exposure = Double(settings.userCount) / 1_000 * Double(settings.dayCount) / 30
    let count = generator.poisson(mean: 4 * exposure)
    var windows: [Int32: Range<Int64>] = [:]
    for _ in 0..<count where !payments.isEmpty {
      let start = payments[generator.below(payments.count)]
      guard world.merchants[Int(start.merchant)].city != nil else { continue }
      let length = Int64(14 + generator.below(15)) * 86_400_000_000
      guard
        drift.takesPlace(
          .compromisedTerminal, day: day(of: start.microseconds), &generator)
      else { continue }
      windows[start.terminal] = start.microseconds..<start.microseconds + length
    }
    for index in payments.indices {
      guard let window = windows[payments[index].terminal],
        window.contains(payments[index].microseconds),
        generator.chance(graded(0.8, 0.4, day: day(of: payments[index].microseconds)))
      else { continue }
      payments[index] = labelled(payments[index], .compromisedTerminal, &generator)
    }
  }
}
