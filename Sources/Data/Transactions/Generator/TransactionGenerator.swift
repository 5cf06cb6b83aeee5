internal import Tabular

/// Makes labelled card transactions of a synthetic world: the data of the demo, the tests and the benchmarks.
///
/// Users have home cities, segments, devices, favourite merchants and daily, weekly and monthly rhythms; six kinds of
/// fraud are planted (`FraudScenario`), and trips, salary days and new phones look like fraud without being it.
/// Amounts are log-normal by kind of merchant (in euro); merchants' popularity follows Zipf's law. Labels exist for
/// fraud only and become known late (log-normal, median `medianLabelDelayDays`).
public struct TransactionGenerator: Sendable {
  /// What was asked for.
  public let settings: GeneratorSettings

  /// Makes a generator.
  public init(_ settings: GeneratorSettings) { self.settings = settings }

  /// Hands over all transactions in canonical order, in batches of at most `batchSize`.
  ///
  /// - Complexity: O(rows log rows) time; about 64 bytes a row besides the batch.
  public func forEachBatch<Failure: Error>(
    batchSize: Int = 65_536, threadCount: Int = 1,
    _ body: (TransactionBatch) throws(Failure) -> Void
  ) throws(Failure) {
    let world = GeneratorWorld(settings: settings)
    let activity = GeneratorActivity(settings: settings, world: world)
    var payments = Array(
      BlockParallel.map(count: settings.userCount, blockSize: 64, threadCount: threadCount) {
        users in users.flatMap { activity.payments(ofUser: $0) }
      }.joined())
    Self.sort(&payments)
    GeneratorFraud(activity: activity).plant(in: &payments)
    Self.sort(&payments)
    var batch = TransactionBatch()
    for (index, payment) in payments.enumerated() {
      batch.append(row(payment, number: index + 1, in: world))
      if batch.count == batchSize {
        try body(batch)
        batch = TransactionBatch()
      }
    }
    if batch.count > 0 { try body(batch) }
  }

  private static func sort(_ payments: inout [GeneratedPayment]) {
    payments.sort { left, right in
      (left.microseconds, left.user, left.merchant, left.terminal, left.millionths)
        < (right.microseconds, right.user, right.merchant, right.terminal, right.millionths)
    }
  }

  private func row(
    _ payment: GeneratedPayment, number: Int, in world: GeneratorWorld
  ) -> LabelledTransaction {
    let merchant = world.merchants[Int(payment.merchant)]
    let kind = MerchantKind.all[merchant.kind]
    let digits = String(number)
    let isPresent = merchant.city != nil
    let device =
      payment.device < 0 ? "dx\(-payment.device)" : "d\(payment.user + 1)-\(payment.device + 1)"
    return LabelledTransaction(
      Transaction(
        id: "tx" + String(repeating: "0", count: max(0, 9 - digits.count)) + digits,
        time: Timestamp(microseconds: payment.microseconds), userID: "u\(payment.user + 1)",
        amount: Money(millionths: payment.millionths), currency: "EUR",
        merchantID: "m\(payment.merchant + 1)", merchantCategory: kind.name,
        terminalID: isPresent ? "t\(payment.terminal + 1)" : nil,
        deviceID: isPresent ? nil : device, channel: kind.channel.rawValue,
        location: merchant.city.map { City.all[$0].name },
        latitude: isPresent ? Self.rounded(merchant.latitude) : nil,
        longitude: isPresent ? Self.rounded(merchant.longitude) : nil),
      label: payment.scenario.map {
        TransactionLabel(
          isFraud: true, scenario: $0.rawValue,
          knownAt: Timestamp(microseconds: payment.knownAt))
      })
  }

  /// Five decimals of a degree, about a metre: what such data carries.
  private static func rounded(_ degrees: Double) -> Double {
    (degrees * 100_000).rounded() / 100_000
  }
}
