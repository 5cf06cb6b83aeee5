internal import CCrypto

/// Why a key cannot be used.
public enum SignatureError: Error, Equatable, CustomStringConvertible {
  /// The bytes are no key of this kind; the text of the key is never shown.
  case malformedKey(kind: String)
  /// The key lies on another curve.
  case unsupportedCurve(String)
  /// libcrypto failed.
  case operationFailed(String)

  public var description: String {
    switch self {
    case .malformedKey(let kind):
      "the file is no \(kind) key in PEM form without a password; "
        + "make one with `openssl ecparam -name prime256v1 -genkey -noout`"
    case .unsupportedCurve(let name): "the key is on the curve \(name); P-256 is needed"
    case .operationFailed(let what): "libcrypto cannot \(what)"
    }
  }
}

/// The owner of an ECDSA key pair on the curve P-256, which signs.
@safe public struct SigningKey: ~Copyable {
  private let key: OpaquePointer

  /// Reads a private key in PEM form (PKCS #8 or SEC 1) that has no password.
  ///
  /// - Throws: `SignatureError.malformedKey` or `unsupportedCurve`.
  public init(pem: [UInt8]) throws(SignatureError) {
    unsafe key = try PEM.read(pem, kind: "private") { bio in
      // An empty password instead of a question on the terminal.
      unsafe PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil)
    }
  }

  /// Makes a new key pair from the system's randomness.
  public static func generate() throws(SignatureError) -> SigningKey {
    guard let key = unsafe anomalyze_generate_p256() else {
      throw .operationFailed("make a key")
    }
    return unsafe SigningKey(owning: key)
  }

  private init(owning key: OpaquePointer) { unsafe self.key = key }

  deinit { unsafe EVP_PKEY_free(key) }

  /// The private key as PKCS #8 in PEM form; keep it where only the signer can read it.
  public func privatePEM() throws(SignatureError) -> [UInt8] {
    try unsafe PEM.write { bio in
      unsafe PEM_write_bio_PrivateKey(bio, key, nil, nil, 0, nil, nil)
    }
  }

  /// The public key as SubjectPublicKeyInfo in PEM form.
  public func publicPEM() throws(SignatureError) -> [UInt8] {
    try unsafe PEM.write { bio in unsafe PEM_write_bio_PUBKEY(bio, key) }
  }

  /// Signs the SHA-256 of `bytes`; the signature is in DER form and differs from call to call.
  public func signature(of bytes: [UInt8]) throws(SignatureError) -> [UInt8] {
    guard let context = unsafe EVP_MD_CTX_new() else { throw .operationFailed("sign") }
    defer { unsafe EVP_MD_CTX_free(context) }
    // P-256 needs 72 bytes at most.
    var result = [UInt8](repeating: 0, count: 128)
    var count = result.count
    guard unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
      unsafe EVP_DigestSign(context, &result, &count, bytes, bytes.count) == 1
    else { throw .operationFailed("sign") }
    return Array(result.prefix(count))
  }
}

/// The owner of an ECDSA public key on the curve P-256, which checks signatures.
@safe public struct VerificationKey: ~Copyable {
  private let key: OpaquePointer

  /// Reads a public key (SubjectPublicKeyInfo) in PEM form.
  ///
  /// - Throws: `SignatureError.malformedKey` or `unsupportedCurve`.
  public init(pem: [UInt8]) throws(SignatureError) {
    unsafe key = try PEM.read(pem, kind: "public") { bio in
      unsafe PEM_read_bio_PUBKEY(bio, nil, nil, nil)
    }
  }

  deinit { unsafe EVP_PKEY_free(key) }

  /// The key in its usual PEM form, whatever form it was read from.
  public func pem() throws(SignatureError) -> [UInt8] {
    try unsafe PEM.write { bio in unsafe PEM_write_bio_PUBKEY(bio, key) }
  }

  /// Whether `signature` (DER) was made over the SHA-256 of `bytes` with the private key of this one.
  public func accepts(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
    guard let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    return unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
      && EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
  }
}

/// Keys as text (RFC 7468), through libcrypto's memory streams.
private enum PEM {
  static func read(
    _ pem: [UInt8], kind: String, _ parse: (OpaquePointer) -> OpaquePointer?
  ) throws(SignatureError) -> OpaquePointer {
    guard pem.count <= 65_536, !pem.isEmpty else { throw .malformedKey(kind: kind) }
    let parsed = unsafe pem.withUnsafeBytes { buffer -> OpaquePointer? in
      guard let bio = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else {
        return nil
      }
      defer { unsafe BIO_free(bio) }
      return unsafe parse(bio)
    }
    guard let key = unsafe parsed else { throw .malformedKey(kind: kind) }
    let name = unsafe groupName(of: key)
    guard name == "prime256v1" || name == "P-256" else {
      unsafe EVP_PKEY_free(key)
      throw .unsupportedCurve(name)
    }
    return unsafe key
  }

  static func write(_ body: (OpaquePointer) -> Int32) throws(SignatureError) -> [UInt8] {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .operationFailed("write a key") }
    defer { unsafe BIO_free(bio) }
    var start: UnsafeMutablePointer<CChar>?
    guard unsafe body(bio) == 1 else { throw .operationFailed("write a key") }
    let count = unsafe anomalyze_bio_contents(bio, &start)
    guard let start = unsafe start, count > 0 else { throw .operationFailed("write a key") }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Name of the curve; empty for a key of another kind.
  private static func groupName(of key: OpaquePointer) -> String {
    var name = [CChar](repeating: 0, count: 80)
    var count = 0
    guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else {
      return "of another kind"
    }
    return String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
