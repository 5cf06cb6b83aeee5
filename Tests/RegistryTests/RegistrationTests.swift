import Files
import JSON
import Registry
import Testing

@Suite struct RegistrationTests {
  @Test func `versions count from one and keep their files`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let first = try registry.registerSample("a")
    let second = try registry.registerSample("b", parent: 1, tags: ["week": "9"])
    #expect([first.version, second.version] == [1, 2])
    #expect(first.isNew && second.isNew && first.digest != second.digest)
    #expect(try FileSystem.readText("\(second.folder)/model.json").contains("\"b\""))
    #expect(FileSystem.exists("\(second.folder)/plots/curve.svg"))
    let record = try registry.version("fraud", 2)
    #expect(record.parent == 1 && record.tags == ["week": "9"] && record.createdBy == "trainer")
    #expect(record.createdAt == minute(0))
    #expect(try registry.verify().isIntact)
  }

  @Test func `equal content is one version, whenever and by whomever it comes`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let first = try registry.registerSample("a")
    try registry.registerSample("b")
    let again = try registry.registerSample("a", tags: ["x": "y"], at: minute(500))
    #expect(again.version == 1 && !again.isNew && again.digest == first.digest)
    #expect(try registry.versions(of: "fraud").map(\.version) == [1, 2])
    #expect(try registry.audit().count == 2)
    // Another model may have the same content.
    #expect(try registry.registerSample("a", name: "other").isNew)
  }

  @Test func `the digest is that of a file that sha256sum reads`() throws {
    let scratch = try Scratch()
    let registration = try scratch.registry().registerSample("a")
    let sums = try FileSystem.read("\(registration.folder)/SHA256SUMS")
    #expect(SHA256.digest(of: sums).hexadecimal == registration.digest)
    let model = try SHA256.digest(ofFile: "\(registration.folder)/model.json").hexadecimal
    #expect(String(decoding: sums, as: UTF8.self).contains("\(model)  model.json\n"))
  }

  @Test func `a writer that throws leaves nothing`() throws {
    struct Stop: Error {}
    let scratch = try Scratch()
    let registry = try scratch.registry()
    #expect(throws: Stop.self) {
      try registry.register(name: "fraud", by: "trainer", at: minute(0)) { staged in
        try staged.write([1], to: "model.json")
        throw Stop()
      }
    }
    #expect(try registry.models().isEmpty)
    #expect(try FileSystem.contents(ofDirectory: scratch.layout.modelFolder("fraud")).isEmpty)
    #expect(try registry.registerSample("a").version == 1)
  }

  @Test func `contents that could change or lie are refused`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    func refuses(_ write: (borrowing StagedDirectory) throws -> Void) {
      #expect(throws: RegistryError.self) {
        try registry.register(name: "fraud", by: "trainer", at: minute(0), write: write)
      }
    }
    refuses { _ in }
    refuses { try $0.write([1], to: "SHA256SUMS") }
    refuses { staged in
      try staged.write([1], to: "model.json")
      try FileSystem.replaceSymbolicLink(at: staged.path + "/link", target: "/etc/passwd")
    }
    refuses { staged in
      try staged.write([1], to: "line\nbreak")
    }
    #expect(try registry.models().isEmpty)
  }

  @Test(arguments: ["../escape", "", ".", "..", "a/b", "/abs", ".tmp-1"])
  func `a name cannot leave the folder of models`(name: String) throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    #expect(throws: RegistryError.self) { try registry.registerSample("a", name: name) }
    #expect(throws: RegistryError.self) { try registry.alias("champion", of: name) }
    #expect(throws: RegistryError.self) { try scratch.layout.resolveAlias(name, "champion") }
    #expect(try FileSystem.contents(ofDirectory: scratch.root) == ["artifacts"])
  }

  @Test func `texts without end are refused`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let long = String(repeating: "x", count: 100_000)
    #expect(throws: RegistryError.self) { try registry.registerSample("a", tags: ["t": long]) }
    #expect(throws: RegistryError.self) { try registry.registerSample("a", tags: ["t": "\u{0}"]) }
    #expect(throws: RegistryError.self) {
      try registry.register(name: "fraud", description: long, by: "trainer", at: minute(0)) {
        try $0.write([1], to: "model.json")
      }
    }
    #expect(throws: RegistryError.self) {
      try registry.register(name: "fraud", by: "", at: minute(0)) {
        try $0.write([1], to: "model.json")
      }
    }
  }

  @Test func `an unknown parent is refused`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    try registry.registerSample("a")
    #expect(throws: RegistryError.unknownVersion("fraud", 9, newest: 1)) {
      try registry.registerSample("b", parent: 9)
    }
  }

  @Test func `nothing reaches a version that exists`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let first = try registry.registerSample("a")
    let before = try digests(below: first.folder)
    for index in 0..<5 { try registry.registerSample("next \(index)") }
    for version in [2, 3, 1, 4] { try registry.crown(version) }
    try registry.rollBack("fraud", by: "officer", at: minute(9))
    #expect(try digests(below: first.folder) == before)
    // Not even the permission to write is there (root may write all the same).
    #expect(try FileSystem.contents(ofDirectory: first.folder).count == 4)
  }

  private func digests(below folder: String) throws -> [String: String] {
    var result: [String: String] = [:]
    for name in try FileSystem.contents(ofDirectory: folder) {
      let path = "\(folder)/\(name)"
      if FileSystem.isDirectory(path) {
        result.merge(try digests(below: path)) { $1 }
      } else {
        result[path] =
          "\(try SHA256.digest(ofFile: path).hexadecimal) \(try FileSystem.modificationTime(of: path))"
      }
    }
    return result
  }
}
