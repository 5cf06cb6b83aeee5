import Files
import JSON
import Signatures

/// A signature of a version in the OpenSSF model-signing format, version 1.0.
///
/// The file is a Sigstore bundle (JSON) that holds a DSSE envelope around an in-toto statement, which lists every file of the
/// version, `SHA256SUMS` among them, with its SHA-256. `model_signing verify key` checks it.
struct ModelSignature {
  private static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
  private static let payloadType = "application/vnd.in-toto+json"
  private static let statementType = "https://in-toto.io/Statement/v1"
  private static let predicateType = "https://model_signing/signature/v1.0"

  /// What is signed: the files and their digests, in the order of the statement.
  let resources: [ContentSums.Entry]
  private let payload: [UInt8]
  private let signature: [UInt8]
  /// Fingerprint of the signer's public key, as the signature tells it.
  let keyHint: String

  /// Signs the files of a version.
  init(
    subject: String, resources: [ContentSums.Entry], key: borrowing SigningKey
  ) throws {
    let statement: JSONValue = [
      "_type": .string(Self.statementType),
      "subject": [
        ["name": .string(subject), "digest": ["sha256": .string(Self.rootDigest(resources))]]
      ],
      "predicateType": .string(Self.predicateType),
      "predicate": [
        "serialization": [
          "method": "files", "hash_type": "sha256", "allow_symlinks": false, "ignore_paths": [],
        ],
        "resources": .array(
          resources.map {
            ["name": .string($0.path), "algorithm": "sha256", "digest": .string($0.digest)]
          }),
      ],
    ]
    self.resources = resources
    payload = statement.bytes()
    signature = try key.signature(of: Self.authenticated(payload))
    keyHint = SHA256.digest(of: try key.publicPEM()).hexadecimal
  }

  /// Reads a bundle and checks its form, not yet its signature; `nil` when it is of another form.
  init?(parsing bytes: [UInt8]) {
    guard let bundle = try? JSONValue(parsing: bytes),
      bundle["mediaType"]?.stringValue == Self.mediaType,
      let hint = bundle["verificationMaterial"]?["publicKey"]?["hint"]?.stringValue,
      let envelope = bundle["dsseEnvelope"],
      envelope["payloadType"]?.stringValue == Self.payloadType,
      let payload = envelope["payload"]?.stringValue.flatMap(Base64.bytes),
      let signatures = envelope["signatures"]?.arrayValue, signatures.count == 1,
      let signature = signatures[0]["sig"]?.stringValue.flatMap(Base64.bytes),
      let statement = try? JSONValue(parsing: payload),
      statement["_type"]?.stringValue == Self.statementType,
      statement["predicateType"]?.stringValue == Self.predicateType,
      let resources = statement["predicate"]?["resources"]?.arrayValue,
      let subjects = statement["subject"]?.arrayValue, subjects.count == 1,
      let root = subjects[0]["digest"]?["sha256"]?.stringValue
    else { return nil }
    var entries: [ContentSums.Entry] = []
    for resource in resources {
      guard let name = resource["name"]?.stringValue,
        resource["algorithm"]?.stringValue == "sha256",
        let digest = resource["digest"]?.stringValue, digest.utf8.count == 64,
        digest.utf8.allSatisfy(\.isHexadecimal)
      else { return nil }
      entries.append(ContentSums.Entry(path: name, digest: digest))
    }
    guard Self.rootDigest(entries) == root else { return nil }
    self.resources = entries
    self.payload = payload
    self.signature = signature
    keyHint = hint
  }

  /// The bundle.
  var bytes: [UInt8] {
    let bundle: JSONValue = [
      "mediaType": .string(Self.mediaType),
      "verificationMaterial": ["publicKey": ["hint": .string(keyHint)], "tlogEntries": []],
      "dsseEnvelope": [
        "payload": .string(Base64.text(payload)), "payloadType": .string(Self.payloadType),
        "signatures": [["sig": .string(Base64.text(signature)), "keyid": ""]],
      ],
    ]
    return bundle.bytes(.indented)
  }

  /// Whether the signature was made with the private key of `key` over exactly this content.
  func isValid(by key: borrowing VerificationKey) throws -> Bool {
    SHA256.digest(of: try key.pem()).hexadecimal == keyHint
      && key.accepts(signature, of: Self.authenticated(payload))
  }

  /// What DSSE signs: type and payload with their lengths, so that no two pairs give the same bytes.
  private static func authenticated(_ payload: [UInt8]) -> [UInt8] {
    Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
  }

  /// The digest of all digests, one after another as bytes.
  private static func rootDigest(_ resources: [ContentSums.Entry]) -> String {
    var bytes: [UInt8] = []
    for resource in resources {
      var digits = resource.digest[...]
      while !digits.isEmpty {
        bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
        digits = digits.dropFirst(2)
      }
    }
    return SHA256.digest(of: bytes).hexadecimal
  }
}
