import Features
import Files
import Tabular
import Transactions
import YAML

/// Tables of `Tests/Fixtures/features`.
enum Fixtures {
  static func table(_ name: String) throws -> [[String: String]] {
    let here = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try table(atPath: "/\(here)/Fixtures/features/\(name)")
  }

  static func table(atPath path: String) throws -> [[String: String]] {
    let lines = try FileSystem.readText(path).split(separator: "\n")
    let header = lines[0].split(separator: ",").map(String.init)
    return lines.dropFirst().map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return Dictionary(uniqueKeysWithValues: zip(header, cells))
    }
  }

  /// The transactions of the fixture, their labels known 7 days later.
  static func transactions() throws -> [LabelledTransaction] {
    try table("transactions.csv").map { row in
      let time = Timestamp(parsing: row["time"] ?? "") ?? Timestamp(seconds: 0)
      let transaction = Transaction(
        id: row["id"] ?? "", time: time, userID: row["user"] ?? "",
        amount: Money(parsing: row["amount"] ?? "") ?? Money(millionths: 0),
        terminalID: row["terminal"])
      return LabelledTransaction(
        transaction, label: TransactionLabel(isFraud: row["fraud"] == "1", knownAt: time + .days(7))
      )
    }
  }

  static func batch(_ rows: some Sequence<LabelledTransaction>) -> TransactionBatch {
    var batch = TransactionBatch()
    for row in rows { batch.append(row) }
    return batch
  }

  /// Transactions of every kind: ties, absent texts, refunds, positions, late and absent labels.
  static func random(_ count: Int, seed: UInt64) -> [LabelledTransaction] {
    var random = SeededGenerator(seed: seed)
    var time = Timestamp(seconds: 1_700_000_000)
    return (0..<count).map { index in
      if !random.chance(0.2) {
        time = time + TimeSpan(microseconds: Int64(random.exponential(mean: 3_600_000_000)))
      }
      func text(_ prefix: String, _ bound: Int, absent: Double = 0) -> String? {
        random.chance(absent) ? nil : "\(prefix)\(random.below(bound))"
      }
      let isPlaced = random.chance(0.7)
      let transaction = Transaction(
        id: "\(10_000 + index)", time: time, userID: text("u", 12) ?? "",
        amount: Money(millionths: Int64(random.uniform(-5, 200)) * 10_000_000), currency: "EUR",
        merchantID: text("m", 20, absent: 0.1), merchantCategory: text("c", 5),
        terminalID: text("t", 15, absent: 0.3), deviceID: text("d", 9, absent: 0.3),
        channel: random.chance(0.3) ? "online" : "card_present", location: text("L", 4),
        latitude: isPlaced ? random.uniform(-80, 80) : nil,
        longitude: isPlaced ? random.uniform(-180, 180) : nil)
      guard random.chance(0.5) else { return LabelledTransaction(transaction) }
      let delay = TimeSpan(microseconds: Int64(random.exponential(mean: 200_000_000_000)))
      return LabelledTransaction(
        transaction,
        label: TransactionLabel(isFraud: random.chance(0.4), knownAt: time + delay))
    }
  }

  /// A specification with every kind of feature.
  static func everything(memory: TimeSpan = .days(20)) throws -> FeatureSpecification {
    try FeatureSpecification(
      YAMLDocument(
        parsing: """
          memory: \(memory)
          list:
            - amount
            - log_amount
            - night
            - weekend
            - hour
            - {kind: round_amount, unit: "100"}
            - {kind: category, of: merchant}
            - {kind: indicator, of: channel, equals: online}
            - {kind: count, entity: user, windows: [1h, 1d, 10d]}
            - {kind: count, entity: [user, merchant], window: 5d, current: exclude}
            - {kind: count, entity: terminal, window: 3d, delay: 2d}
            - {kind: sum, entity: merchant, window: 36h}
            - {kind: mean, entity: user, windows: [1d, history]}
            - {kind: standard_deviation, entity: user, window: 7d}
            - {kind: minimum, entity: user, window: 2d}
            - {kind: maximum, entity: device, window: 2d, current: exclude}
            - {kind: span, entity: user, window: 10min}
            - {kind: distinct, of: merchant, entity: user, window: 2d}
            - {kind: distinct, of: user, entity: device, window: 4d, current: exclude}
            - {kind: repeats, entity: user, window: 6d}
            - {kind: risk, entity: terminal, windows: [2d, 9d], delay: 1d}
            - {kind: risk, entity: merchant, window: 9d, prior_weight: 4, prior_rate: 0.1}
            - {kind: risk, entity: [user, device], window: 9d, prior_weight: 4, prior_rate: 0.1}
            - {kind: z_score, entity: user, window: history}
            - {kind: z_score, of: log_amount, entity: merchant, window: 8d, prior_weight: 0}
            - {kind: robust_z_score, entity: user, last: 8}
            - {kind: ratio, entity: user, window: 6d}
            - {kind: seconds_since_last, entity: user, cap: 2d}
            - {kind: seconds_since_last, entity: [user, device], cap: 9d, log: true}
            - {kind: is_new, of: device, entity: user}
            - {kind: rarity, of: merchant_category, entity: user, window: 9d}
            - {kind: hour_rarity, entity: user, cycle: week}
            - {kind: hour_rarity, entity: merchant}
            - {kind: distance, entity: user}
            - {kind: speed, entity: user}
          """
      ).json)
  }
}
