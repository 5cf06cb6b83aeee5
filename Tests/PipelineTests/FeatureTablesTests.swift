import Evaluation
import Features
import Files
import Ingestion
import Tabular
import Testing
import Transactions

@testable import Pipeline

@Suite struct FeatureTablesTests {
  private let folder = "/tmp/anomalyze-tables-\(UInt64.random(in: 0...UInt64.max))"

  private func tables(
    _ limits: FeatureTables.RowLimits, shuffled: Bool = false
  ) throws -> FeatureTables {
    let settings = try GeneratorSettings(userCount: 60, dayCount: 50, seed: 5)
    var rows = TransactionBatch()
    TransactionGenerator(settings).forEachBatch { rows.append(contentsOf: $0) }
    var writer = SnapshotWriter(root: folder, source: "test")
    var order = (0..<Int32(rows.count)).map { $0 }
    if shuffled {
      var generator = SeededGenerator(seed: 1)
      order.shuffle(using: &generator)
    }
    try writer.append(rows.selecting(order))
    let start = settings.start
    return try FeatureTables(
      of: writer.finish(), features: .preset(named: "standard"),
      rules: RuleSet(),
      split: TimeSplit(
        training: start..<start + .days(30), delay: .days(5),
        test: start + .days(35)..<start + .days(50)),
      dropsKnownCompromised: true, limits: limits)
  }

  @Test
  func `a sample has the lowest hashes, and the features of its rows among all`()
    throws
  {
    defer { try? FileSystem.removeTree(folder) }
    let all = try tables(.init())
    let some = try tables(.init(training: 200, test: 150), shuffled: true)
    #expect(all.training.rowCount > 1_000)
    #expect(some.training.rowCount == 200)
    let lowest = Set(all.trainingKeys.sorted().prefix(200))
    let expected = all.trainingKeys.indices.filter { lowest.contains(all.trainingKeys[$0]) }
    #expect(some.training == all.training.selecting(rows: expected))
    #expect(some.trainingKeys == expected.map { all.trainingKeys[$0] })
    #expect(some.trainingLabels == expected.map { all.trainingLabels[$0] })
    #expect(some.trainingRows.ids == expected.map { all.trainingRows.ids[$0] })

    let judged = all.testRows.positions(of: some.testRows.ids)
    #expect(judged.count > 100 && judged.count <= 150)
    #expect(some.test == all.test.selecting(rows: judged))
    #expect(some.engine.encodedState() == all.engine.encodedState(), "every row moves the state")
  }

  @Test func `few rows are all kept`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let all = try tables(.init())
    let same = try tables(.init(training: all.training.rowCount))
    #expect(same.training == all.training)
    #expect(same.test == all.test)
  }
}
