import Files
import JSON
import Registry
import Testing

@Suite struct AliasTests {
  @Test func `an alias moves with its audit row and its link`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b", "c"] { try registry.registerSample(text) }
    let change = try registry.crown(2)
    #expect(change.isChanged && change.fromVersion == nil)
    #expect(change.version == 2 && change.sequence == 4)
    #expect(try scratch.layout.resolveAlias("fraud", "champion") == 2)
    #expect(try registry.resolve("fraud").version == 2)
    let row = try #require(try registry.audit(of: "fraud", alias: "champion").last)
    #expect(row.actor == "officer" && row.version == 2 && row.reason == "test")
    #expect(try registry.verify().isIntact)
  }

  @Test func `the champion before is kept as previous`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b", "c"] { try registry.registerSample(text) }
    try registry.crown(1)
    #expect(try registry.alias("previous", of: "fraud") == nil)
    try registry.crown(2)
    try registry.crown(3)
    #expect(try registry.alias("previous", of: "fraud")?.version == 2)
    #expect(try scratch.layout.aliases(of: "fraud") == ["champion": 3, "previous": 2])
  }

  @Test func `rolling back twice goes back two champions`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b", "c"] { try registry.registerSample(text) }
    for version in 1...3 { try registry.crown(version) }
    #expect(try registry.rollBack("fraud", by: "officer", at: minute(2)).version == 2)
    #expect(try registry.alias("previous", of: "fraud")?.version == 1)
    #expect(try registry.rollBack("fraud", by: "officer", at: minute(3)).version == 1)
    #expect(try registry.alias("previous", of: "fraud") == nil)
    #expect(try scratch.layout.aliases(of: "fraud") == ["champion": 1])
    #expect(throws: RegistryError.nothingToRollBack("fraud")) {
      try registry.rollBack("fraud", by: "officer", at: minute(4))
    }
    try registry.crown(3)
    #expect(try registry.rollBack("fraud", by: "officer", at: minute(5)).version == 1)
  }

  @Test func `rolling back to a named version works for any version`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b", "c", "d"] { try registry.registerSample(text) }
    for version in [1, 2, 4] { try registry.crown(version) }
    #expect(try registry.rollBack("fraud", to: 1, by: "officer", at: minute(2)).version == 1)
    #expect(try registry.alias("previous", of: "fraud") == nil)
    #expect(try registry.rollBack("fraud", to: 3, by: "officer", at: minute(2)).version == 3)
    #expect(throws: RegistryError.self) {
      try registry.rollBack("fraud", to: 9, by: "officer", at: minute(2))
    }
  }

  @Test func `without a champion there is nothing to roll back`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    try registry.registerSample("a")
    #expect(throws: RegistryError.nothingToRollBack("fraud")) {
      try registry.rollBack("fraud", by: "officer", at: minute(2))
    }
    try registry.crown(1)
    #expect(throws: RegistryError.nothingToRollBack("fraud")) {
      try registry.rollBack("fraud", by: "officer", at: minute(2))
    }
  }

  @Test func `compare and swap refuses an alias that moved meanwhile`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b"] { try registry.registerSample(text) }
    let first = try registry.crown(1, expecting: 0)
    let second = try registry.crown(2, expecting: first.sequence)
    #expect(
      throws: RegistryError.aliasMoved(
        "fraud", "champion", expected: first.sequence, actual: second.sequence, version: 2)
    ) { try registry.crown(1, expecting: first.sequence) }
    #expect(throws: RegistryError.self) { try registry.crown(1, expecting: 0) }
    #expect(try registry.alias("champion", of: "fraud")?.version == 2)
  }

  @Test func `moving an alias where it stands writes nothing`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    try registry.registerSample("a")
    let first = try registry.crown(1)
    let again = try registry.crown(1)
    #expect(!again.isChanged && again.sequence == first.sequence)
    #expect(try registry.audit().count == 2)
  }

  @Test func `an alias can be taken away`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    try registry.registerSample("a")
    try registry.setAlias("candidate", of: "fraud", to: 1, by: "officer", at: minute(1))
    try registry.removeAlias("candidate", of: "fraud", by: "officer", at: minute(2))
    #expect(try scratch.layout.resolveAlias("fraud", "candidate") == nil)
    #expect(try registry.aliases(of: "fraud").isEmpty)
    #expect(throws: RegistryError.self) {
      try registry.removeAlias("candidate", of: "fraud", by: "officer", at: minute(2))
    }
  }

  @Test func `an alias never leads to a damaged version`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let version = try registry.registerSample("a")
    try FileSystem.writeAtomically([1], to: "\(version.folder)/model.json")
    #expect(
      throws: RegistryError.damagedVersion("fraud", 1, findings: ["model.json differs"])
    ) { try registry.crown(1) }
    #expect(try registry.aliases(of: "fraud").isEmpty)
  }

  @Test func `what does not exist is named with what does`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    try registry.registerSample("a")
    #expect(throws: RegistryError.unknownModel("froud", known: ["fraud"])) {
      try registry.resolve("froud/1")
    }
    #expect(throws: RegistryError.unknownVersion("fraud", 2, newest: 1)) {
      try registry.resolve("fraud/2")
    }
    #expect(throws: RegistryError.unknownAlias("fraud", "champion", known: [])) {
      try registry.resolve("fraud")
    }
    #expect(throws: RegistryError.unknownDigest("fraud", "0000")) {
      try registry.resolve("fraud@sha256:0000")
    }
    #expect(try registry.resolve("fraud@latest").version == 1)
    let digest = try registry.version("fraud", 1).digest
    #expect(try registry.resolve("fraud@sha256:\(digest.prefix(8))").version == 1)
    #expect(try registry.resolve("fraud@sha256:\(digest)").version == 1)
  }

  @Test func `history answers for any moment, also when the clock went back`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b", "c"] { try registry.registerSample(text) }
    try registry.crown(1, at: minute(10))
    try registry.crown(2, at: minute(20))
    try registry.crown(3, at: minute(15))
    func champion(_ at: Int64) throws -> Int? {
      try registry.history(of: "champion", "fraud", at: minute(at))?.version
    }
    #expect(try [9, 10, 19, 20, 30].map { try champion($0) } == [nil, 1, 1, 3, 3])
  }

  @Test func `a link that leaves the models is not followed`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    try registry.registerSample("a")
    try registry.crown(1)
    let link = scratch.layout.aliasLink("fraud", "champion")
    for target in ["/etc", "../../other/1", "../01", "../1/..", "1"] {
      try FileSystem.replaceSymbolicLink(at: link, target: target)
      #expect(throws: RegistryError.damagedLink(path: link)) {
        try scratch.layout.resolveAlias("fraud", "champion")
      }
    }
    #expect(try !registry.verify().isIntact)
    // Opening for writing puts the catalogue's answer back.
    _ = try scratch.registry()
    #expect(try scratch.layout.resolveAlias("fraud", "champion") == 1)
  }
}
