import Features
import Tabular
import Testing
import Transactions
import YAML

@Suite struct FeatureEngineTests {
  @Test func `windows agree with pandas`() throws {
    let specification = try FeatureSpecification(
      YAMLDocument(
        parsing: """
          - amount
          - log_amount
          - weekend
          - {kind: night, from: 0, to: 7}
          - {kind: count, entity: user, windows: [1d, 7d, 30d]}
          - {kind: mean, entity: user, windows: [1d, 7d, 30d]}
          - {kind: sum, entity: user, window: 7d}
          - {kind: standard_deviation, entity: user, window: 7d}
          - {kind: minimum, entity: user, window: 7d}
          - {kind: maximum, entity: user, window: 7d}
          - {kind: count, entity: terminal, windows: [1d, 7d, 30d], delay: 7d}
          - {kind: risk, entity: terminal, windows: [1d, 7d, 30d], delay: 7d}
          - {kind: z_score, entity: user, window: history, prior_weight: 0}
          - {kind: ratio, entity: user, window: history, prior_weight: 0}
          - {kind: seconds_since_last, entity: user}
          - {kind: is_new, of: terminal, entity: user}
          - {kind: rarity, of: terminal, entity: user, window: history}
          - {kind: distinct, of: terminal, entity: user, window: 7d}
          - {kind: repeats, entity: user, window: 7d}
          - {kind: robust_z_score, entity: user, last: 8}
          """
      ).json)
    let expected = try Fixtures.table("windows.csv")
    var engine = FeatureEngine(specification)
    let matrix = try engine.process(Fixtures.batch(Fixtures.transactions()))
    #expect(matrix.rowCount == expected.count)
    for (column, name) in specification.names.enumerated() {
      let worst =
        try (0..<matrix.rowCount).map { row in
          let truth = try #require(Double(expected[row][name] ?? "none"), "\(name)")
          return abs(matrix[row, column] - truth) / max(1, abs(truth))
        }.max() ?? .infinity
      let isExact = name.contains("count") || name.contains("distinct") || name.contains("repeats")
      #expect(worst <= (isExact ? 0 : 1e-9), "\(name): \(worst)")
    }
  }

  @Test func `a category is the code of its text, also of none`() throws {
    let rows = Fixtures.random(300, seed: 5)
    let specification = try FeatureSpecification(
      YAMLDocument(parsing: "[amount, {kind: category, of: device}]").json)
    #expect(specification.names == ["amount", "device"])
    #expect(specification.categoricalNames == ["device"])
    #expect(!specification.needsHistory)
    var engine = FeatureEngine(specification)
    let matrix = try engine.process(Fixtures.batch(rows))
    for (row, source) in rows.enumerated() {
      let text = source.transaction.deviceID
      #expect(matrix[row, 1] == text.map { CategoryCode.of($0) } ?? -1)
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `batches of any size and single transactions give the same bits`(seed: UInt64) throws {
    let rows = Fixtures.random(900, seed: seed)
    let specification = try Fixtures.everything()
    var whole = FeatureEngine(specification)
    let expected = try whole.process(Fixtures.batch(rows))
    #expect(expected.values.allSatisfy { $0.isFinite })
    var single = FeatureEngine(specification)
    var values: [Double] = []
    for row in rows {
      values += single.process(row.transaction)
      if let label = row.label { single.learn(label, of: row.transaction) }
    }
    #expect(values.map(\.bitPattern) == expected.values.map(\.bitPattern))
    var parts = FeatureEngine(specification)
    values = []
    for start in stride(from: 0, to: rows.count, by: 37) {
      let part = Fixtures.batch(rows[start..<min(start + 37, rows.count)])
      values += try parts.process(part).values
    }
    #expect(values.map(\.bitPattern) == expected.values.map(\.bitPattern))
  }

  @Test(arguments: [4, 5, 6, 7] as [UInt64])
  func `the future changes no bit of the past`(seed: UInt64) throws {
    let rows = Fixtures.random(500, seed: seed)
    let cut = 250
    let now = rows[cut - 1].transaction.time
    let specification = try Fixtures.everything()
    var engine = FeatureEngine(specification)
    let width = specification.names.count
    let expected = try engine.process(Fixtures.batch(rows)).values.prefix(cut * width)
    var changed = rows
    let others = Fixtures.random(500, seed: seed + 100)
    for index in changed.indices {
      if index >= cut {
        let time = changed[index].transaction.time
        changed[index] = others[index]
        changed[index].transaction.time = time
      } else if let label = changed[index].label, label.knownAt > now {
        changed[index].label?.isFraud = !label.isFraud
      }
    }
    var again = FeatureEngine(specification)
    let values = try again.process(Fixtures.batch(changed)).values.prefix(cut * width)
    #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test func `labels count from the moment they are known`() throws {
    let specification = try FeatureSpecification(
      features: [
        FeatureDefinition(
          .risk(
            FeatureEntity(.terminal), FeatureWindow(length: .days(10)), priorWeight: 0, priorRate: 0
          ))
      ])
    var engine = FeatureEngine(specification)
    func transaction(_ id: Int, day: Int64) -> Transaction {
      Transaction(
        id: "\(id)", time: Timestamp(seconds: day * 86_400), userID: "u",
        amount: Money(millionths: 1), terminalID: "t")
    }
    let first = transaction(1, day: 0)
    #expect(engine.process(first) == [0])
    let known = Timestamp(seconds: 3 * 86_400)
    engine.learn(TransactionLabel(isFraud: true, knownAt: known), of: first)
    engine.learn(TransactionLabel(isFraud: true, knownAt: known), of: first)
    #expect(engine.process(transaction(2, day: 2)) == [0])
    #expect(engine.process(transaction(3, day: 3)) == [0.5])
    engine.learn(
      TransactionLabel(isFraud: false, knownAt: Timestamp(seconds: 4 * 86_400)), of: first)
    #expect(engine.process(transaction(4, day: 4)) == [0])
    engine.learn(TransactionLabel(isFraud: true, knownAt: known), of: first)
    #expect(engine.process(transaction(5, day: 5)) == [0.25])
    #expect(engine.process(transaction(6, day: 10)) == [0])
  }

  @Test func `rows out of order are refused by their number`() throws {
    let rows = Fixtures.random(20, seed: 1)
    var engine = FeatureEngine(try Fixtures.everything())
    #expect(throws: FeatureError.outOfOrder(row: 1)) {
      _ = try engine.process(Fixtures.batch([rows[19], rows[0]]))
    }
  }

  @Test func `a late or extreme transaction harms nothing`() throws {
    var engine = FeatureEngine(try Fixtures.everything())
    for row in Fixtures.random(100, seed: 3).reversed() {
      #expect(engine.process(row.transaction).allSatisfy { $0.isFinite })
    }
    for time in [Int64.min, .max, 0] {
      for amount in [Int64.min, .max, 0] {
        let transaction = Transaction(
          id: "x", time: Timestamp(microseconds: time), userID: "u",
          amount: Money(millionths: amount), latitude: .infinity, longitude: .nan)
        #expect(engine.process(transaction).allSatisfy { $0.isFinite })
      }
    }
  }

  @Test(arguments: [false, true])
  func `a device that is told of very late is not taken for another`(inBatches: Bool) throws {
    func engine(memory: String) throws -> FeatureEngine {
      let text = """
        memory: \(memory)
        list: [{kind: distinct, of: device, entity: user, window: 1d}]
        """
      return FeatureEngine(try FeatureSpecification(YAMLDocument(parsing: text).json))
    }
    func deviceCounts(_ engine: consuming FeatureEngine) throws -> [Double] {
      var counts: [Double] = []
      func add(_ user: String, _ device: String, day: Int64) throws {
        let transaction = Transaction(
          id: "x", time: Timestamp(seconds: 1_700_000_000) + .days(day), userID: user,
          amount: Money(millionths: 1_000_000), deviceID: device)
        counts.append(
          inBatches
            ? try engine.process(Fixtures.batch([LabelledTransaction(transaction)]))[0, 0]
            : engine.process(transaction)[0])
      }
      try add("a", "phone", day: 100)
      try add("a", "late", day: 10)
      // So many that whatever is old is looked for and forgotten.
      for _ in 0..<200 { try add("b", "phone", day: 100) }
      for device in ["stolen", "late", "phone"] { try add("a", device, day: 100) }
      return counts
    }
    #expect(try deviceCounts(engine(memory: "1d")) == deviceCounts(engine(memory: "500d")))
  }

  @Test func `only wanted rows are kept, the others still count`() throws {
    let rows = Fixtures.random(300, seed: 9)
    let specification = try Fixtures.everything()
    var engine = FeatureEngine(specification)
    let all = try engine.process(Fixtures.batch(rows))
    let range = rows[100].transaction.time..<rows[200].transaction.time
    let wanted = rows.indices.filter { range.contains(rows[$0].transaction.time) }
    var again = FeatureEngine(specification)
    var values: [Double] = []
    try again.process(Fixtures.batch(rows), within: range, appendingTo: &values)
    #expect(values == all.selecting(rows: wanted).values)
  }
}
