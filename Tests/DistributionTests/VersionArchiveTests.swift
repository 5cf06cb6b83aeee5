import Archives
import Distribution
import Files
import JSON
import Registry
import Signatures
import Testing
import Transactions

@Suite struct VersionArchiveTests {
  @Test func `an exported version arrives byte for byte, with its record and signature`() throws {
    let scratch = try Scratch()
    let source = try scratch.registry("source")
    let version = try source.registerSample("first")
    let key = try SigningKey.generate()
    try source.sign("fraud", 1, with: key, by: "signer", at: moment)
    let path = scratch.root + "/fraud.tar.zst"
    try VersionArchive.write(ModelReference(parsing: "fraud/1"), of: source, to: path)
    let bytes = try FileSystem.read(path)
    try VersionArchive.write(ModelReference(parsing: "fraud/1"), of: source, to: path)
    #expect(try FileSystem.read(path) == bytes)

    let target = try scratch.registry("target")
    try target.register(name: "fraud", by: "other", at: moment) {
      try $0.write([1], to: "model.json")
    }
    let arrived = try VersionArchive.register(
      from: path, in: target, expecting: version.digest, by: "importer", at: moment)
    #expect(arrived.version == 2 && arrived.digest == version.digest && arrived.isNew)
    #expect(try target.contents(of: 2) == source.contents(of: 1))
    let record = try target.version("fraud", 2)
    #expect(record.tags == ["team": "risk"] && record.description == "the first one")
    #expect(record.createdBy == "importer")
    let publicKey = try VerificationKey(pem: key.publicPEM())
    let status = try target.signatureStatus(of: "fraud", 2, key: publicKey)
    #expect(status == .valid)
    // Once more changes nothing.
    let rows = try target.audit().count
    #expect(
      try !VersionArchive.register(from: path, in: target, by: "importer", at: moment).isNew)
    #expect(try target.audit().count == rows)
    #expect(try target.verify().isIntact)
    #expect(
      try VersionArchive.register(
        from: path, in: target, as: "copy", by: "importer", at: moment
      ).version == 1)
  }

  @Test(arguments: [
    "no record", "other content", "other digest", "added file", "stray member", "other sums",
    "larger than declared", "signature of another", "link in name",
  ])
  func `an archive that does not fit together registers nothing`(kind: String) throws {
    let scratch = try Scratch()
    let source = try scratch.registry("source")
    try source.registerSample("first")
    try source.registerSample("second")
    try source.sign("fraud", 2, with: SigningKey.generate(), by: "signer", at: moment)
    let record = VersionRecord(try source.version("fraud", 1))
    var json = try #require(record.json.objectValue)
    var files = try source.contents(of: 1)
    var members: [(String, [UInt8])] = []
    var digest: String?
    switch kind {
    case "other content": files["model.json"] = Array("{\"content\":\"firsT\"}".utf8)
    case "other digest": digest = String(repeating: "0", count: 64)
    case "added file": files["extra.bin"] = [1]
    case "stray member": members.append(("stray", [1]))
    case "other sums": files["SHA256SUMS"] = Array("nothing".utf8)
    case "larger than declared":
      json["byte_count"] = 10
      files["model.safetensors"] = [UInt8](repeating: 0, count: 80 << 20)
    case "signature of another":
      let path = source.layout.signature("fraud", 2)
      members.append(("signature.json", try FileSystem.read(path)))
    case "link in name": json["model"] = "../fraud"
    default: break
    }
    if kind != "no record" {
      members.insert(("version.json", JSONValue.object(json).bytes()), at: 0)
    }
    members += files.sorted { $0.key < $1.key }.map { ("files/" + $0.key, $0.value) }
    var writer = try TarWriter()
    for (name, bytes) in members { try writer.add(name, bytes) }
    let path = scratch.root + "/hostile.tar.zst"
    try FileSystem.writeAtomically(writer.finish(), to: path)
    let target = try scratch.registry("target")
    #expect(throws: (any Error).self) {
      try VersionArchive.register(
        from: path, in: target, expecting: digest, by: "importer", at: moment)
    }
    // A foreign signature comes after the files, which are right; it is left behind.
    let expected = kind == "signature of another" ? 1 : 0
    #expect(try target.models().first?.versionCount ?? 0 == expected)
    #expect(!FileSystem.exists(target.layout.signature("fraud", 1)))
    #expect(try target.verify().isIntact)
  }
}
