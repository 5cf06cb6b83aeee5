import Files
import JSON
import Registry
import SQLite
import Testing

@Suite struct IntegrityTests {
  @Test func `every flipped byte and every cut is found`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let version = try registry.registerSample("a")
    for file in ["SHA256SUMS", "model.json", "model.bin", "plots/curve.svg"] {
      let path = "\(version.folder)/\(file)"
      let original = try FileSystem.read(path)
      for position in [0, original.count / 2, original.count - 1] {
        var flipped = original
        flipped[position] ^= 1
        try FileSystem.writeAtomically(flipped, to: path)
        #expect(try !registry.findings(in: "fraud", 1).isEmpty, "\(file) at \(position)")
        try FileSystem.writeAtomically(Array(original[..<position]), to: path)
        #expect(try !registry.findings(in: "fraud", 1).isEmpty, "\(file) cut at \(position)")
      }
      try FileSystem.removeTree(path)
      #expect(try !registry.findings(in: "fraud", 1).isEmpty, "\(file) missing")
      try FileSystem.writeAtomically(original, to: path)
      #expect(try registry.findings(in: "fraud", 1).isEmpty)
    }
  }

  @Test func `added files, links and missing folders are found`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let version = try registry.registerSample("a")
    try FileSystem.writeAtomically([1], to: "\(version.folder)/extra")
    #expect(try registry.findings(in: "fraud", 1) == ["extra was added"])
    try FileSystem.removeTree("\(version.folder)/extra")
    let bytes = try FileSystem.read("\(version.folder)/model.json")
    try FileSystem.writeAtomically(bytes, to: scratch.root + "/elsewhere")
    try FileSystem.replaceSymbolicLink(
      at: "\(version.folder)/model.json", target: scratch.root + "/elsewhere")
    #expect(try !registry.findings(in: "fraud", 1).isEmpty)
    try FileSystem.removeTree(version.folder)
    #expect(try registry.findings(in: "fraud", 1) == ["its folder is missing"])
    #expect(try !registry.verify().isIntact)
  }

  @Test func `rows of the audit can be neither changed nor deleted`() throws {
    let scratch = try Scratch()
    try scratch.registry().registerSample("a")
    let connection = try SQLiteConnection(scratch.layout.catalogue)
    #expect(throws: SQLiteError.self) {
      try connection.execute("UPDATE audit SET model = 'other'")
    }
    #expect(throws: SQLiteError.self) { try connection.execute("DELETE FROM audit") }
  }

  @Test(arguments: [
    "UPDATE audit SET document = replace(document, 'officer', 'nobody') WHERE sequence = 3",
    "UPDATE audit SET at = at + 1 WHERE sequence = 2",
    "DELETE FROM audit WHERE sequence = 2",
    "UPDATE audit SET sequence = sequence + 10 WHERE sequence = 4",
    "UPDATE audit SET hash = replace(hash, 'a', 'b') WHERE sequence = 1",
    "DELETE FROM audit WHERE sequence = 4",
    "UPDATE aliases SET version = 1",
    "UPDATE versions SET digest = replace(digest, 'a', 'b')",
    "DELETE FROM versions WHERE version = 1",
  ])
  func `tampering behind the triggers is found`(statement: String) throws {
    let scratch = try Scratch()
    do {
      let registry = try scratch.registry()
      for text in ["a", "b"] { try registry.registerSample(text) }
      try registry.crown(1)
      try registry.crown(2)
      #expect(try registry.verifyAudit().rowCount == 5)
    }
    let connection = try SQLiteConnection(scratch.layout.catalogue)
    try connection.execute("DROP TRIGGER audit_update; DROP TRIGGER audit_delete; \(statement)")
    #expect(throws: RegistryError.self) {
      try scratch.registry(.readOnly).verifyAudit()
    }
  }

  @Test(arguments: ["\"version\":1", "trainer", "\n{"])
  func `tampering with the log is found`(text: String) throws {
    let scratch = try Scratch()
    do {
      let registry = try scratch.registry()
      for text in ["a", "b"] { try registry.registerSample(text) }
    }
    let log = try FileSystem.readText(scratch.layout.auditLog)
    let range = try #require(log.firstRange(of: text))
    let altered = log.replacingCharacters(in: range, with: String(text.reversed()))
    try FileSystem.writeAtomically(Array(altered.utf8), to: scratch.layout.auditLog)
    #expect(throws: RegistryError.self) { try scratch.registry(.readOnly).verifyAudit() }
  }

  @Test func `an older catalogue in its place is refused and rebuilt`() throws {
    let scratch = try Scratch()
    let layout = scratch.layout
    try scratch.registry().registerSample("a")
    var copies: [(String, [UInt8])] = []
    for suffix in ["", "-wal"] {
      copies.append((suffix, try FileSystem.read(layout.catalogue + suffix)))
    }
    try scratch.registry().registerSample("b")
    try FileSystem.removeTree(layout.catalogue + "-shm")
    for (suffix, bytes) in copies {
      try FileSystem.writeAtomically(bytes, to: layout.catalogue + suffix)
    }
    #expect(
      throws: RegistryError.catalogueBehindLog(
        root: layout.root, catalogueSequence: 1, logSequence: 2)
    ) { _ = try scratch.registry() }
    let summary = try Registry.rebuild(root: layout.root, by: "officer", at: minute(9))
    #expect(summary.auditRowCount == 2 && summary.adopted.isEmpty)
    #expect(try scratch.registry().verify().isIntact)
  }

  @Test func `a torn last line of the log is completed`() throws {
    let scratch = try Scratch()
    try scratch.registry().registerSample("a")
    try scratch.registry().registerSample("b")
    let log = try FileSystem.read(scratch.layout.auditLog)
    for count in [log.count - 1, log.count - 100, 10, 0] {
      try FileSystem.writeAtomically(Array(log[..<count]), to: scratch.layout.auditLog)
      _ = try scratch.registry()
      #expect(try FileSystem.read(scratch.layout.auditLog) == log)
    }
  }
}

extension String {
  fileprivate func replacingCharacters(
    in range: Range<String.Index>, with text: String
  ) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
