import Files
import JSON
import Tabular
import Testing
import Transactions

@testable import Ingestion

@Suite struct SnapshotTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func write(
    _ batches: [TransactionBatch], source: String = "test", conflicts: ConflictPolicy = .refuse,
    rowsPerPart: Int = 1 << 20
  ) throws -> Snapshot {
    var writer = SnapshotWriter(
      root: scratch.path + "/snapshots", source: source, query: nil, conflicts: conflicts,
      rowsPerPart: rowsPerPart)
    for batch in batches { try writer.append(batch) }
    return try writer.finish()
  }

  private func row(
    _ id: String, at time: Int64 = 1_000_000, amount: Int64 = 5_000_000, merchant: String? = nil,
    label: TransactionLabel? = nil
  ) -> TransactionBatch {
    var batch = TransactionBatch()
    batch.append(
      LabelledTransaction(
        Transaction(
          id: id, time: Timestamp(microseconds: time), userID: "u",
          amount: Money(millionths: amount), merchantID: merchant), label: label))
    return batch
  }

  private func rows(of snapshot: Snapshot) throws -> [LabelledTransaction] {
    var rows: [LabelledTransaction] = []
    try snapshot.forEachBatch { batch in
      for row in 0..<batch.count { rows.append(batch[row]) }
    }
    return rows
  }

  private func shuffled(_ rows: TransactionBatch, seed: UInt64) -> TransactionBatch {
    var generator = SeededGenerator(seed: seed, stream: 0)
    var order = Array(0..<Int32(rows.count))
    for index in order.indices.dropFirst() { order.swapAt(index, generator.below(index + 1)) }
    return rows.selecting(order)
  }

  @Test(arguments: [1 << 20, 500]) func `pieces of a part hold the rows of the whole part`(
    rowsPerPart: Int
  ) throws {
    let rows = try generatedRows()
    let moment = Timestamp(microseconds: rows.times[rows.count * 2 / 3])
    for snapshot in [
      try write([rows], rowsPerPart: rowsPerPart),
      try write([rows], rowsPerPart: rowsPerPart).seen(asOf: moment),
    ] {
      let all = try self.rows(of: snapshot)
      for (range, size) in [(0..<rows.count, 7), (0..<rows.count, 480), (450..<1_017, 100)] {
        var found: [LabelledTransaction] = []
        var expectedFirst = range.lowerBound
        try snapshot.forEachPiece(in: range, pieceRowCount: size) { first, batch in
          #expect(batch.count <= size)
          if batch.count > 0 { #expect(first == expectedFirst) }
          expectedFirst += batch.count
          for row in 0..<batch.count { found.append(batch[row]) }
        }
        #expect(found == Array(all[range.clamped(to: 0..<all.count)]), "\(range) by \(size)")
      }
    }
  }

  @Test func `a part that was cut or altered is refused piece by piece`() throws {
    let snapshot = try write([try generatedRows()])
    let part = "\(snapshot.path)/\(snapshot.manifest.parts[0].file)"
    let bytes = try FileSystem.read(part)
    for count in [0, 5, 100, bytes.count / 2, bytes.count - 1] {
      try FileSystem.removeTree(part)
      try FileSystem.writeAtomically(Array(bytes[..<count]), to: part)
      #expect(throws: IngestionError.self, "\(count) bytes") {
        try snapshot.forEachPiece(in: 0..<snapshot.manifest.rowCount) { _, _ in }
      }
    }
  }

  @Test func `rows come back as they went in, in order of time`() throws {
    let rows = try generatedRows()
    let snapshot = try write([rows], rowsPerPart: 500)
    #expect(try self.rows(of: snapshot) == (0..<rows.count).map { rows[$0] })
    #expect(snapshot.manifest.rowCount == rows.count)
    #expect(snapshot.manifest.parts.count == (rows.count + 499) / 500)
    #expect(snapshot.manifest.labelCount == rows.labels.count { $0 >= 0 })
    #expect(snapshot.manifest.firstTime.microseconds == rows.times.first)
    #expect(snapshot.manifest.lastTime.microseconds == rows.times.last)
    try snapshot.verify()
    let reopened = try Snapshot(opening: snapshot.path)
    #expect(reopened == snapshot)
    #expect(snapshot.path.hasSuffix("/" + snapshot.manifest.digest))
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `neither source, order nor batches change the snapshot`(seed: UInt64) throws {
    let rows = try generatedRows()
    let expected = try write([rows], rowsPerPart: 700)
    let order = shuffled(rows, seed: seed)
    let half = Int32(rows.count / 2)
    let halves = [
      order.selecting(Array(half..<Int32(rows.count))), order.selecting(Array(0..<half)), row("x"),
    ]
    #expect(try write(halves, rowsPerPart: 700).manifest.digest != expected.manifest.digest)
    let same = try write(Array(halves.dropLast()), source: "other", rowsPerPart: 700)
    #expect(same.path == expected.path)
    #expect(same.manifest.source == "test", "a snapshot that exists is not rewritten")
    let folders = try FileSystem.contents(ofDirectory: scratch.path + "/snapshots")
    #expect(folders.count == 2 && folders.allSatisfy { !$0.hasPrefix(".") })
  }

  @Test(arguments: [70, 333, 1 << 20], [0, 40, 100_000])
  func `rows that are late by little or by much give the same parts`(
    rowsPerPart: Int, lateness: Int
  ) throws {
    let rows = try generatedRows()
    let expected = try write([rows], source: "sorted", rowsPerPart: rowsPerPart)
    var generator = SeededGenerator(seed: UInt64(lateness), stream: 1)
    let order = (0..<rows.count).map { ($0 + generator.below(lateness + 1), $0) }.sorted { $0 < $1 }
    let late = rows.selecting(order.map { Int32($0.1) })
    let batches = stride(from: 0, to: rows.count, by: 50).map { start in
      late.selecting((Int32(start)..<Int32(min(start + 50, rows.count))).map { $0 })
    }
    try FileSystem.removeTree(expected.path)
    let snapshot = try write(batches, rowsPerPart: rowsPerPart)
    #expect(snapshot.manifest.digest == expected.manifest.digest)
    try snapshot.verify()
    #expect(snapshot.manifest.quality.nullCounts == expected.manifest.quality.nullCounts)
    #expect(snapshot.manifest.fraudCount == expected.manifest.fraudCount)
    let folders = try FileSystem.contents(ofDirectory: scratch.path + "/snapshots")
    #expect(folders == [snapshot.manifest.digest], "nothing is left behind")
  }

  @Test(arguments: [60, 1 << 20], [ConflictPolicy.refuse, .lastWins])
  func `rows of one identifier are found however far apart they come`(
    rowsPerPart: Int, conflicts: ConflictPolicy
  ) throws {
    let rows = try generatedRows()
    let plain = try write([rows], conflicts: conflicts, rowsPerPart: rowsPerPart)
    var again = rows.selecting([3, Int32(rows.count - 1), 700])
    again.labels[1] = 1
    again.labelTimes[1] = rows.labelTimes.filter { $0 != .max }.max() ?? 0
    let repeated = try write([rows, again], conflicts: conflicts, rowsPerPart: rowsPerPart)
    #expect(repeated.manifest.rowCount == rows.count)
    #expect(repeated.manifest.quality.duplicateCount >= 2)
    #expect(
      repeated.manifest.quality.duplicateCount + repeated.manifest.quality.relabelledCount == 3)
    #expect(plain.manifest.quality.duplicateCount == 0)
    again.amounts[0] += 1
    if conflicts == .refuse {
      #expect(throws: IngestionError.conflictingDuplicates(source: "test", count: 1)) {
        try write([rows, again], conflicts: conflicts, rowsPerPart: rowsPerPart)
      }
    } else {
      let replaced = try write([rows, again], conflicts: conflicts, rowsPerPart: rowsPerPart)
      let kept = try self.rows(of: replaced).first { $0.transaction.id == again.ids[0] }
      #expect(kept?.transaction.amount.millionths == again.amounts[0])
      let reversed = try write([again, rows], conflicts: conflicts, rowsPerPart: rowsPerPart)
      let old = try self.rows(of: reversed).first { $0.transaction.id == again.ids[0] }
      #expect(old?.transaction.amount.millionths == rows.amounts[3])
    }
  }

  @Test func `a store and a file of the same rows give the same snapshot`() throws {
    let rows = try generatedRows()
    let expected = try write([rows])
    let store = try SQLiteTransactionStore(path: scratch.path + "/t.sqlite")
    try store.migrate(at: Timestamp(seconds: 0))
    try store.insert(shuffled(rows, seed: 1))
    var fromStore = SnapshotWriter(root: scratch.path + "/store", source: "sqlite")
    try store.forEachBatch(of: TransactionSelection(order: .any)) { try fromStore.append($0) }
    #expect(try fromStore.finish().manifest.digest == expected.manifest.digest)
    var file = try CSVTransactionWriter(path: scratch.path + "/t.csv.gz")
    try file.write(shuffled(rows, seed: 2))
    try file.finish()
    var fromFile = SnapshotWriter(root: scratch.path + "/file", source: "csv")
    try CSVTransactionReader(path: scratch.path + "/t.csv.gz").forEachBatch {
      try fromFile.append($0)
    }
    #expect(try fromFile.finish().manifest.digest == expected.manifest.digest)
  }

  @Test func `quality counts what is missing, out of range and out of order`() throws {
    var rows = TransactionBatch()
    rows.append(contentsOf: row("1", at: 9_000_000, merchant: "m"))
    rows.append(contentsOf: row("2", at: 5_000_000, amount: 0, merchant: ""))
    rows.append(contentsOf: row("3", at: -1, amount: -1))
    rows.append(contentsOf: row("4", at: 5_000_000_000_000_000))
    rows.append(
      contentsOf: row(
        "5", label: TransactionLabel(isFraud: false, knownAt: Timestamp(microseconds: 0))))
    rows.latitudes[0] = 91
    rows.longitudes[0] = -181
    let quality = try write([
      rows, row("1", at: 9_000_000, merchant: "m").with(latitude: 91, longitude: -181),
    ])
    .manifest.quality
    #expect(quality.duplicateCount == 1)
    #expect(quality.nullCounts["merchant_id"] == 4)
    #expect(quality.nullCounts["user_id"] == nil)
    #expect(quality.nullCounts["latitude"] == 4 && quality.nullCounts["is_fraud"] == 4)
    #expect(
      quality.outOfRangeCounts == [
        "amount": 2, "latitude": 1, "longitude": 1, "occurred_at": 2, "labelled_at": 1,
      ])
    #expect(quality.outOfOrderCount == 4)
  }

  @Test func `exact repetitions change nothing`() throws {
    let rows = try generatedRows(userCount: 10)
    let once = try write([rows])
    #expect(try write([rows, rows]).path == once.path)
  }

  @Test(arguments: [false, true])
  func `the label that became known last is kept`(isReversed: Bool) throws {
    func label(_ isFraud: Bool, _ time: Int64) -> TransactionLabel {
      TransactionLabel(isFraud: isFraud, knownAt: Timestamp(microseconds: time))
    }
    var batches = [
      row("1"), row("1", label: label(false, 2_000_000)), row("1", label: label(true, 3_000_000)),
    ]
    if isReversed { batches.reverse() }
    let snapshot = try write(batches)
    #expect(try rows(of: snapshot).map(\.label) == [label(true, 3_000_000)])
    #expect(snapshot.manifest.quality.relabelledCount == 2)
  }

  @Test func `different transactions of one identifier are refused unless the last shall win`()
    throws
  {
    let known = TransactionLabel(isFraud: true, knownAt: Timestamp(microseconds: 7_000_000))
    let batches = [row("1", at: 5, label: known), row("2"), row("1", at: 9, amount: 7)]
    #expect(throws: IngestionError.conflictingDuplicates(source: "test", count: 1)) {
      try write(batches)
    }
    #expect(try FileSystem.contents(ofDirectory: scratch.path).isEmpty)
    let snapshot = try write(batches, conflicts: .lastWins)
    let kept = try rows(of: snapshot)
    #expect(kept.map(\.transaction.id) == ["1", "2"])
    #expect(kept[0].transaction.amount.millionths == 7 && kept[0].label == known)
    #expect(snapshot.manifest.quality.replacedCount == 1)
  }

  @Test func `an empty source is refused`() throws {
    let error = #expect(throws: IngestionError.self) { try write([TransactionBatch()]) }
    #expect(error == .noRows(source: "test") && error?.kind == .invalidData)
  }

  @Test func `damage is found, and repaired by writing the same rows again`() throws {
    let rows = try generatedRows(userCount: 5)
    let snapshot = try write([rows])
    let file = snapshot.path + "/part-00000.safetensors"
    let bytes = try FileSystem.read(file)
    for index in [0, 9, bytes.count / 2, bytes.count - 1] {
      var damaged = bytes
      damaged[index] ^= 0x40
      try FileSystem.writeAtomically(damaged, to: file)
      #expect(throws: IngestionError.self) { try snapshot.verify() }
      // Reading may notice or give other values; it never traps.
      _ = try? self.rows(of: snapshot)
    }
    for count in [0, 7, 100, bytes.count - 1] {
      try FileSystem.writeAtomically(Array(bytes[..<count]), to: file)
      let error = #expect(throws: IngestionError.self) { try self.rows(of: snapshot) }
      #expect(error?.kind == .storage)
    }
    let repaired = try write([rows])
    try repaired.verify()
    #expect(repaired == snapshot)
  }

  @Test func `rows come in pieces as they come at once, and damage never traps`() throws {
    let snapshot = try write([generatedRows(userCount: 5)])
    let part = try #require(snapshot.manifest.parts.first)
    let file = "\(snapshot.path)/\(part.file)"
    let whole = try SnapshotPart.read(file, rowCount: part.rowCount)
    #expect(whole.count == part.rowCount)
    for rowsPerBatch in [1, 7, part.rowCount - 1, part.rowCount, part.rowCount + 1] {
      var pieces = TransactionBatch()
      try SnapshotPart.forEachBatch(
        in: file, rowCount: part.rowCount, rowsPerBatch: rowsPerBatch
      ) { batch in
        #expect(batch.count <= rowsPerBatch)
        pieces.append(contentsOf: batch)
      }
      let isEqual =
        SnapshotPart.archive(of: pieces).encoded() == SnapshotPart.archive(of: whole).encoded()
      #expect(isEqual, "in pieces of \(rowsPerBatch)")
    }
    for rowCount in [part.rowCount - 1, part.rowCount + 1] {
      #expect(throws: IngestionError.self) { try SnapshotPart.read(file, rowCount: rowCount) }
    }
    let bytes = try FileSystem.read(file)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      var damaged = bytes
      for _ in 0..<8 {
        damaged[generator.below(bytes.count)] = UInt8(truncatingIfNeeded: generator.next())
      }
      try FileSystem.writeAtomically(damaged, to: file)
      try? SnapshotPart.forEachBatch(in: file, rowCount: part.rowCount, rowsPerBatch: 7) { _ in }
    }
  }

  @Test func `a damaged manifest is refused`() throws {
    let snapshot = try write([row("1")])
    let file = snapshot.path + "/manifest.json"
    let bytes = try FileSystem.read(file)
    for replacement in [[], Array("{}".utf8), Array(bytes.dropLast(20))] {
      try FileSystem.writeAtomically(replacement, to: file)
      #expect(throws: IngestionError.self) { try Snapshot(opening: snapshot.path) }
    }
    let error = #expect(throws: IngestionError.self) {
      try Snapshot(opening: scratch.path + "/none")
    }
    #expect(error?.kind == .usage)
  }
}

extension TransactionBatch {
  fileprivate func with(latitude: Double, longitude: Double) -> TransactionBatch {
    var batch = self
    batch.latitudes = batch.latitudes.map { _ in latitude }
    batch.longitudes = batch.longitudes.map { _ in longitude }
    return batch
  }
}
