import Files
import JSON
import Registry
import Subprocess
import Testing

@Suite struct ExportTests {
  @Test func `what is exported can be changed and imported elsewhere`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let version = try registry.registerSample("a")
    let copy = scratch.root + "/copy"
    try registry.export(ModelReference(parsing: "fraud/1"), to: copy)
    let other = try Registry(root: scratch.root + "/other")
    let imported = try other.importVersion(
      of: "fraud-copy", from: copy, expecting: version.digest, by: "officer", at: minute(1))
    #expect(imported.digest == version.digest && imported.isNew)
    #expect(try other.verify().isIntact)
    // Tools write into what they read: that hurts the copy only.
    try FileSystem.writeAtomically([1], to: "\(copy)/registered_model_meta")
    #expect(try registry.verify().isIntact)
    #expect(throws: RegistryError.self) {
      try other.importVersion(of: "fraud-copy", from: copy, by: "officer", at: minute(2))
    }
    #expect(throws: RegistryError.self) {
      try registry.export(ModelReference(parsing: "fraud/1"), to: copy)
    }
  }

  @Test func `an import of other content than expected is refused`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let folder = scratch.root + "/loose"
    try FileSystem.createDirectory(folder)
    try FileSystem.writeAtomically([1], to: "\(folder)/model.json")
    #expect(throws: RegistryError.self) {
      try registry.importVersion(
        of: "fraud", from: folder, expecting: String(repeating: "0", count: 64), by: "officer",
        at: minute(1))
    }
    #expect(
      try registry.importVersion(of: "fraud", from: folder, by: "officer", at: minute(1)).version
        == 1)
  }

  @Test func `two versions are compared value by value`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let documents: [JSONValue] = [
      ["parameters": ["trees": 100], "features": ["a", "b"], "runs": [["ap": 0.3]]],
      ["parameters": ["trees": 200, "seed": 7], "features": ["a", "c"], "runs": [["ap": 0.4]]],
    ]
    for (index, document) in documents.enumerated() {
      try registry.register(name: "fraud", by: "trainer", at: minute(0)) { staged in
        try staged.write(document.bytes(), to: "model.json")
        try staged.write([UInt8(index)], to: "model.bin")
        try staged.write([7], to: "same.bin")
        if index == 1 { try staged.write([1], to: "report.md") }
      }
    }
    let difference = try registry.difference(
      ModelReference(parsing: "fraud/1"), ModelReference(parsing: "fraud/2"))
    #expect(difference.onlyInSecond == ["report.md"] && difference.onlyInFirst.isEmpty)
    #expect(difference.changedFiles == ["model.bin", "model.json"])
    #expect(
      difference.changes.map(\.path) == [
        "parameters.trees", "features", "runs.0.ap", "parameters.seed",
      ])
    #expect(difference.changes[0].first == 100 && difference.changes[0].second == 200)
    #expect(difference.changes[3].first == nil)
  }
}

@Suite struct FullDiskTests {
  /// Needs the right to mount; elsewhere there is nothing to see.
  @Test func `a full disk changes nothing and space helps`() throws {
    guard ProcessIdentity.isRoot, let mount = try? Subprocess.locate("mount", searchPath: "/bin"),
      let unmount = try? Subprocess.locate("umount", searchPath: "/bin")
    else { return }
    let scratch = try Scratch()
    let disk = scratch.root + "/artifacts"
    try FileSystem.createDirectory(disk)
    guard
      try Subprocess(
        path: mount, arguments: ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
      ).run().exitCode == 0
    else { return }
    defer { _ = try? Subprocess(path: unmount, arguments: ["-l", disk]).run() }
    var count = 0
    do {
      let registry = try scratch.registry()
      try registry.registerSample("first")
      try registry.crown(1)
      count = 1
      var failure: RegistryError?
      while failure == nil && count < 1_000 {
        do {
          try registry.register(name: "fraud", by: "trainer", at: minute(0)) { staged in
            let content = [UInt8](repeating: UInt8(truncatingIfNeeded: count), count: 50_000)
            try staged.write(content, to: "model.bin")
            try staged.write(Array("\(count)".utf8), to: "model.json")
          }
          count += 1
        } catch let error as RegistryError {
          failure = error
        }
      }
      #expect(failure?.kind == .storage)
      #expect(count > 3)
    }
    let reader = try scratch.registry(.readOnly)
    #expect(try reader.versions(of: "fraud").map(\.version) == Array(1...count))
    #expect(try reader.resolve("fraud").version == 1)
    #expect(try reader.verify().isIntact)
    _ = try Subprocess(
      path: mount, arguments: ["-o", "remount,size=8m", disk]
    ).run()
    let registry = try scratch.registry()
    #expect(try registry.registerSample("last").version == count + 1)
    #expect(try registry.verify().isIntact)
  }
}
