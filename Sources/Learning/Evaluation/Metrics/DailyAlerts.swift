internal import Transactions

/// What an analyst sees who reads the highest scores of every day: rows and entities ("cards") by day and falling score.
///
/// Equal scores keep the order of the rows, which is the order of time: first come, first read.
struct DailyAlerts: Sendable {
  /// What one day's alerts bring.
  struct Counts: Equatable, Sendable {
    var alerts = 0.0
    var caught = 0.0
    var caughtMoney = 0.0
    var caughtCards = 0.0
    var newlyCaughtCards = 0.0
    var frauds = 0.0
    var fraudMoney = 0.0
  }

  /// An entity on one day: its best score decides its place, one fraud of the day makes it a catch.
  struct Card: Sendable {
    let entity: Int32
    let isFraud: Bool
  }

  let dayCount: Int
  private let rowStarts: [Int]
  private let rows: [UInt32]
  private let cardStarts: [Int]
  private let cards: [Card]
  private let fraudsOfDay: [[UInt32]]
  private let labels: [Bool]
  private let amounts: [Int64]
  private let entityOfRow: [Int32]
  private let entityCount: Int

  init(order: [UInt32], rows table: EvaluationRows, days: DayIndex) {
    dayCount = days.starts.count
    labels = table.labels
    amounts = table.amounts
    entityOfRow = table.entities.codes
    entityCount = table.entities.dictionary.count
    var starts = [Int](repeating: 0, count: dayCount + 1)
    for day in days.dayOfRow { starts[Int(day) + 1] += 1 }
    for day in 0..<dayCount { starts[day + 1] += starts[day] }
    var next = starts
    var sorted = [UInt32](repeating: 0, count: order.count)
    var frauds = [[UInt32]](repeating: [], count: dayCount)
    for row in order {
      let day = Int(days.dayOfRow[Int(row)])
      sorted[next[day]] = row
      next[day] += 1
      if table.labels[Int(row)] { frauds[day].append(row) }
    }
    rowStarts = starts
    rows = sorted
    fraudsOfDay = frauds

    var seenOn = [Int32](repeating: -1, count: entityCount)
    var fraudOn = seenOn
    var cards: [Card] = []
    var cardStarts = [0]
    for day in 0..<dayCount {
      let mark = Int32(day)
      for row in frauds[day] { fraudOn[Int(entityOfRow[Int(row)])] = mark }
      for row in sorted[starts[day]..<starts[day + 1]] {
        let entity = entityOfRow[Int(row)]
        guard seenOn[Int(entity)] != mark else { continue }
        seenOn[Int(entity)] = mark
        cards.append(Card(entity: entity, isFraud: fraudOn[Int(entity)] == mark))
      }
      cardStarts.append(cards.count)
    }
    self.cards = cards
    self.cardStarts = cardStarts
  }

  /// The rows of `day` from the highest score to the lowest.
  func rows(ofDay day: Int) -> ArraySlice<UInt32> { rows[rowStarts[day]..<rowStarts[day + 1]] }

  /// How many frauds of equal amount would let the share of the money vary as much (Kish's effective sample size).
  var effectiveFraudCount: Double {
    var (sum, squares) = (0.0, 0.0)
    for row in fraudsOfDay.joined() {
      let amount = Double(amounts[Int(row)]) / 1_000_000
      sum += amount
      squares += amount * amount
    }
    return squares > 0 ? sum * sum / squares : 0
  }

  /// Whether each row is among its day's `budget` alerts.
  func isAlerted(budget: Int) -> [Bool] {
    var isAlerted = [Bool](repeating: false, count: rows.count)
    for day in 0..<dayCount {
      for row in rows(ofDay: day).prefix(budget) { isAlerted[Int(row)] = true }
    }
    return isAlerted
  }

  /// What each day's `budget` alerts bring.
  ///
  /// - Parameter weights: How often each entity counts; `nil` counts all once. A row of weight 3 fills three places of
  ///   the budget.
  func counts(budget: Int, weights: [Float]? = nil) -> [Counts] {
    var isCaught = [Bool](repeating: false, count: entityCount)
    return (0..<dayCount).map { day in
      var counts = Counts()
      for row in fraudsOfDay[day] {
        let weight = weights.map { Double($0[Int(entityOfRow[Int(row)])]) } ?? 1
        counts.frauds += weight
        counts.fraudMoney += weight * Double(amounts[Int(row)]) / 1_000_000
      }
      var room = Double(budget)
      for row in rows(ofDay: day) {
        guard room > 0 else { break }
        let weight = min(room, weights.map { Double($0[Int(entityOfRow[Int(row)])]) } ?? 1)
        room -= weight
        counts.alerts += weight
        if labels[Int(row)] {
          counts.caught += weight
          counts.caughtMoney += weight * Double(amounts[Int(row)]) / 1_000_000
        }
      }
      countCards(ofDay: day, budget: budget, weights: weights, isCaught: &isCaught, into: &counts)
      return counts
    }
  }

  private func countCards(
    ofDay day: Int, budget: Int, weights: [Float]?, isCaught: inout [Bool],
    into counts: inout Counts
  ) {
    var room = Double(budget)
    var newRoom = room
    var newlyCaught: [Int32] = []
    for card in cards[cardStarts[day]..<cardStarts[day + 1]] {
      guard room > 0 || newRoom > 0 else { break }
      let weight = weights.map { Double($0[Int(card.entity)]) } ?? 1
      let share = min(room, weight)
      room -= share
      if card.isFraud { counts.caughtCards += share }
      guard !isCaught[Int(card.entity)] else { continue }
      let newShare = min(newRoom, weight)
      newRoom -= newShare
      if card.isFraud && newShare > 0 {
        counts.newlyCaughtCards += newShare
        newlyCaught.append(card.entity)
      }
    }
    for entity in newlyCaught { isCaught[Int(entity)] = true }
  }
}

extension [DailyAlerts.Counts] {
  /// The figures of these days under one budget; `dayWeights` says how often each day counts.
  func figures(budget: Int, dayWeights: [Float]? = nil) -> AlertFigures {
    var sum = DailyAlerts.Counts()
    var days = 0.0
    for (day, counts) in enumerated() {
      let weight = dayWeights.map { Double($0[day]) } ?? 1
      days += weight
      sum.alerts += weight * counts.alerts
      sum.caught += weight * counts.caught
      sum.caughtMoney += weight * counts.caughtMoney
      sum.caughtCards += weight * counts.caughtCards
      sum.newlyCaughtCards += weight * counts.newlyCaughtCards
      sum.frauds += weight * counts.frauds
      sum.fraudMoney += weight * counts.fraudMoney
    }
    let noDays = "there is no day"
    let places = days * Double(budget)
    return AlertFigures(
      precision: .ratio(sum.caught, places, otherwise: noDays),
      cardPrecision: .ratio(sum.caughtCards, places, otherwise: noDays),
      newCardPrecision: .ratio(sum.newlyCaughtCards, places, otherwise: noDays),
      recall: .ratio(sum.caught, sum.frauds, otherwise: Ranking.noPositives),
      moneyRecall: .ratio(
        sum.caughtMoney, sum.fraudMoney, otherwise: "no money was lost to fraud"),
      alertsPerCatch: .ratio(sum.alerts, sum.caught, otherwise: "no alert caught a fraud"))
  }
}

/// What reading a fixed number of alerts a day brings.
public struct AlertFigures: Equatable, Sendable {
  /// Precision@k: frauds among the k rows of the highest score, mean over the days.
  public var precision: MetricValue
  /// Card precision@k: compromised entities among the k entities of the highest score, mean over the days.
  public var cardPrecision: MetricValue
  /// Card precision@k when an entity that was caught is not shown again on later days (the handbook's).
  public var newCardPrecision: MetricValue
  /// Share of all frauds among the alerts.
  public var recall: MetricValue
  /// Share of the money lost to fraud among the alerts.
  public var moneyRecall: MetricValue
  /// How many alerts are read for one fraud.
  public var alertsPerCatch: MetricValue
}
