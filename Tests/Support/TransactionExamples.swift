public import Transactions

/// Rows for tests of whatever stores or moves transactions.
public enum TransactionExamples {
  /// Rows that are awkward to store: equal moments, identifiers of several lengths and alphabets, extremes of amounts and moments,
  /// everything missing that may be, labels of both kinds. In canonical order.
  public static var awkward: [LabelledTransaction] {
    let noon = Timestamp(seconds: 1_766_232_000)
    let rows = [
      LabelledTransaction(
        Transaction(
          id: "before 1970", time: Timestamp(microseconds: -1), userID: "u1",
          amount: Money(millionths: -1)),
        label: TransactionLabel(isFraud: true, knownAt: noon)),
      LabelledTransaction(
        Transaction(id: "9", time: noon, userID: "u1", amount: Money(millionths: 0))),
      LabelledTransaction(
        Transaction(
          id: "10", time: noon, userID: "ünïcode ✓", amount: Money(millionths: .max),
          currency: "EUR", merchantID: "it's", merchantCategory: "grocery", terminalID: "\"t\"",
          deviceID: "back\\slash", channel: "tab\there", location: "line\nbreak", latitude: -90,
          longitude: 180),
        label: TransactionLabel(isFraud: false, knownAt: noon + .days(5))),
      LabelledTransaction(
        Transaction(
          id: "é", time: noon, userID: "u2", amount: Money(millionths: -9_223_372_036_854_775_807),
          currency: "", latitude: 0.1, longitude: -0.2),
        label: TransactionLabel(
          isFraud: true, scenario: "card_testing", knownAt: noon + TimeSpan(microseconds: 1))),
      LabelledTransaction(
        Transaction(id: "AB", time: noon, userID: "", amount: Money(millionths: 4_500_500_000))),
      LabelledTransaction(
        Transaction(
          id: "after 2262", time: Timestamp(seconds: 10_000_000_000), userID: "u2",
          amount: Money(millionths: 10_000))),
    ]
    return rows.sorted(by: LabelledTransaction.isOrderedBefore)
  }

  /// Generated rows with labels, in the generator's order.
  public static func generated(userCount: Int, dayCount: Int, seed: UInt64) throws
    -> TransactionBatch
  {
    var joined = TransactionBatch()
    let settings = try GeneratorSettings(userCount: userCount, dayCount: dayCount, seed: seed)
    TransactionGenerator(settings).forEachBatch { batch in
      for row in 0..<batch.count { joined.append(batch[row]) }
    }
    return joined
  }

  /// Rows as a batch.
  public static func batch(_ rows: [LabelledTransaction]) -> TransactionBatch {
    var batch = TransactionBatch()
    for row in rows { batch.append(row) }
    return batch
  }

  /// The rows of a batch as values.
  public static func rows(_ batch: TransactionBatch) -> [LabelledTransaction] {
    (0..<batch.count).map { batch[$0] }
  }
}
