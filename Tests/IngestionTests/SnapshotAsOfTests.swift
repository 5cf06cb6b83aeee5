import Testing
import Transactions

@testable import Ingestion

@Suite struct SnapshotAsOfTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func manyRows() throws -> TransactionBatch {
    var rows = TransactionBatch()
    try TransactionGenerator(GeneratorSettings(userCount: 100, dayCount: 40, seed: 3))
      .forEachBatch { rows.append(contentsOf: $0) }
    return rows
  }

  private func snapshot(_ rows: TransactionBatch) throws -> Snapshot {
    var writer = SnapshotWriter(
      root: scratch.path + "/snapshots", source: "test", query: nil, conflicts: .refuse,
      rowsPerPart: 700)
    try writer.append(rows)
    return try writer.finish()
  }

  private func rows(of snapshot: Snapshot) throws -> [LabelledTransaction] {
    var rows: [LabelledTransaction] = []
    try snapshot.forEachBatch { batch in
      for row in 0..<batch.count { rows.append(batch[row]) }
    }
    return rows
  }

  @Test func `shows what had happened and what was known, and nothing later`() throws {
    let all = try manyRows()
    let moment = Timestamp(microseconds: all.times[all.count * 3 / 4])
    let view = try snapshot(all).seen(asOf: moment)
    let expected = (0..<all.count).map { all[$0] }
      .filter { $0.transaction.time < moment }
      .map { row in
        row.label.map { $0.knownAt < moment } == true
          ? row : LabelledTransaction(row.transaction, label: nil)
      }
    #expect(try rows(of: view) == expected)
    #expect(expected.contains { $0.label != nil })
    #expect(view.lastTime < moment)
  }

  @Test func `equals a snapshot that was pulled at that moment`() throws {
    let all = try manyRows()
    let moment = Timestamp(microseconds: all.times[all.count / 3])
    var then = TransactionBatch()
    for row in try rows(of: snapshot(all).seen(asOf: moment)) { then.append(row) }
    let pulledThen = try snapshot(then)
    #expect(try rows(of: pulledThen) == rows(of: snapshot(all).seen(asOf: moment)))
    #expect(pulledThen.manifest.lastTime <= (try snapshot(all).seen(asOf: moment)).lastTime)
  }

  @Test func `a moment after everything, or none, changes nothing`() throws {
    let all = try manyRows()
    let whole = try snapshot(all)
    let late = Timestamp(microseconds: .max)
    #expect(try rows(of: whole.seen(asOf: late)) == rows(of: whole))
    #expect(try rows(of: whole.seen(asOf: nil)) == rows(of: whole))
    #expect(whole.seen(asOf: late).lastTime == whole.manifest.lastTime)
  }

  @Test func `before the first row there is nothing`() throws {
    let all = try manyRows()
    let view = try snapshot(all).seen(asOf: Timestamp(microseconds: all.times[0]))
    #expect(try rows(of: view).isEmpty)
  }
}
