import Testing
import Transactions

@Suite struct TransactionGeneratorTests {
  private func rows(
    users: Int = 150, days: Int = 60, seed: UInt64 = 7, difficulty: Double = 0.5,
    threadCount: Int = 1, batchSize: Int = 1_000
  ) throws -> [LabelledTransaction] {
    let settings = try GeneratorSettings(
      userCount: users, dayCount: days, seed: seed, difficulty: difficulty)
    var rows: [LabelledTransaction] = []
    TransactionGenerator(settings).forEachBatch(
      batchSize: batchSize, threadCount: threadCount
    ) { batch in
      for row in 0..<batch.count { rows.append(batch[row]) }
    }
    return rows
  }

  @Test func `equal settings give equal rows for any threads and batches`() throws {
    let rows = try rows()
    #expect(try self.rows(threadCount: 2, batchSize: 77) == rows)
    #expect(try self.rows(seed: 8) != rows)
  }

  @Test func `rows are in canonical order with unique identifiers`() throws {
    let rows = try rows()
    #expect(zip(rows, rows.dropFirst()).allSatisfy { LabelledTransaction.isOrderedBefore($0, $1) })
    #expect(Set(rows.map(\.transaction.id)).count == rows.count)
  }

  @Test func `every scenario occurs and fraud stays rare`() throws {
    let rows = try rows(users: 800)
    let frauds = rows.filter { $0.label?.isFraud == true }
    #expect(
      Set(frauds.compactMap { $0.label?.scenario }) == Set(FraudScenario.allCases.map(\.rawValue)))
    let share = Double(frauds.count) / Double(rows.count)
    #expect((0.001...0.02).contains(share))
  }

  @Test func `labels become known after the fact, half of them within five days`() throws {
    let delays = try rows(users: 800).compactMap { row in
      row.label.map { ($0.knownAt - row.transaction.time).seconds / 86_400 }
    }.sorted()
    #expect(delays.allSatisfy { $0 >= 0 })
    #expect((4...6).contains(delays[delays.count / 2]))
  }

  @Test func `rows of a compromised terminal look like any other`() throws {
    let rows = try rows(users: 800)
    func meanAmount(_ rows: [LabelledTransaction]) -> Double {
      rows.map(\.transaction.amount.doubleValue).reduce(0, +) / Double(rows.count)
    }
    let skimmed = rows.filter { $0.label?.scenario == FraudScenario.compromisedTerminal.rawValue }
    let honest = rows.filter { $0.label == nil && $0.transaction.terminalID != nil }
    #expect((0.5...2).contains(meanAmount(skimmed) / meanAmount(honest)))
  }

  @Test(arguments: [(0, 1), (1, 0), (2_000_000, 1), (1, 100_000)])
  func `sizes out of range are refused by name`(users: Int, days: Int) {
    let error = #expect(throws: GeneratorError.self) {
      try GeneratorSettings(userCount: users, dayCount: days)
    }
    #expect(error?.description.contains("allowed is") == true)
  }

  @Test func `with drift prices rise, payments move online and campaigns change with the seasons`()
    throws
  {
    var rows: [LabelledTransaction] = []
    let settings = try GeneratorSettings(userCount: 300, dayCount: 270, seed: 5, drift: 1)
    TransactionGenerator(settings).forEachBatch { batch in
      for row in 0..<batch.count { rows.append(batch[row]) }
    }
    let quarter = rows.count / 4
    func meanAmount(_ rows: ArraySlice<LabelledTransaction>) -> Double {
      rows.reduce(0) { $0 + Double($1.transaction.amount.millionths) } / Double(rows.count)
    }
    func onlineShare(_ rows: ArraySlice<LabelledTransaction>) -> Double {
      Double(rows.count { $0.transaction.channel == "online" }) / Double(rows.count)
    }
    #expect(meanAmount(rows.suffix(quarter)) > 1.25 * meanAmount(rows.prefix(quarter)))
    #expect(onlineShare(rows.suffix(quarter)) > 1.2 * onlineShare(rows.prefix(quarter)))
    let start = settings.start
    let mixes = (0..<6).map { season in
      Dictionary(
        grouping: rows.filter {
          let day = ($0.transaction.time - start).seconds / 86_400
          return Int(day) / 45 == season && $0.label?.isFraud == true
        }, by: { $0.label?.scenario ?? "" }
      ).mapValues(\.count)
    }
    // The share of the season's most frequent scenario is not that of the season before.
    let favourites = mixes.map { $0.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key }
    #expect(Set(favourites).count > 1)
  }
}
