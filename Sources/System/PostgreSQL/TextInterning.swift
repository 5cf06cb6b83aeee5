internal import CPostgreSQL

/// Gives equal byte strings equal codes: 0, 1, 2, … in order of first appearance.
///
/// Open addressing over the bytes as they arrive: no `String` is made for a text that is known already. A slot holds texts of up
/// to eight bytes whole, so that most look-ups touch one cache line. That line is far away when the texts are many:
/// `prepare` asks for it while the other columns of a row are still being looked at.
struct TextInterning {
  private struct Slot {
    /// The bytes of a text of at most eight, the hash of a longer one.
    var word: UInt64 = 0
    var byteCount: UInt32 = 0
    /// The text's code + 1; 0 marks a free slot.
    var codePlusOne: Int32 = 0
  }

  /// The longer texts, one after another.
  private var bytes: [UInt8] = []
  /// Per code where a longer text begins in `bytes`.
  private var starts: [Int] = []
  /// The size is a power of two, at most half full.
  private var slots: [Slot] = []

  /// How many texts there are.
  var count: Int { starts.count }

  /// How many bytes the longer texts take.
  var longByteCount: Int { bytes.count }

  /// The word by which a text is looked up; its slot is on its way to the processor from now on.
  func prepare(_ text: UnsafeRawBufferPointer) -> UInt64 {
    let word = unsafe text.count <= 8 ? TextInterning.shortWord(text) : TextInterning.hash(text)
    if !slots.isEmpty {
      let byteCount = UInt32(truncatingIfNeeded: text.count)
      let index = TextInterning.position(word, byteCount) & (slots.count - 1)
      unsafe slots.withUnsafeBufferPointer { slots in
        unsafe anomalyze_prefetch(slots.baseAddress?.advanced(by: index))
      }
    }
    return word
  }

  /// The code of a text, and whether it is new.
  mutating func code(of text: UnsafeRawBufferPointer) -> (code: Int32, isNew: Bool) {
    unsafe code(of: text, word: prepare(text))
  }

  /// The code of a text that was prepared, and whether it is new.
  mutating func code(
    of text: UnsafeRawBufferPointer, word: UInt64
  ) -> (code: Int32, isNew: Bool) {
    if slots.isEmpty { slots = [Slot](repeating: Slot(), count: 64) }
    let isShort = text.count <= 8
    let byteCount = UInt32(truncatingIfNeeded: text.count)
    let mask = slots.count - 1
    var index = TextInterning.position(word, byteCount) & mask
    while slots[index].codePlusOne != 0 {
      let slot = slots[index]
      if slot.word == word && slot.byteCount == byteCount {
        let code = slot.codePlusOne - 1
        if unsafe isShort || matches(code, text) { return (code, false) }
      }
      index = (index + 1) & mask
    }
    let code = Int32(starts.count)
    starts.append(bytes.count)
    if !isShort { unsafe bytes.append(contentsOf: text) }
    slots[index] = Slot(word: word, byteCount: byteCount, codePlusOne: code + 1)
    if starts.count * 2 > slots.count { grow() }
    return (code, true)
  }

  private func matches(_ code: Int32, _ text: UnsafeRawBufferPointer) -> Bool {
    let start = starts[Int(code)]
    for index in 0..<text.count where unsafe bytes[start + index] != text[index] { return false }
    return true
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: old.count * 2)
    let mask = slots.count - 1
    for slot in old where slot.codePlusOne != 0 {
      var index = TextInterning.position(slot.word, slot.byteCount) & mask
      while slots[index].codePlusOne != 0 { index = (index + 1) & mask }
      slots[index] = slot
    }
  }

  private static func position(_ word: UInt64, _ byteCount: UInt32) -> Int {
    let product = (word ^ UInt64(byteCount) << 56).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }

  private static func shortWord(_ text: UnsafeRawBufferPointer) -> UInt64 {
    let count = text.count
    if count == 8 { return unsafe text.loadUnaligned(as: UInt64.self) }
    if count >= 4 {
      // Two loads that overlap cover four to seven bytes.
      let low = UInt64(unsafe text.loadUnaligned(as: UInt32.self))
      let high = UInt64(unsafe text.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
      return low | high << UInt64(8 * (count - 4))
    }
    var word: UInt64 = 0
    for index in 0..<count { word |= UInt64(unsafe text[index]) << UInt64(8 * index) }
    return word
  }

  /// Eight bytes at a time, multiplied and folded; the last eight overlap.
  private static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
    var state = UInt64(text.count)
    var position = 0
    while true {
      let word = unsafe text.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      let product = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
      state = product.high ^ product.low
      if position == text.count - 8 { return state }
      position = min(position + 8, text.count - 8)
    }
  }
}
