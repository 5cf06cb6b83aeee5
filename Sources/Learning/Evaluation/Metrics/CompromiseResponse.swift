internal import Transactions

/// How soon a compromised entity is noticed: from its first fraud to its first alert at or after that.
public struct CompromiseResponse: Equatable, Sendable {
  /// How many entities have a fraud in the period.
  public let compromisedCount: Int
  /// How many of them are noticed within the period.
  public let noticedCount: Int
  /// Hours from the first fraud to the first alert, median of the noticed ones.
  public let medianHours: MetricValue
  /// The time within which nine in ten of the noticed ones are noticed.
  public let ninthDecileHours: MetricValue
  /// Frauds of an entity before its first alert, mean of all compromised ones; without an alert, all of them.
  public let fraudsBefore: MetricValue
  /// Share of the fraud amount that is lost before the first alert.
  public let moneyShareBefore: MetricValue

  /// - Parameter isAlerted: Whether each row is among its day's alerts.
  init(rows: EvaluationRows, isAlerted: [Bool]) {
    let entityCount = rows.entities.dictionary.count
    var firstFraud = [Int64](repeating: .max, count: entityCount)
    for row in 0..<rows.count where rows.labels[row] {
      let entity = Int(rows.entities.codes[row])
      firstFraud[entity] = min(firstFraud[entity], rows.times[row])
    }
    var firstAlert = [Int64](repeating: .max, count: entityCount)
    for row in 0..<rows.count where isAlerted[row] {
      let entity = Int(rows.entities.codes[row])
      guard rows.times[row] >= firstFraud[entity] else { continue }
      firstAlert[entity] = min(firstAlert[entity], rows.times[row])
    }
    var (fraudsBefore, moneyBefore, money) = (0.0, 0.0, 0.0)
    for row in 0..<rows.count where rows.labels[row] {
      let amount = Double(rows.amounts[row]) / 1_000_000
      money += amount
      guard rows.times[row] < firstAlert[Int(rows.entities.codes[row])] else { continue }
      fraudsBefore += 1
      moneyBefore += amount
    }
    let compromised = (0..<entityCount).filter { firstFraud[$0] < .max }
    let hours = compromised.filter { firstAlert[$0] < .max }
      .map { Double(firstAlert[$0] - firstFraud[$0]) / 3_600_000_000 }.sorted()
    compromisedCount = compromised.count
    noticedCount = hours.count
    func quantile(_ probability: Double) -> MetricValue {
      hours.isEmpty
        ? .undefined("no compromised entity is noticed")
        : .value(Quantile.ofSorted(hours, probability))
    }
    medianHours = quantile(0.5)
    ninthDecileHours = quantile(0.9)
    self.fraudsBefore = .ratio(
      fraudsBefore, Double(compromised.count), otherwise: Ranking.noPositives)
    moneyShareBefore = .ratio(moneyBefore, money, otherwise: "no money was lost to fraud")
  }
}
