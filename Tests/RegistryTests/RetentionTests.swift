import Files
import Registry
import Testing
import Transactions

@Suite struct RetentionTests {
  @Test func `the newest stay, and what is needed`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for index in 1...8 {
      try registry.registerSample("\(index)", parent: index == 8 ? 4 : nil)
    }
    try registry.crown(1)
    try registry.crown(3)
    let policy = RetentionPolicy(newestCount: 2)
    let plan = try registry.retention(of: "fraud", policy, at: minute(9))
    #expect(plan.removed.map(\.version) == [2, 5, 6])
    #expect(plan.kept.map(\.version) == [1, 3, 4])
    #expect(plan.byteCount > 3 * 4_096)
    #expect(try registry.versions(of: "fraud").count == 8)
    let done = try registry.collect("fraud", policy, by: "officer", at: minute(9))
    #expect(done == plan)
    #expect(try scratch.layout.versions(of: "fraud") == [1, 3, 4, 7, 8])
    #expect(try registry.verify().isIntact)
    #expect(throws: RegistryError.removedVersion("fraud", 2)) { try registry.resolve("fraud/2") }
    #expect(throws: RegistryError.removedVersion("fraud", 5)) { try registry.crown(5) }
    #expect(try registry.collect("fraud", policy, by: "officer", at: minute(9)).removed.isEmpty)
  }

  @Test func `young versions stay whatever their number`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for index in 1...4 { try registry.registerSample("\(index)", at: minute(Int64(index))) }
    let policy = RetentionPolicy(newestCount: 1, age: .seconds(120))
    #expect(
      try registry.retention(of: "fraud", policy, at: minute(4)).removed.map(\.version) == [1])
  }

  @Test func `a number is never given twice and removed content may come again`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b"] { try registry.registerSample(text) }
    try registry.collect("fraud", RetentionPolicy(newestCount: 1), by: "officer", at: minute(9))
    let again = try registry.registerSample("a")
    #expect(again.version == 3 && again.isNew)
    #expect(try registry.verify().isIntact)
  }

  @Test func `a rollback passes over what is gone`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b", "c", "d"] { try registry.registerSample(text) }
    for version in 1...4 { try registry.crown(version) }
    try registry.collect("fraud", RetentionPolicy(newestCount: 1), by: "officer", at: minute(9))
    #expect(try registry.versions(of: "fraud").map(\.version) == [3, 4])
    #expect(try registry.rollBack("fraud", by: "officer", at: minute(10)).version == 3)
    #expect(throws: RegistryError.nothingToRollBack("fraud")) {
      try registry.rollBack("fraud", by: "officer", at: minute(11))
    }
  }
}
