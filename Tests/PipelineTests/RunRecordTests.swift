import Files
import JSON
import Testing
import Transactions

@testable import Pipeline

@Suite struct RunRecordTests {
  private let folder = "/tmp/anomalyze-runs-\(UInt64.random(in: 0...UInt64.max))"

  private func journal(
    at seconds: Int64 = 1_771_126_200, limits: JobConfiguration.Limits? = nil
  ) throws -> RunJournal {
    try RunJournal(
      in: folder,
      context: RunContext(
        actor: "tester", moment: Timestamp(seconds: seconds), threadCount: 1, codeVersion: "1"),
      asOf: nil, isDryRun: false,
      limits: limits ?? JobConfiguration.Limits(time: nil, freeByteCount: 0), tell: { _ in })
  }

  @Test func `what a run did is on disk after every stage`() throws {
    defer { try? FileSystem.removeTree(folder) }
    var journal = try journal()
    let answer = try journal.stage(.pull) {
      (42, RunJournal.Figures(rowCount: 7, byteCount: 900, key: "abc", summary: "pulled"))
    }
    #expect(answer == 42)
    let history = RunHistory(folder: folder)
    let running = try #require(try history.latest(1).first)
    #expect(running == journal.record)
    #expect(running.status == .running)
    #expect(running.stages.map(\.rowCount) == [7])
    #expect(throws: PipelineError.self) {
      try journal.stage(.validate) { () throws -> ((), RunJournal.Figures) in
        throw PipelineError.noSnapshot(folder: "x")
      }
    }
    try journal.finish(.failed, models: [["model": "fraud"]], failure: "no snapshot")
    let failed = try #require(try history.latest(1).first)
    #expect(failed == journal.record)
    #expect(failed.stages.map(\.isSuccess) == [true, false])
    #expect(failed.failure == "no snapshot")
    #expect(failed.endedAt != nil)
  }

  @Test func `the newest runs come first and what is no record is left out`() throws {
    defer { try? FileSystem.removeTree(folder) }
    for day in 0..<3 { _ = try journal(at: 1_771_126_200 + Int64(day) * 86_400) }
    try FileSystem.writeAtomically(Array("{}".utf8), to: "\(folder)/2999.json")
    let runs = try RunHistory(folder: folder).latest(10)
    #expect(runs.count == 3)
    #expect(runs.map(\.startedAt) == runs.map(\.startedAt).sorted(by: >))
    #expect(try RunHistory(folder: folder + "/none").latest(3).isEmpty)
  }

  @Test func `no stage starts when the time is over, but people are still told`() throws {
    defer { try? FileSystem.removeTree(folder) }
    var journal = try journal(limits: .init(time: .seconds(0), freeByteCount: 0))
    let error = #expect(throws: PipelineError.self) {
      try journal.stage(.train) { ((), RunJournal.Figures(summary: "")) }
    }
    #expect(error == .timeBudgetSpent("train", budget: .seconds(0)))
    try journal.stage(.notify) { ((), RunJournal.Figures(summary: "told")) }
  }

  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (1_771_126_200, "Sun, 15 Feb 2026 03:30:00 +0000"),
      (-86_400, "Wed, 31 Dec 1969 00:00:00 +0000"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
    ] as [(Int64, String)])
  func `mail carries the date of RFC 5322`(seconds: Int64, text: String) {
    #expect(Timestamp(seconds: seconds).mailDate == text)
  }

  @Test func `metrics are in the form that a node exporter reads`() throws {
    defer { try? FileSystem.removeTree(folder) }
    var journal = try journal()
    try journal.stage(.train, of: "fraud") {
      ((), RunJournal.Figures(rowCount: 12, summary: "trained"))
    }
    try journal.finish(
      .promoted,
      models: [["model": "fraud", "headline": ["average_precision": ["value": 0.5]]]],
      failure: nil)
    let lines = RunMetrics(journal.record).text.split(separator: "\n")
    #expect(lines.contains("anomalyze_retrain_last_status{status=\"promoted\"} 1.0"))
    #expect(lines.contains("anomalyze_retrain_stage_rows{stage=\"train\",model=\"fraud\"} 12.0"))
    #expect(lines.contains("anomalyze_model_average_precision{model=\"fraud\"} 0.5"))
    for line in lines where !line.hasPrefix("#") {
      #expect(line.split(separator: " ").count == 2)
    }
  }
}
