internal import CCrypto

/// A public key of a JSON Web Key Set, for signatures of JSON Web Tokens (RFC 7515, RFC 7517).
///
/// The algorithm belongs to the key and is never taken from a token: RS256 for RSA keys of 2,048 bits or more, ES256 for
/// keys on P-256.
@safe public final class WebTokenKey: @unchecked Sendable {
  // `@unchecked Sendable`: the key is never changed after `init`, and OpenSSL lets any thread read it.
  private let key: OpaquePointer
  /// `RS256` or `ES256`.
  public let algorithm: String
  /// The identifier that tokens name.
  public let identifier: String?

  /// Makes an RSA key of its big-endian modulus and exponent; `nil` when that is none or too short.
  public init?(modulus: [UInt8], exponent: [UInt8], identifier: String?) {
    guard modulus.drop(while: { $0 == 0 }).count >= 256,
      let key = unsafe anomalyze_rsa_public_key(
        modulus, modulus.count, exponent, exponent.count)
    else { return nil }
    unsafe self.key = key
    algorithm = "RS256"
    self.identifier = identifier
  }

  /// Makes a key on P-256 of the coordinates of its point; `nil` when that is none.
  public init?(x: [UInt8], y: [UInt8], identifier: String?) {
    guard x.count == 32, y.count == 32 else { return nil }
    let point = [4] + x + y
    guard let key = unsafe anomalyze_p256_public_key(point, point.count) else { return nil }
    unsafe self.key = key
    algorithm = "ES256"
    self.identifier = identifier
  }

  deinit { unsafe EVP_PKEY_free(key) }

  /// Whether `signature`, in the form that tokens carry, was made by the private key over `message`.
  public func accepts(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    var encoded = signature
    if algorithm == "ES256" {
      guard signature.count == 64 else { return false }
      encoded = WebTokenKey.sequence(of: [signature[..<32], signature[32...]])
    }
    guard let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    guard unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else {
      return false
    }
    return unsafe EVP_DigestVerify(context, encoded, encoded.count, message, message.count) == 1
  }

  /// The DER sequence of two unsigned integers, as OpenSSL takes ECDSA signatures.
  private static func sequence(of integers: [ArraySlice<UInt8>]) -> [UInt8] {
    var content: [UInt8] = []
    for integer in integers {
      var digits = Array(integer.drop { $0 == 0 })
      if digits.isEmpty || digits[0] >= 0x80 { digits.insert(0, at: 0) }
      content += [0x02, UInt8(digits.count)] + digits
    }
    return [0x30, UInt8(content.count)] + content
  }
}
