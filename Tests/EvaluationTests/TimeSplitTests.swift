import Evaluation
import Glibc
import Testing
import Transactions

@Suite struct TimeSplitTests {
  private func day(_ number: Int64) -> Timestamp { Timestamp(seconds: number * 86_400) }

  @Test func `Each moment has one period, half open`() throws {
    let split = try TimeSplit(training: day(0)..<day(7), delay: .days(7), test: day(15)..<day(20))
    #expect(split.period(of: day(0)) == .training)
    #expect(split.period(of: day(7)) == .delay)
    #expect(split.period(of: day(14)) == nil)
    #expect(split.period(of: day(15)) == .test)
    #expect(split.period(of: day(20)) == nil)
    #expect(split.period(of: Timestamp(microseconds: -1)) == nil)
  }

  @Test func `A test before the end of training or of the delay is refused`() {
    for (delay, test) in [
      (TimeSpan.days(0), day(6)..<day(9)), (.days(0), day(-9)..<day(-2)),
      (.days(7), day(13)..<day(20)),
      (.days(-1), day(8)..<day(9)), (.days(0), day(8)..<day(8)),
    ] {
      #expect(throws: EvaluationError.self) {
        try TimeSplit(training: day(0)..<day(7), delay: delay, test: test)
      }
    }
    #expect(throws: EvaluationError.self) {
      try TimeSplit(training: day(1)..<day(1), delay: .days(0), test: day(2)..<day(3))
    }
  }

  @Test func `An entity is left out from the day after its fraud became known`() {
    var batch = TransactionBatch()
    func add(_ user: String, day number: Int64, fraud: Bool, knownAfter delay: Int64) {
      let time = day(number) + .seconds(3600)
      batch.append(
        LabelledTransaction(
          Transaction(id: "\(batch.count)", time: time, userID: user, amount: Money(millionths: 1)),
          label: TransactionLabel(isFraud: fraud, knownAt: time + .days(delay))))
    }
    add("early", day: -1, fraud: true, knownAfter: 1)
    add("caught", day: 1, fraud: true, knownAfter: 7)
    add("caught", day: 3, fraud: true, knownAfter: 2)
    add("honest", day: 1, fraud: false, knownAfter: 7)
    var compromised = CompromisedEntities(since: day(0))
    compromised.observe(batch)
    #expect(compromised.count == 1)
    #expect(!compromised.isKnown("early", at: day(30)))
    #expect(!compromised.isKnown("honest", at: day(30)))
    // Known during day 5: that day still shows the entity, day 6 does not.
    #expect(!compromised.isKnown("caught", at: day(5) + .seconds(80_000)))
    #expect(compromised.isKnown("caught", at: day(6)))
  }

  @Test(
    .enabled(if: unsafe getenv("ANOMALYZE_SHARED_DATA") != nil, "needs the shared benchmark data"))
  func `The handbook's split has its published numbers of rows`() throws {
    let folder = unsafe String(cString: try #require(getenv("ANOMALYZE_SHARED_DATA")))
    let training = try Timestamp.require("2018-07-25")..<Timestamp.require("2018-08-01")
    let split = try TimeSplit(
      training: training, delay: .days(7),
      test: Timestamp.require("2018-08-08")..<Timestamp.require("2018-08-15"))
    let batch = try handbookTransactions(
      folder: folder, period: training.lowerBound..<split.test.upperBound, labelDelay: .days(7))
    var compromised = CompromisedEntities(since: split.training.lowerBound)
    compromised.observe(batch)
    var trainingCount = 0
    var kept: [Int] = []
    for row in 0..<batch.count {
      let time = Timestamp(microseconds: batch.times[row])
      switch split.period(of: time) {
      case .training: trainingCount += 1
      case .test where !compromised.isKnown(batch.users[row] ?? "", at: time):
        kept.append(row)
      default: break
      }
    }
    var rows = EvaluationRows()
    try rows.append(batch, rows: kept)
    #expect(trainingCount == 67_240)
    #expect(rows.count == 58_264)
    #expect(rows.positiveCount == 385)
    let amount = try RankingMetrics.averagePrecision(
      scores: Baselines.amount(rows).scores, labels: rows.labels)
    #expect(abs((amount.value ?? 0) - 0.138) < 0.0005)
    let figures = try RankingMetrics.alertFigures(
      Baselines.amount(rows), rows: rows, alertsPerDay: 100)
    #expect(abs((figures.cardPrecision.value ?? 0) - 0.084) < 0.0015)
    #expect(abs((figures.newCardPrecision.value ?? 0) - 0.067) < 0.0015)
  }
}

extension Timestamp {
  /// The moment that `text` names.
  static func require(_ text: String) throws -> Timestamp { try #require(Timestamp(parsing: text)) }
}
