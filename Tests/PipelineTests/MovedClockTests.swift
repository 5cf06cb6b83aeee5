import Files
import Ingestion
import Registry
import Testing
import Transactions

@testable import Pipeline

/// The machine's clock may be wrong and be set right between two runs.
@Suite struct MovedClockTests {
  private let folder = "/tmp/anomalyze-clock-\(UInt64.random(in: 0...UInt64.max))"

  @Test func `runs work and are all kept when the clock jumps back and forth between them`() throws
  {
    defer { try? FileSystem.removeTree(folder) }
    try FileSystem.createDirectory(folder)
    let text = """
      source: sqlite:t.sqlite
      features: [log_amount, night]
      models: [{name: fraud, detectors: [{kind: gaussian}]}]
      evaluation: {training: 10d, delay: 3d, validation: 3d, test: 5d, alerts_per_day: 5}
      promotion: {gates: [{check: golden}]}
      """
    try FileSystem.writeAtomically(Array(text.utf8), to: "\(folder)/anomalyze.yaml")
    let configuration = try LabConfiguration(contentsOf: "\(folder)/anomalyze.yaml")
    let settings = try GeneratorSettings(userCount: 60, dayCount: 30, seed: 5)
    let path = "\(folder)/t.sqlite"
    let store = try SQLiteTransactionStore(path: path)
    try store.migrate(at: settings.start)
    try TransactionGenerator(settings).forEachBatch { try store.insert($0) }

    let registry = try Registry(root: configuration.registryFolder)
    func run(at moment: Timestamp) throws -> RetrainingJob.Outcome {
      let context = RunContext(actor: "tester", moment: moment, threadCount: 1, codeVersion: "1")
      return try RetrainingJob(configuration: configuration, context: context).run(
        RetrainingPipeline.Order(source: .sqlite(path: path)), registry: registry, tell: { _ in })
    }
    let now = settings.start + .days(60)
    let first = try run(at: now)
    #expect(first.record.status == .promoted, "\(first.record.failure ?? "")")
    // An hour back, as when summer time is mistaken; ten years ahead; and back again.
    for moment in [now - .seconds(3_600), now + .days(3_650), now + .seconds(60)] {
      let again = try run(at: moment)
      #expect(again.record.status == .unchanged, "\(moment): \(again.record.failure ?? "")")
      #expect(again.record.endedAt.map { $0 >= again.record.startedAt } == true)
    }
    // A month back nobody had reported the frauds of the last days yet: an older test period, and no harm to the champion.
    let early = try run(at: now - .days(36))
    #expect(early.record.status != .running)
    #expect(try registry.alias(RegistryName.champion, of: "fraud") != nil)
    #expect(try registry.verify().isIntact)
    let records = try RunHistory(folder: configuration.job.runsFolder).latest(10)
    #expect(records.count == 5)
    #expect(Set(records.map(\.id)).count == 5)
  }
}
