internal import CCrypto

/// Keyed and plain digests that protocols of others ask for.
public enum MessageCode {
  /// HMAC-SHA-256 by RFC 2104, 32 bytes: proof that who made it knows the key.
  public static func hmacSHA256(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    let isDone = unsafe HMAC(
      EVP_sha256(), key, Int32(key.count), message, message.count, &result, &count)
    precondition(unsafe isDone != nil && count == 32, "libcrypto has HMAC-SHA-256")
    return result
  }

  /// MD5 in hexadecimal: what object stores call the entity tag of an object. It protects against accidents, not enemies.
  public static func md5(of message: [UInt8]) -> String {
    var result = [UInt8](repeating: 0, count: 16)
    var count: UInt32 = 0
    let isDone = unsafe EVP_Digest(message, message.count, &result, &count, EVP_md5(), nil)
    precondition(isDone == 1 && count == 16, "libcrypto has MD5")
    return hexadecimal(result)
  }

  /// Two lower-case digits a byte.
  public static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
