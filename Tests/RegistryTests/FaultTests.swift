import Files
import Registry
import SQLite
import Terminal
import Testing

/// Processes that are killed for good, at every step and at any moment.
@Suite(.serialized) struct FaultTests {
  static let registerSteps: [RegistryStep] = [
    .versionStaged, .versionAnnounced, .versionRenamed, .versionRecorded, .auditLogged,
  ]
  static let aliasSteps: [RegistryStep] = [.aliasRecorded, .aliasLinked, .auditLogged]

  @Test(arguments: registerSteps)
  func `a registration that is killed happened or did not`(step: RegistryStep) throws {
    let scratch = try Scratch()
    let probe = Probe(scratch)
    try scratch.registry().registerSample("a")
    #expect(try probe.run("register", "b", "1", fault: step.rawValue) == .killed)
    // A reader sees one of the two states at once, before anybody repairs.
    let seen = try scratch.registry(.readOnly).versions(of: "fraud").map(\.version)
    #expect(seen == [1] || seen == [1, 2])
    let wasRenamed = try scratch.layout.versions(of: "fraud") == [1, 2]
    let registry = try scratch.registry()
    #expect(try registry.versions(of: "fraud").map(\.version) == (wasRenamed ? [1, 2] : [1]))
    #expect(try registry.verify().isIntact)
    if wasRenamed {
      let record = try registry.version("fraud", 2)
      #expect(record.createdBy == "probe" && record.createdAt == minute(0))
    }
    // The same job again completes it, and leaves no rubbish.
    #expect(try probe.run("register", "b", "1") == .exited(0, ""))
    #expect(try registry.versions(of: "fraud").map(\.version) == [1, 2])
    let names = try FileSystem.contents(ofDirectory: scratch.layout.modelFolder("fraud"))
    #expect(names == ["1", "2"])
  }

  @Test(arguments: aliasSteps, ["promote", "rollback"])
  func `a move of an alias that is killed happened or did not`(
    step: RegistryStep, command: String
  ) throws {
    let scratch = try Scratch()
    let probe = Probe(scratch)
    do {
      let registry = try scratch.registry()
      for text in ["a", "b", "c"] { try registry.registerSample(text) }
      try registry.crown(1)
      try registry.crown(2)
    }
    let (before, after) = command == "promote" ? (2, 3) : (2, 1)
    #expect(try probe.run(command, "3", fault: step.rawValue) == .killed)
    let followed = try scratch.layout.resolveAlias("fraud", "champion")
    #expect(followed == before || followed == after)
    let registry = try scratch.registry()
    // These steps lie behind the commit, so the move counts.
    #expect(try registry.alias("champion", of: "fraud")?.version == after)
    #expect(try scratch.layout.resolveAlias("fraud", "champion") == after)
    #expect(try registry.verify().isIntact)
  }

  @Test(arguments: [RegistryStep.removalRecorded, .removalRenamed, .auditLogged])
  func `a removal that is killed is finished by the next writer`(step: RegistryStep) throws {
    let scratch = try Scratch()
    do {
      let registry = try scratch.registry()
      for text in ["a", "b", "c", "d"] { try registry.registerSample(text) }
    }
    #expect(try Probe(scratch).run("collect", "2", fault: step.rawValue) == .killed)
    let registry = try scratch.registry()
    #expect(try registry.versions(of: "fraud").map(\.version) == [3, 4])
    let names = try FileSystem.contents(ofDirectory: scratch.layout.modelFolder("fraud"))
    #expect(names == ["3", "4"])
    #expect(try registry.verify().isIntact)
    #expect(try registry.registerSample("e").version == 5)
  }

  @Test(arguments: [RegistryStep.rebuildWritten, .rebuildCleared, .auditLogged])
  func `a rebuild that is killed can be repeated`(step: RegistryStep) throws {
    let scratch = try Scratch()
    let before: [[[SQLiteValue]]]
    do {
      let registry = try scratch.registry()
      for text in ["a", "b"] { try registry.registerSample(text) }
      try registry.crown(2)
      before = try tables(of: scratch.layout)
    }
    let ending = try Probe(scratch).run("rebuild", fault: step.rawValue)
    // Nothing has to be added to the log, so the last of the steps is never reached.
    #expect(ending == (step == .auditLogged ? .exited(0, "") : .killed))
    _ = try Registry.rebuild(root: scratch.layout.root, by: "officer", at: minute(9))
    #expect(try tables(of: scratch.layout) == before)
    #expect(try scratch.registry().verify().isIntact)
  }

  /// `ANOMALYZE_SOAK` raises the number of kills: `make test-kills`.
  @Test func `kills at any moment lose nothing that was acknowledged`() throws {
    let count = Terminal.environment("ANOMALYZE_SOAK").flatMap { Int($0) } ?? 24
    // A soak also reaches what comes late in a life; each registry lives through fifty kills.
    let span = count > 24 ? 0.6 : 0.13
    for life in stride(from: 0, to: count, by: 50) {
      try live(kills: life..<min(life + 50, count), span: span)
    }
  }

  private func live(kills: Range<Int>, span: Double) throws {
    let scratch = try Scratch()
    let probe = Probe(scratch)
    var generator = SystemRandomNumberGenerator()
    for round in kills {
      let seconds = 0.02 + span * Double(generator.next(upperBound: UInt(1_000))) / 1_000
      let ending = try probe.run("churn", String(generator.next() >> 1), secondsAllowed: seconds)
      guard ending == .killed else {
        Issue.record("round \(round) ended by itself: \(ending)")
        return
      }
      try checkState(scratch, probe, round)
    }
  }

  private func checkState(
    _ scratch: borrowing Scratch, _ probe: Probe, _ round: Int
  ) throws {
    let registry = try scratch.registry()
    let verification = try registry.verify()
    #expect(verification.isIntact, "round \(round): \(verification.findings)")
    guard let model = try registry.models().first else { return }
    let versions = try registry.versions(of: model.name, includingRemoved: true)
    #expect(versions.map(\.version) == Array(1...versions.count))
    let digests = Dictionary(uniqueKeysWithValues: versions.map { ($0.version, $0.digest) })
    var sequence = 0
    for words in try probe.acknowledged() {
      let number = Int(words[1]) ?? 0
      switch words[0] {
      case "version": #expect(digests[number] == words[2])
      case "removed": #expect(versions[number - 1].isRemoved)
      default: sequence = max(sequence, Int(words[2]) ?? 0)
      }
    }
    let aliases = Dictionary(
      uniqueKeysWithValues: try registry.aliases(of: model.name).map { ($0.alias, $0.version) })
    #expect(try scratch.layout.aliases(of: model.name) == aliases)
    #expect(try registry.alias("champion", of: model.name)?.sequence ?? 0 >= sequence)
  }
}

/// Everything in the tables of a catalogue.
func tables(of layout: RegistryLayout) throws -> [[[SQLiteValue]]] {
  let connection = try SQLiteConnection(layout.catalogue, options: .readOnly)
  return try ["audit", "versions", "aliases", "gates", "approvals", "runs"].map { table in
    try connection.rows("SELECT * FROM \(table) ORDER BY 1, 2") { row in
      (0..<row.columnCount).map { row.value(at: $0) }
    }
  }
}
