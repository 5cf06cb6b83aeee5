import Files
import JSON
import Registry
import Testing
import Transactions

@Suite struct RebuildTests {
  @Test func `a catalogue that was deleted comes back exactly`() throws {
    let scratch = try Scratch()
    try fill(scratch)
    let before = try tables(of: scratch.layout)
    try deleteCatalogue(scratch)
    #expect(throws: RegistryError.catalogueMissing(root: scratch.layout.root)) {
      _ = try scratch.registry()
    }
    #expect(throws: RegistryError.catalogueMissing(root: scratch.layout.root)) {
      _ = try scratch.registry(.readOnly)
    }
    let summary = try Registry.rebuild(root: scratch.layout.root, by: "officer", at: minute(99))
    #expect(summary.adopted.isEmpty && summary.damaged.isEmpty && summary.unusable.isEmpty)
    #expect(try tables(of: scratch.layout) == before)
    #expect(try scratch.registry().verify().isIntact)
  }

  @Test func `a catalogue that is no database comes back exactly`() throws {
    let scratch = try Scratch()
    try fill(scratch)
    let before = try tables(of: scratch.layout)
    try deleteCatalogue(scratch)
    try FileSystem.writeAtomically(Array("no database".utf8), to: scratch.layout.catalogue)
    #expect(throws: RegistryError.self) { _ = try scratch.registry() }
    _ = try Registry.rebuild(root: scratch.layout.root, by: "officer", at: minute(99))
    #expect(try tables(of: scratch.layout) == before)
  }

  @Test func `a log that was lost or damaged comes back from the catalogue`() throws {
    let scratch = try Scratch()
    try fill(scratch)
    let log = try FileSystem.read(scratch.layout.auditLog)
    try FileSystem.removeTree(scratch.layout.auditLog)
    _ = try scratch.registry()
    #expect(try FileSystem.read(scratch.layout.auditLog) == log)
    var damaged = log
    damaged[100] ^= 1
    try FileSystem.writeAtomically(damaged, to: scratch.layout.auditLog)
    _ = try Registry.rebuild(root: scratch.layout.root, by: "officer", at: minute(99))
    #expect(try FileSystem.read(scratch.layout.auditLog) == log)
    #expect(try scratch.registry().verify().isIntact)
  }

  @Test func `without any history versions and aliases come from the folders`() throws {
    let scratch = try Scratch()
    let registrations = try fill(scratch)
    let aliases = try scratch.layout.aliases(of: "fraud")
    try deleteCatalogue(scratch)
    try FileSystem.removeTree(scratch.layout.auditLog)
    let summary = try Registry.rebuild(root: scratch.layout.root, by: "officer", at: minute(99))
    #expect(summary.adopted == ["fraud/1", "fraud/2", "fraud/3"])
    let registry = try scratch.registry()
    #expect(try registry.versions(of: "fraud").map(\.digest) == registrations.map(\.digest))
    #expect(try scratch.layout.aliases(of: "fraud") == aliases)
    #expect(try registry.verify().isIntact)
    let made = try FileSystem.modificationTime(of: "\(registrations[0].folder)/SHA256SUMS")
    #expect(try registry.version("fraud", 1).createdAt.microseconds == made)
  }

  @Test func `folders that are no versions stay out`() throws {
    let scratch = try Scratch()
    try fill(scratch)
    let folder = scratch.layout.modelFolder("fraud")
    try FileSystem.createDirectory("\(folder)/9")
    try FileSystem.createDirectory("\(folder)/007")
    try FileSystem.createDirectory("\(scratch.layout.modelsFolder)/.hidden/1")
    try FileSystem.writeAtomically([1], to: "\(folder)/2/model.json")
    let summary = try Registry.rebuild(root: scratch.layout.root, by: "officer", at: minute(99))
    #expect(summary.unusable == ["fraud/9: SHA256SUMS is missing"])
    #expect(summary.damaged == ["fraud/2"])
    #expect(try scratch.registry().versions(of: "fraud").map(\.version) == [1, 2, 3])
    // The number of a folder that is in the way is passed over.
    #expect(try scratch.registry().registerSample("next").version == 4)
  }

  @Test func `where nothing is there is nothing to rebuild`() throws {
    let scratch = try Scratch()
    #expect(throws: RegistryError.notARegistry(root: scratch.layout.root)) {
      try Registry.rebuild(root: scratch.layout.root, by: "officer", at: minute(0))
    }
  }

  @discardableResult
  private func fill(_ scratch: borrowing Scratch) throws -> [Registration] {
    let registry = try scratch.registry()
    let registrations = try ["a", "b", "c"].map { try registry.registerSample($0) }
    try registry.crown(1)
    try registry.setAlias(
      "champion", of: "fraud", to: 2, by: "officer", reason: "caf\u{E9} \"quoted\"",
      decision: ["accepted": true, "gates": []], at: minute(2))
    try registry.describe("fraud", 3, tags: ["a": "b"], by: "officer", at: minute(3))
    try registry.approve("fraud", 3, by: "ada", comment: "fine", at: minute(4))
    try registry.recordRun(
      of: "fraud", version: 3, details: ["rows": 10, "seconds": 0.5], by: "job", at: minute(5))
    try registry.recordRefusal(
      of: "champion", "fraud", 3, decision: ["accepted": false, "gates": []], by: "job",
      at: minute(6))
    return registrations
  }

  private func deleteCatalogue(_ scratch: borrowing Scratch) throws {
    for suffix in ["", "-wal", "-shm"] {
      try FileSystem.removeTree(scratch.layout.catalogue + suffix)
    }
  }
}
