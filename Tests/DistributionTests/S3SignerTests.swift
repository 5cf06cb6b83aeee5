import Files
import JSON
import Testing
import Transactions

@testable import Distribution

@Suite struct S3SignerTests {
  /// Signatures that botocore made: Tests/Fixtures/s3/make_signatures.py.
  private static let fixture: JSONValue = {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    do {
      return try JSONValue(parsing: FileSystem.read("/\(folder)/Fixtures/s3/signatures.json"))
    } catch {
      preconditionFailure("the fixture is missing: \(error)")
    }
  }()

  @Test(arguments: 0..<12)
  func `a signature is the one that botocore makes`(index: Int) throws {
    let entry = try #require(Self.fixture["cases"]?.arrayValue?[index])
    func text(_ value: JSONValue?) throws -> String { try #require(value?.stringValue) }
    func pairs(_ value: JSONValue?) throws -> [(name: String, value: String)] {
      try (value?.arrayValue ?? []).map {
        (try text($0.arrayValue?[0]), try text($0.arrayValue?[1]))
      }
    }
    let signer = S3Signer(
      access: S3Access(
        region: try text(Self.fixture["region"]), accessKey: try text(Self.fixture["access"]),
        secretKey: try text(Self.fixture["secret"]), sessionToken: entry["token"]?.stringValue))
    var digits = try text(entry["body"])[...]
    var body: [UInt8] = []
    while !digits.isEmpty {
      body.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
      digits = digits.dropFirst(2)
    }
    let request = S3Signer.Request(
      method: try text(entry["method"]), path: try text(entry["path"]),
      query: try pairs(entry["query"]), headers: try pairs(entry["headers"]), body: body)
    let moment = try #require(Timestamp(parsing: "2026-03-01T12:00:00.987Z"))
    let headers = signer.headers(
      for: request, host: try text(Self.fixture["host"]), at: moment)
    let authorization = try #require(headers.first { $0.0 == "authorization" }?.1)
    #expect(
      authorization.hasSuffix("Signature=" + (try text(entry["signature"]))), "\(authorization)")
  }

  @Test func `an answer is read with its entities and in its order`() {
    let document = S3Document(
      Array("<A><Key>a&amp;lt;</Key></A><A><Key>b&quot;</Key></A><Code>X</Code>".utf8))
    #expect(document.elements("A").map { $0.text("Key") } == ["a&lt;", "b\""])
    #expect(document.text("Code") == "X")
    #expect(document.text("Missing") == nil)
  }

  @Test(arguments: [
    "", "http://x", "s3://", "s3://ab", "s3://Bucket", "s3://b_c/d", "s3://abc/../d",
  ])
  func `what is no location is refused`(text: String) {
    #expect(throws: DistributionError.malformedLocation(text)) { try S3Location(parsing: text) }
  }

  @Test func `a location names keys below its prefix`() throws {
    #expect(try S3Location(parsing: "s3://abc").record("fraud", 3) == "models/fraud/3.json")
    let location = try S3Location(parsing: "s3://abc/team//registry/")
    #expect(location.file("fraud", 3, "plots/a.svg") == "team/registry/models/fraud/3/plots/a.svg")
    #expect("\(location)" == "s3://abc/team/registry/")
  }

  @Test func `access comes from the usual variables`() throws {
    let variables = [
      "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "eu-west-1",
      "AWS_ENDPOINT_URL": "http://localhost:9000/",
    ]
    let access = try S3Access { variables[$0] }
    #expect(access.endpoint == "http://localhost:9000" && access.region == "eu-west-1")
    #expect(throws: DistributionError.credentialsMissing) { try S3Access { _ in nil } }
  }
}
