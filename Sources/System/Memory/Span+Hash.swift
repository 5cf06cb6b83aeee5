extension Span<UInt8> {
  /// A hash of the bytes for tables in memory, good in all of its bits.
  ///
  /// Eight bytes at a time, the last ones again where they are no multiple; each is multiplied to 128 bits, whose halves are folded.
  /// Versions may differ in it, so nothing that lasts depends on it, and it does not protect from bytes that were chosen to collide.
  ///
  /// - Complexity: O(bytes), about a nanosecond for each eight.
  @inlinable
  public var tableHash: UInt64 {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    if count >= 8 {
      var position = 0
      while position < count - 8 {
        state = Self.folded(state ^ word(at: position))
        position += 8
      }
      state = Self.folded(state ^ word(at: count - 8))
    } else {
      var last: UInt64 = 0
      for index in indices { last = last << 8 | UInt64(self[index]) }
      state = Self.folded(state ^ last)
    }
    // Last, where no byte can undo it.
    return Self.folded(state ^ UInt64(truncatingIfNeeded: count))
  }

  @usableFromInline @inline(__always)
  func word(at position: Int) -> UInt64 {
    precondition(position >= 0 && position <= count - 8, "eight bytes are there")
    return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
  }

  @usableFromInline @inline(__always)
  static func folded(_ word: UInt64) -> UInt64 {
    let product = word.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }
}
