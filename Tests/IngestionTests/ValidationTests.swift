import Files
import Ingestion
import JSON
import Testing
import Transactions

@Suite struct ValidationTests {
  let scratch: Scratch
  let snapshot: Snapshot

  init() throws {
    scratch = try Scratch()
    var rows = TransactionBatch()
    for index in 0..<10 {
      rows.append(
        LabelledTransaction(
          Transaction(
            id: "\(index)", time: Timestamp(seconds: Int64(1_000 - index)), userID: "u",
            amount: Money(millionths: Int64(index) * 1_000_000),
            currency: index < 8 ? "EUR" : "XYZ",
            merchantID: index < 5 ? "m" : nil),
          label: TransactionLabel(isFraud: index == 0, knownAt: Timestamp(seconds: 2_000))))
    }
    var writer = SnapshotWriter(root: scratch.path, source: "test")
    try writer.append(rows)
    try writer.append(rows.selecting([3]))
    snapshot = try writer.finish()
  }

  @Test(arguments: [
    (#"{"check":"rows","min":10}"#, true), (#"{"check":"rows","max":9}"#, false),
    (#"{"check":"null_rate","column":"merchant_id","max":0.5}"#, true),
    (#"{"check":"null_rate","column":"merchant_id","max":0.4}"#, false),
    (#"{"check":"null_rate","column":"user_id","max":0}"#, true),
    (#"{"check":"range","column":"amount","min":0,"max":9}"#, true),
    (#"{"check":"range","column":"amount","min":1,"max":8}"#, false),
    (#"{"check":"range","column":"amount","min":1,"max":8,"max_rate":0.2}"#, true),
    (#"{"check":"range","column":"occurred_at","min":992}"#, false),
    (#"{"check":"range","column":"latitude","min":-90,"max":90}"#, true),
    (#"{"check":"values","column":"currency","values":["EUR","XYZ"]}"#, true),
    (#"{"check":"values","column":"currency","values":["EUR"]}"#, false),
    (#"{"check":"duplicate_rate","max":0.1}"#, true),
    (#"{"check":"duplicate_rate","max":0}"#, false),
    (#"{"check":"out_of_order_rate","max":1}"#, true),
    (#"{"check":"out_of_order_rate","max":0.5}"#, false),
    (#"{"check":"fraud_rate","min":0.05,"max":0.2}"#, true),
    (#"{"check":"fraud_rate","max":0.05}"#, false),
    (#"{"check":"volume","min_ratio":0.5}"#, true),
    (#"{"check":"plausible","column":"amount","max_rate":0.1}"#, true),
    (#"{"check":"plausible","column":"amount"}"#, false),
    (#"{"check":"schema","required":["currency"],"optional":["merchant_id","is_fraud"]}"#, true),
    (#"{"check":"schema","required":["merchant_id","currency","is_fraud"]}"#, false),
    (#"{"check":"schema","optional":["currency","is_fraud"]}"#, false),
    (#"{"check":"freshness","max_age":"10s"}"#, true),
    (#"{"check":"freshness","max_age":"9s"}"#, false),
  ])
  func `expectations hold or not`(text: String, isMet: Bool) throws {
    let expectation = try Expectation(JSONValue(parsing: text))
    let report = try ValidationReport(
      [expectation], of: snapshot, history: [], now: Timestamp(seconds: 1_010))
    #expect(report.findings.map(\.isMet) == [isMet], "\(report.findings)")
    #expect(report.isPassed == isMet)
  }

  @Test(arguments: [
    #"{}"#, #"{"check":"magic"}"#, #"{"check":"rows"}"#, #"{"check":"rows","min":2,"max":1}"#,
    #"{"check":"null_rate","max":0.5}"#, #"{"check":"null_rate","column":"nose","max":0.5}"#,
    #"{"check":"range","column":"currency","min":1}"#, #"{"check":"rows","min":"1"}"#,
    #"{"check":"values","column":"currency","values":[1]}"#, #"{"check":"freshness","max_age":3}"#,
    #"{"check":"schema","required":["nose"]}"#, #"{"check":"plausible","column":"currency"}"#,
    #"{"check":"volume","min_ratio":0.5,"last":0}"#,
    #"{"check":"rows","min":1,"severity":"fatal"}"#, #"{"check":"rows","min":1,"minimum":1}"#,
  ])
  func `what cannot be checked is refused`(text: String) throws {
    let json = try JSONValue(parsing: text)
    let error = #expect(throws: IngestionError.self) { try Expectation(json) }
    #expect(error?.kind == .usage)
  }

  @Test func `a list of expectations may contain the standard ones`() throws {
    let list = try Expectation.list(
      JSONValue(parsing: #"["standard", {"check": "rows", "min": 5}]"#))
    #expect(list == Expectation.standard + [Expectation(.rowCount(5...(.infinity)))])
    #expect(try Expectation.list("standard") == Expectation.standard)
    let wrong = try JSONValue(parsing: #"["standard", {"check": "rows"}]"#)
    let error = #expect(throws: IngestionError.self) { try Expectation.list(wrong) }
    #expect(error?.description.contains("entry 2") == true)
  }

  @Test func `the history is that of the source, newest first`() throws {
    let rows = try snapshot.batch(at: 0)
    let collection = SnapshotCollection(root: scratch.path)
    var manifests: [SnapshotManifest] = [snapshot.manifest]
    for count in [4, 5] as [Int32] {
      var writer = SnapshotWriter(root: scratch.path, source: "test")
      try writer.append(rows.selecting(Array(0..<count)))
      let next = try writer.finish()
      #expect(try collection.history(before: next) == manifests)
      manifests.insert(next.manifest, at: 0)
    }
    var other = SnapshotWriter(root: scratch.path, source: "another")
    try other.append(rows.selecting([0]))
    #expect(try collection.history(before: other.finish()).isEmpty)
  }

  @Test func `errors stop the run and warnings do not`() throws {
    let isShort = Expectation.Check.rowCount(0...9)
    let warned = try ValidationReport(
      [Expectation(isShort, severity: .warning)], of: snapshot, history: [],
      now: Timestamp(seconds: 0))
    try warned.requirePassed()
    #expect(warned.failures(.warning) == ["10 rows (0 to 9)"])
    let failed = try ValidationReport(
      [Expectation(isShort)], of: snapshot, history: [], now: Timestamp(seconds: 0))
    let error = #expect(throws: IngestionError.self) { try failed.requirePassed() }
    #expect(error?.kind == .invalidData)
    #expect(failed.json.arrayValue?.first?["met"] == false)
  }

  @Test func `the volume is that of the snapshot before`() throws {
    var writer = SnapshotWriter(root: scratch.path, source: "test")
    try writer.append(snapshot.batch(at: 0).selecting([0, 1, 2, 3]))
    let small = try writer.finish()
    let report = try ValidationReport(
      Expectation.standard, of: small, history: [snapshot.manifest], now: Timestamp(seconds: 0))
    #expect(
      report.failures(.warning) == [
        "4 rows where the last 1 snapshots have 10 (ratio at least 0.5)"
      ])
    #expect(report.isPassed)
  }
}

@Suite struct SnapshotCollectionTests {
  let scratch: Scratch
  let rows: TransactionBatch

  init() throws {
    scratch = try Scratch()
    rows = try generatedRows(userCount: 10)
  }

  private func write(_ batch: TransactionBatch) throws -> Snapshot {
    var writer = SnapshotWriter(root: scratch.path, source: "test")
    try writer.append(batch)
    return try writer.finish()
  }

  private func prefix(_ count: Int) -> TransactionBatch { rows.selecting(Array(0..<Int32(count))) }

  @Test func `snapshots are listed, newest first, and found by the start of their digest`() throws {
    let collection = SnapshotCollection(root: scratch.path)
    #expect(try SnapshotCollection(root: scratch.path + "/none").entries().isEmpty)
    #expect(try collection.latest() == nil)
    let first = try write(prefix(3))
    let second = try write(prefix(5))
    #expect(try collection.entries().map(\.manifest?.rowCount) == [5, 3])
    #expect(try collection.entries().allSatisfy { $0.byteCount > 1_000 })
    #expect(try collection.latest() == second)
    #expect(try collection.snapshot(named: "latest") == second)
    #expect(try collection.snapshot(named: String(first.manifest.digest.prefix(12))) == first)
    for name in ["", "zz", "../etc"] {
      #expect(throws: IngestionError.unknownSnapshot(name: name)) {
        try collection.snapshot(named: name)
      }
    }
    try FileSystem.writeAtomically([], to: second.path + "/manifest.json")
    #expect(try collection.latest() == first, "a damaged snapshot is passed over")
    #expect(try collection.entries().count == 2)
  }

  @Test func `a snapshot that a source comes back to is the latest, and stays`() throws {
    let collection = SnapshotCollection(root: scratch.path)
    let first = try write(prefix(3))
    let second = try write(prefix(5))
    #expect(try write(prefix(3)) == first)
    #expect(try collection.latest() == first)
    let removed = try collection.collectGarbage(
      keeping: [], latestCount: 1, now: Timestamp(seconds: 0))
    #expect(removed == [second.manifest.digest])
  }

  @Test func `garbage is what nobody keeps`() throws {
    let collection = SnapshotCollection(root: scratch.path)
    let digests = try [2, 3, 4].map { try write(prefix($0)).manifest.digest }
    try FileSystem.createDirectory(scratch.path + "/.snapshot.1.abc")
    func collect(latest: Int, day: Int64, isRehearsal: Bool = false) throws -> [String] {
      let now = Timestamp(microseconds: try FileSystem.modificationTime(of: scratch.path))
      return try collection.collectGarbage(
        keeping: [digests[0]], latestCount: latest, now: now + .days(day), isRehearsal: isRehearsal)
    }
    #expect(try collect(latest: 1, day: 0, isRehearsal: true) == [digests[1]])
    #expect(try collection.entries().count == 3)
    #expect(try collect(latest: 1, day: 0) == [digests[1]])
    #expect(try collect(latest: 0, day: 2) == [digests[2], ".snapshot.1.abc"])
    #expect(try collection.entries().map(\.name) == [digests[0]])
  }

  @Test func `differences are counted by kind`() throws {
    let before = try write(prefix(10))
    var changed = prefix(12)
    changed.amounts[1] += 1
    changed.labels[2] = 1
    changed.labelTimes[2] = changed.times[2] + 1
    let after = try write(changed.selecting([0, 1, 2, 3, 4, 5, 6, 10, 11]))
    let difference = try SnapshotDifference(from: before, to: after)
    #expect(
      difference.json == [
        "added": 2, "removed": 3, "changed": 1, "relabelled": 1, "unchanged": 5,
      ])
    #expect(try SnapshotDifference(from: before, to: before).unchangedCount == 10)
  }
}
