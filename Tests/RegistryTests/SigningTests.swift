import Files
import JSON
import Registry
import Signatures
import Subprocess
import Terminal
import Testing

@Suite struct SigningTests {
  /// Made by the official tool: Tests/Fixtures/registry/make_signature.py.
  static let fixtures: RegistryLayout = {
    let here = #filePath
    let tests = here.components(upTo: "/RegistryTests/")
    return RegistryLayout(root: tests + "/Fixtures/registry")
  }()

  @Test func `a signature of the official tool is accepted`() throws {
    let key = try VerificationKey(pem: FileSystem.read(Self.fixtures.root + "/public.pem"))
    expect(try Self.fixtures.signatureStatus(of: "fraud", 1, key: key), true, .valid)
    let other = try VerificationKey(pem: SigningKey.generate().publicPEM())
    expect(try Self.fixtures.signatureStatus(of: "fraud", 1, key: other), false, .valid)
  }

  /// Macros cannot take a key that cannot be copied, so the status is asked for outside.
  private func expect(_ status: SignatureStatus, _ isEqual: Bool, _ other: SignatureStatus) {
    #expect((status == other) == isEqual)
  }

  @Test func `a version can be signed and is checked file by file`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let version = try registry.registerSample("a")
    let key = try SigningKey.generate()
    let verification = try VerificationKey(pem: key.publicPEM())
    expect(try registry.signatureStatus(of: "fraud", 1, key: verification), true, .missing)
    try registry.sign("fraud", 1, with: key, by: "officer", at: minute(1))
    expect(try registry.signatureStatus(of: "fraud", 1, key: verification), true, .valid)
    #expect(try registry.audit().last?.action == .versionSigned)
    #expect(try registry.verify().isIntact)
    let stranger = try VerificationKey(pem: SigningKey.generate().publicPEM())
    expect(try registry.signatureStatus(of: "fraud", 1, key: stranger), false, .valid)
    // Even when the sums are made to fit, the signature does not.
    try FileSystem.writeAtomically(Array("other".utf8), to: "\(version.folder)/model.json")
    expect(try registry.signatureStatus(of: "fraud", 1, key: verification), false, .valid)
  }

  @Test func `every altered byte of a signature is found`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    try registry.registerSample("a")
    let key = try SigningKey.generate()
    let verification = try VerificationKey(pem: key.publicPEM())
    try registry.sign("fraud", 1, with: key, by: "officer", at: minute(1))
    let path = scratch.layout.signature("fraud", 1)
    let original = try FileSystem.read(path)
    for position in stride(from: 0, to: original.count, by: 31) {
      var altered = original
      altered[position] = altered[position] == UInt8(ascii: "A") ? 66 : 65
      try FileSystem.writeAtomically(altered, to: path)
      let status = try registry.signatureStatus(of: "fraud", 1, key: verification)
      // A byte of a member that nobody reads, such as the list of log entries, may change.
      let isRead = (try? JSONValue(parsing: altered)).map { document in
        (try? JSONValue(parsing: original)).map { $0["dsseEnvelope"] != document["dsseEnvelope"] }
      }
      if isRead == true { #expect(status != .valid, "byte \(position)") }
    }
  }

  /// `ANOMALYZE_MODEL_SIGNING` names the program of the PyPI package `model-signing`.
  @Test func `the official tool accepts our signature and finds what was altered`() throws {
    guard let tool = Terminal.environment("ANOMALYZE_MODEL_SIGNING") else { return }
    let scratch = try Scratch()
    let registry = try scratch.registry()
    let version = try registry.registerSample("a")
    let key = try SigningKey.generate()
    try registry.sign("fraud", 1, with: key, by: "officer", at: minute(1))
    let publicKey = scratch.root + "/public.pem"
    try FileSystem.writeAtomically(key.publicPEM(), to: publicKey)
    let check = Subprocess(
      path: tool,
      arguments: [
        "verify", "key", version.folder, "--signature", scratch.layout.signature("fraud", 1),
        "--public_key", publicKey,
      ])
    #expect(try check.run().exitCode == 0)
    try FileSystem.writeAtomically([1], to: "\(version.folder)/extra")
    #expect(try check.run().exitCode != 0)
    try FileSystem.removeTree("\(version.folder)/extra")
    try FileSystem.writeAtomically([1], to: "\(version.folder)/model.json")
    #expect(try check.run().exitCode != 0)
  }
}

extension String {
  fileprivate func components(upTo mark: String) -> String {
    firstRange(of: mark).map { String(self[..<$0.lowerBound]) } ?? self
  }

  @Test func `those who read only the folders can insist on a signature`() throws {
    let scratch = try Scratch()
    let registry = try scratch.registry()
    for text in ["a", "b"] { try registry.registerSample(text) }
    let key = try SigningKey.generate()
    try registry.sign("fraud", 1, with: key, by: "signer", at: minute(1))
    let root = scratch.layout.root
    let strict = RegistryLayout(root: root, requiredKey: try key.publicPEM())
    #expect(strict.findings(in: "fraud", 1).isEmpty)
    #expect(strict.findings(in: "fraud", 2) == ["it is not signed, and a signature is required"])
    #expect(scratch.layout.findings(in: "fraud", 2).isEmpty)
    let foreign = RegistryLayout(root: root, requiredKey: try SigningKey.generate().publicPEM())
    #expect(foreign.findings(in: "fraud", 1).count == 1)
    let noKey = RegistryLayout(root: root, requiredKey: Array("nothing".utf8))
    #expect(noKey.findings(in: "fraud", 1).count == 1)
  }
}
