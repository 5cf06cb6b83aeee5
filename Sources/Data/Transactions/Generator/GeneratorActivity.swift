internal import Tabular

/// A payment before it has an identifier: small, so that tens of millions fit in memory.
struct GeneratedPayment {
  var microseconds: Int64
  var user: Int32
  var merchant: Int32
  var terminal: Int32
  /// Number of the user's device; fraudsters' devices are negative.
  var device: Int32
  var millionths: Int64
  var scenario: FraudScenario?
  /// When a fraud became known.
  var knownAt: Int64 = .max
}

/// What honest users do: daily and weekly rhythm, salary days, trips and new phones.
///
/// Trips, salary days and new phones are there to make simple rules wrong: they look like fraud and are not.
struct GeneratorActivity {
  let settings: GeneratorSettings
  let world: GeneratorWorld
  var drift: GeneratorDrift { GeneratorDrift(settings: settings) }

  /// All payments of one user in no particular order; they depend on nothing but the settings and the user's number.
  func payments(ofUser userIndex: Int) -> [GeneratedPayment] {
    var generator = SeededGenerator(seed: settings.seed, stream: UInt64(userIndex))
    let user = world.users[userIndex]
    let segment = UserSegment.all[user.segment]
    var payments: [GeneratedPayment] = []
    var city = user.city
    var tripDaysLeft = 0
    var device: Int32 = 0
    for day in 0..<settings.dayCount {
      if tripDaysLeft > 0 {
        tripDaysLeft -= 1
        if tripDaysLeft == 0 { city = user.city }
      } else if generator.chance(segment.tripsPerMonth / 30) {
        tripDaysLeft = 3 + generator.below(8)
        city = generator.below(City.all.count)
        let kind = MerchantKind.index(of: "travel")
        payments.append(
          payment(user, userIndex, day: day, kind: kind, city: city, device, &generator))
      }
      if generator.chance(0.2 / 120) { device += 1 }
      let weights = kindWeights(segment, day: day)
      let count = generator.poisson(
        mean: user.dailyRate * drift.activityLevel(day: day)
          * rhythm(day: day, salaryDay: user.salaryDay, isTravelling: tripDaysLeft > 0))
      let kinds = WeightedChoice(weights: weights)
      for _ in 0..<count {
        payments.append(
          payment(
            user, userIndex, day: day, kind: kinds.pick(&generator), city: city, device,
            &generator))
      }
    }
    return payments
  }

  private func kindWeights(_ segment: UserSegment, day: Int) -> [Double] {
    let isWeekend = isWeekend(day)
    let onlineLevel = drift.onlineLevel(day: day)
    return zip(segment.kindWeights, MerchantKind.all).map { weight, kind in
      weight * (isWeekend ? kind.weekendFactor : 1) * (kind.channel == .online ? onlineLevel : 1)
    }
  }

  private func rhythm(day: Int, salaryDay: Int, isTravelling: Bool) -> Double {
    var factor = isWeekend(day) ? 1.15 : 0.95
    if (0..<3).contains((day % 30) + 1 - salaryDay) { factor *= 1.6 }
    return isTravelling ? factor * 1.5 : factor
  }

  private func isWeekend(_ day: Int) -> Bool {
    // The epoch was a Thursday.
    let weekday = (settings.start.microseconds / 86_400_000_000 + Int64(day) + 3) % 7
    return weekday == 5 || weekday == 6
  }

  private func payment(
    _ user: GeneratorWorld.User, _ userIndex: Int, day: Int, kind: Int, city: Int,
    _ device: Int32, _ generator: inout SeededGenerator
  ) -> GeneratedPayment {
    let isHome = city == user.city
    let merchant =
      isHome && generator.chance(0.65)
      ? user.favourites[kind][generator.below(3)]
      : world.pickMerchant(kind: kind, city: city, &generator)
    let isSalaryDay = (day % 30) + 1 == user.salaryDay
    let scale = user.amountScale * (isSalaryDay && generator.chance(0.2) ? 4 : 1)
    return makePayment(
      user: userIndex, merchant: merchant, device: device,
      time: time(day: day, kind: kind, &generator),
      amount: amount(kind: kind, scale: scale * drift.priceLevel(day: day), &generator),
      &generator)
  }

  /// A moment of `day` at which people use merchants of `kind`.
  func time(day: Int, kind: Int, _ generator: inout SeededGenerator) -> Int64 {
    let profile = MerchantKind.all[kind]
    var hour = profile.peakHour + profile.hourSpread * generator.normal()
    if generator.chance(0.04) { hour = 24 * generator.uniform() }
    hour -= 24 * (hour / 24).rounded(.down)
    let second = Int64(hour * 3600)
    return settings.start.microseconds + (Int64(day) * 86_400 + second) * 1_000_000
  }

  /// An amount that such a merchant charges, in millionths; at least one hundredth.
  func amount(kind: Int, scale: Double, _ generator: inout SeededGenerator) -> Int64 {
    let profile = MerchantKind.all[kind]
    var value =
      profile.medianAmount * scale * PortableMath.exp(profile.logSpread * generator.normal())
    if profile.channel == .atm { value = max(10, (value / 10).rounded() * 10) }
    return max(1, Int64((value * 100).rounded())) * 10_000
  }

  func makePayment(
    user: Int, merchant: Int, device: Int32, time: Int64, amount: Int64,
    _ generator: inout SeededGenerator
  ) -> GeneratedPayment {
    let shop = world.merchants[merchant]
    return GeneratedPayment(
      microseconds: time, user: Int32(user), merchant: Int32(merchant),
      terminal: Int32(shop.firstTerminal + generator.below(shop.terminalCount)), device: device,
      millionths: amount)
  }
}
