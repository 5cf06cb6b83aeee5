import Files
import JSON
import Registry
import Signatures
import Terminal
import Testing
import Transactions
import WebClient

@testable import Distribution

/// Address of the server; without it the suite is passed over.
private let endpoint = Terminal.environment("ANOMALYZE_S3_ENDPOINT")

/// Against the server of Tests/Fixtures/s3/serve_moto.py, which recomputes every signature with botocore: `make test-s3`.
@Suite(.serialized, .enabled(if: endpoint != nil)) struct RemoteStoreTests {
  private func store(_ prefix: String) throws -> RemoteStore {
    RemoteStore(
      try S3Location(parsing: "s3://models/\(prefix)"),
      access: S3Access(
        endpoint: endpoint, region: "eu-central-1", accessKey: "AKIAEXAMPLE",
        secretKey: "secret/example+key"),
      partByteCount: RemoteStore.smallestPartByteCount,
      now: { Timestamp(microseconds: Self.clock()) })
  }

  private static func clock() -> Int64 {
    (try? FileSystem.modificationTime(of: "/proc/self/stat")) ?? 0
  }

  @discardableResult
  private func control(_ method: String, _ query: String = "") throws -> JSONValue {
    let address = "\(endpoint ?? "")/_control\(query)"
    return try JSONValue(parsing: WebClient().send(WebRequest(method, address)).body)
  }

  private var uniquePrefix: String { "team é/\(UInt64.random(in: 0...UInt64.max))" }

  @Test func `a version goes out and comes back byte for byte`() throws {
    let scratch = try Scratch()
    let source = try scratch.registry("source")
    // Two parts and a rest.
    try source.registerSample("first", byteCount: 12 << 20)
    try source.registerSample("second")
    let key = try SigningKey.generate()
    try source.sign("fraud", 1, with: key, by: "signer", at: moment)
    let store = try store(uniquePrefix)
    try control("POST")
    let push = try store.push(ModelReference(parsing: "fraud/1"), of: source)
    #expect(push.isNew && push.sentCount == 4)
    #expect(try control("GET")["put_parts"] == 3)
    #expect(try store.push(ModelReference(parsing: "fraud/1"), of: source).isNew == false)
    _ = try store.push(ModelReference(parsing: "fraud/2"), of: source)
    #expect(try store.models() == ["fraud"])
    #expect(try store.versions(of: "fraud") == [1, 2])

    let target = try scratch.registry("target")
    let arrived = try store.pull(
      "fraud", 1, into: target, expecting: push.version.digest, through: scratch.root + "/in",
      by: "importer", at: moment)
    #expect(arrived.digest == push.version.digest)
    #expect(try target.contents(of: 1) == source.contents(of: 1))
    let status = try target.signatureStatus(
      of: "fraud", 1, key: VerificationKey(pem: key.publicPEM()))
    #expect(status == .valid)
    #expect(
      try store.pull(
        "fraud", into: target, through: scratch.root + "/in", by: "importer", at: moment
      ).version == 2)
    #expect(try FileSystem.contents(ofDirectory: scratch.root + "/in").isEmpty)
    #expect(try control("GET")["bad_signatures"] == 0)
  }

  @Test func `a version in the store never changes`() throws {
    let scratch = try Scratch()
    let prefix = uniquePrefix
    let one = try scratch.registry("one")
    let other = try scratch.registry("other")
    try one.registerSample("first")
    try other.registerSample("another")
    _ = try store(prefix).push(ModelReference(parsing: "fraud/1"), of: one)
    #expect(throws: DistributionError.self) {
      try store(prefix).push(ModelReference(parsing: "fraud/1"), of: other)
    }
    let target = try scratch.registry("target")
    _ = try store(prefix).pull(
      "fraud", into: target, through: scratch.root + "/in", by: "importer", at: moment)
    #expect(try target.contents(of: 1) == one.contents(of: 1))
  }

  @Test func `a push and a pull that were cut continue where they were`() throws {
    let scratch = try Scratch()
    let source = try scratch.registry("source")
    try source.registerSample("first", byteCount: 23 << 20)
    let store = try store(uniquePrefix)
    let reference = try ModelReference(parsing: "fraud/1")
    var failures = 0
    var limit = 6
    while true {
      try control("POST", "?fail_after=\(limit)")
      do {
        _ = try store.push(reference, of: source)
        break
      } catch is DistributionError {
        failures += 1
        // Not visible before it is whole.
        try control("POST")
        #expect(try store.versions(of: "fraud").isEmpty)
        limit += 2
      }
    }
    #expect(failures >= 3)
    let parts = Int(try control("GET")["put_parts"]?.integerValue ?? -1)
    #expect(parts < 5, "the last attempt sent only what was missing")

    let target = try scratch.registry("target")
    failures = 0
    limit = 4
    while true {
      try control("POST", "?fail_after=\(limit)")
      do {
        _ = try store.pull(
          "fraud", 1, into: target, through: scratch.root + "/in", by: "importer", at: moment)
        break
      } catch is DistributionError {
        failures += 1
        limit += 1
      }
    }
    #expect(failures >= 3)
    #expect(try target.contents(of: 1) == source.contents(of: 1))
    try control("POST")
  }

  @Test func `what was altered in the store is not taken`() throws {
    let scratch = try Scratch()
    let source = try scratch.registry("source")
    try source.registerSample("first")
    let store = try store(uniquePrefix)
    _ = try store.push(ModelReference(parsing: "fraud/1"), of: source)
    let key = store.location.file("fraud", 1, "model.json")
    _ = try store.client.put(key, Array("{\"content\":\"firsT\"}".utf8), isNew: false)
    let target = try scratch.registry("target")
    #expect(throws: DistributionError.self) {
      try store.pull(
        "fraud", 1, into: target, through: scratch.root + "/in", by: "importer", at: moment)
    }
    #expect(try target.models().isEmpty)
  }
}
