/// A hash of text that is the same on every machine and in every version; for keys and sampling, not for security.
public enum StableHash {
  /// FNV-1a over the UTF-8 bytes, then a finaliser so that every byte moves every bit.
  public static func of(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 {
      hash ^= UInt64(byte)
      hash = hash &* 0x0000_0100_0000_01B3
    }
    return SeededGenerator.mix(hash)
  }
}
