/// Gives equal byte strings equal codes: 0, 1, 2, … in order of first appearance.
///
/// Open addressing over the bytes as they arrive: no `String` is made for a text that is known already.
struct TextInterning {
  private var bytes: [UInt8] = []
  /// Where text `code` ends in `bytes`; it begins where the one before ends.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// Code + 1 by hash; 0 is free. Its size is a power of two, at most half full.
  private var slots: [Int32] = []

  /// The code of a text, and whether it is new.
  mutating func code(of text: UnsafeRawBufferPointer) -> (code: Int32, isNew: Bool) {
    if slots.isEmpty { slots = [Int32](repeating: 0, count: 64) }
    let hash = unsafe TextInterning.hash(text)
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let code = Int(slots[slot]) - 1
      if hashes[code] == hash, unsafe matches(code, text) { return (Int32(code), false) }
      slot = (slot + 1) & mask
    }
    let code = Int32(ends.count)
    unsafe bytes.append(contentsOf: text)
    ends.append(bytes.count)
    hashes.append(hash)
    slots[slot] = code + 1
    if ends.count * 2 > slots.count { grow() }
    return (code, true)
  }

  private func matches(_ code: Int, _ text: UnsafeRawBufferPointer) -> Bool {
    let start = code == 0 ? 0 : ends[code - 1]
    guard ends[code] - start == text.count else { return false }
    for index in 0..<text.count where unsafe bytes[start + index] != text[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: slots.count * 4)
    let mask = slots.count - 1
    for (code, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(code) + 1
    }
  }

  /// Eight bytes at a time, multiplied and folded.
  private static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
    var state = UInt64(text.count) &* 0x9E37_79B9_7F4A_7C15
    var position = 0
    func mix(_ word: UInt64) {
      let product = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
      state = product.high ^ product.low
    }
    while position + 8 <= text.count {
      mix(unsafe text.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      position += 8
    }
    var tail: UInt64 = 0
    while position < text.count {
      tail = unsafe tail << 8 | UInt64(text[position])
      position += 1
    }
    mix(tail ^ 0x2545_F491_4F6C_DD1D)
    return state
  }
}
