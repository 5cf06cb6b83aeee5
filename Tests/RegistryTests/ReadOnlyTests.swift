import Files
import Registry
import Subprocess
import Testing

@Suite struct ReadOnlyTests {
  @Test func `a reader changes nothing and makes nothing`() throws {
    let scratch = try Scratch()
    #expect(throws: RegistryError.notARegistry(root: scratch.layout.root)) {
      _ = try scratch.registry(.readOnly)
    }
    #expect(!FileSystem.exists(scratch.layout.root))
    try scratch.registry().registerSample("a")
    let reader = try scratch.registry(.readOnly)
    #expect(throws: RegistryError.readOnly(root: scratch.layout.root)) {
      try reader.registerSample("b")
    }
    #expect(throws: RegistryError.readOnly(root: scratch.layout.root)) { try reader.crown(1) }
    #expect(try reader.models().map(\.name) == ["fraud"])
  }

  /// As another user, because the one who runs tests may write everywhere.
  @Test(arguments: [true, false])
  func `a user who may only read can read, also after a writer was killed`(
    isKilled: Bool
  ) throws {
    guard let setpriv = try? Subprocess.locate("setpriv"), ProcessIdentity.isRoot else { return }
    let scratch = try Scratch()
    let probe = Probe(scratch)
    do {
      let registry = try scratch.registry()
      for text in ["a", "b"] { try registry.registerSample(text) }
      try registry.crown(1)
    }
    if isKilled { try probe.run("promote", "2", fault: "alias-linked") }
    let outcome = try Subprocess(
      path: setpriv,
      arguments: [
        "--reuid=65534", "--regid=65534", "--clear-groups", try Probe.program(),
        scratch.layout.root, "/nonexistent", "show",
      ]
    ).run()
    #expect(String(decoding: outcome.output, as: UTF8.self) == "\(isKilled ? 2 : 1) true\n")
  }

  @Test func `a copy without the files of a log can be read where nothing can be written`() throws {
    guard let setpriv = try? Subprocess.locate("setpriv"), ProcessIdentity.isRoot else { return }
    let scratch = try Scratch()
    do {
      let registry = try scratch.registry()
      try registry.registerSample("a")
      try registry.crown(1)
    }
    _ = try Registry.rebuild(root: scratch.layout.root, by: "officer", at: minute(9))
    for suffix in ["-wal", "-shm"] {
      try FileSystem.removeTree(scratch.layout.catalogue + suffix)
    }
    let outcome = try Subprocess(
      path: setpriv,
      arguments: [
        "--reuid=65534", "--regid=65534", "--clear-groups", try Probe.program(),
        scratch.layout.root, "/nonexistent", "show",
      ]
    ).run()
    #expect(String(decoding: outcome.output, as: UTF8.self) == "1 true\n")
  }
}
