import Files
import Registry
import Subprocess
import Testing

@Suite struct ConcurrencyTests {
  @Test func `ten processes that register at once get ten versions`() async throws {
    let scratch = try Scratch()
    let probe = Probe(scratch)
    let endings = try await endings(1...10) { try probe.run("register", "content \($0)", "1") }
    #expect(endings == Array(repeating: .exited(0, ""), count: 10))
    let registry = try scratch.registry()
    #expect(try registry.versions(of: "fraud").map(\.version) == Array(1...10))
    #expect(Set(try registry.versions(of: "fraud").map(\.digest)).count == 10)
    #expect(try registry.verify().isIntact)
  }

  @Test func `ten processes that register the same content get one version`() async throws {
    let scratch = try Scratch()
    let probe = Probe(scratch)
    let endings = try await endings(1...10) { _ in try probe.run("register", "same", "1") }
    #expect(endings == Array(repeating: .exited(0, ""), count: 10))
    #expect(try scratch.registry().versions(of: "fraud").count == 1)
  }

  @Test func `of ten processes that claim an unset alias one gets it`() async throws {
    let scratch = try Scratch()
    let probe = Probe(scratch)
    let registry = try scratch.registry()
    for index in 1...10 { try registry.registerSample("\(index)") }
    let endings = try await endings(1...10) { try probe.run("claim", "\($0)") }
    #expect(endings.filter { $0 == .exited(0, "") }.count == 1)
    let claimed = try probe.acknowledged().map { Int($0[1]) }
    #expect(claimed == [try registry.alias("champion", of: "fraud")?.version])
    #expect(try registry.audit(of: "fraud", alias: "champion").count == 1)
    #expect(try registry.verify().isIntact)
  }

  @Test func `a writer waits for another one and then says who it is`() throws {
    let scratch = try Scratch()
    let registry = try Registry(root: scratch.layout.root, secondsAllowed: 0.05)
    do {
      let lock = try LockFile(scratch.layout.lock)
      defer { withExtendedLifetime(lock) {} }
      let error = #expect(throws: RegistryError.self) { try registry.registerSample("a") }
      #expect(error?.kind == .busy)
      #expect(error?.description.contains("\(ProcessIdentity.current)") == true)
    }
    #expect(try registry.registerSample("a").version == 1)
  }

  @Test func `readers do not wait for a writer`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    try registry.registerSample("a")
    try registry.crown(1)
    let reader = try scratch.registry(.readOnly)
    try registry.register(name: "fraud", by: "trainer", at: minute(0)) { staged in
      try staged.write([1], to: "model.json")
      // The writer holds the lock here.
      #expect(try reader.resolve("fraud").version == 1)
      #expect(try scratch.registry(.readOnly).versions(of: "fraud").count == 1)
      #expect(try scratch.registry(.readOnly).verify().isIntact)
    }
    #expect(try reader.versions(of: "fraud").count == 2)
  }

  private func endings(
    _ numbers: ClosedRange<Int>, _ run: @escaping @Sendable (Int) throws -> Probe.Ending
  ) async throws -> [Probe.Ending] {
    try await withThrowingTaskGroup(of: Probe.Ending.self) { group in
      for number in numbers { group.addTask { try run(number) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}
