internal import CPostgreSQL

/// Gives equal byte strings equal codes: 0, 1, 2, … in order of first appearance.
///
/// Open addressing over the bytes as they arrive: no `String` is made for a text that is known already. A slot holds texts of up
/// to sixteen bytes whole, so that most look-ups touch one cache line. That line is far away when the texts are many:
/// `prepare` asks for those of a whole block before the first is used.
struct TextInterning {
  /// The bytes of a text of at most eight and zero, the first and the last eight bytes of one of at most sixteen, else the
  /// hash and zero.
  private struct Words: Equatable {
    var first: UInt64 = 0
    var last: UInt64 = 0
  }

  private struct Slot {
    var words = Words()
    var byteCount: UInt32 = 0
    /// The text's code + 1; 0 marks a free slot.
    var codePlusOne: Int32 = 0
  }

  /// A text that is looked up, and where it belongs in a table of any size.
  private struct Sought {
    var words = Words()
    var position = 0
  }

  /// The longer texts, one after another.
  private var bytes: [UInt8] = []
  /// Per code where a longer text begins in `bytes`.
  private var starts: [Int] = []
  /// The size is a power of two, at most half full.
  private var slots: [Slot] = []
  /// The texts of a block's column.
  private var prepared = [Sought](repeating: Sought(), count: FieldBlock.rowLimit)

  /// How many texts there are.
  var count: Int { starts.count }

  /// How many bytes the longer texts take.
  var longByteCount: Int { bytes.count }

  /// Works out where the texts of a block's column belong and asks for these slots, which are looked up next.
  mutating func prepare(_ fields: FieldBlock.Fields) {
    if slots.isEmpty { slots = [Slot](repeating: Slot(), count: 64) }
    let mask = slots.count - 1
    for row in 0..<fields.count {
      guard let text = unsafe fields[row] else { continue }
      let words = unsafe TextInterning.words(of: text)
      let position = TextInterning.position(words, text.count)
      prepared[row] = Sought(words: words, position: position)
      unsafe slots.withUnsafeBytes { slots in
        // The slot and the next one, which lie on one line of the cache or on two.
        let start = (position & mask) * MemoryLayout<Slot>.stride
        unsafe anomalyze_prefetch(slots.baseAddress?.advanced(by: start))
        unsafe anomalyze_prefetch(
          slots.baseAddress?.advanced(by: start + 2 * MemoryLayout<Slot>.stride - 1))
      }
    }
  }

  /// Appends the codes of the texts of a block's column that was prepared, from `row` to the first that is null or not known.
  mutating func appendKnown(
    _ fields: FieldBlock.Fields, from row: inout Int, to codes: inout [Int32]
  ) {
    while row < fields.count, let text = unsafe fields[row] {
      let slot = slots[unsafe slot(of: text, prepared[row])]
      if slot.codePlusOne == 0 { return }
      codes.append(slot.codePlusOne - 1)
      row += 1
    }
  }

  /// The code of a text, and whether it is new.
  mutating func code(of text: UnsafeRawBufferPointer) -> (code: Int32, isNew: Bool) {
    if slots.isEmpty { slots = [Slot](repeating: Slot(), count: 64) }
    let words = unsafe TextInterning.words(of: text)
    let position = TextInterning.position(words, text.count)
    let place = unsafe slot(of: text, Sought(words: words, position: position))
    let known = slots[place].codePlusOne
    if known > 0 { return (known - 1, false) }
    let code = Int32(starts.count)
    starts.append(bytes.count)
    if text.count > TextInterning.wholeByteCount { unsafe bytes.append(contentsOf: text) }
    slots[place] = Slot(
      words: words, byteCount: UInt32(truncatingIfNeeded: text.count), codePlusOne: code + 1)
    if starts.count * 2 > slots.count { grow() }
    return (code, true)
  }

  /// Where the text is, or the free slot where it belongs.
  @inline(__always)
  private func slot(of text: UnsafeRawBufferPointer, _ sought: Sought) -> Int {
    let byteCount = UInt32(truncatingIfNeeded: text.count)
    let mask = slots.count - 1
    var index = sought.position & mask
    while true {
      let slot = slots[index]
      if slot.codePlusOne == 0 { return index }
      if slot.words == sought.words && slot.byteCount == byteCount {
        if text.count <= TextInterning.wholeByteCount { return index }
        if unsafe matches(slot.codePlusOne - 1, text) { return index }
      }
      index = (index + 1) & mask
    }
  }

  /// How long a text may be that is in its slot whole.
  private static let wholeByteCount = 16

  private func matches(_ code: Int32, _ text: UnsafeRawBufferPointer) -> Bool {
    let start = starts[Int(code)]
    return unsafe bytes.withUnsafeBytes { known in
      var position = 0
      while true {
        let expected = unsafe known.loadUnaligned(fromByteOffset: start + position, as: UInt64.self)
        let found = unsafe text.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        if expected != found { return false }
        if position == text.count - 8 { return true }
        position = min(position + 8, text.count - 8)
      }
    }
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: old.count * 2)
    let mask = slots.count - 1
    for slot in old where slot.codePlusOne != 0 {
      var index = TextInterning.position(slot.words, Int(slot.byteCount)) & mask
      while slots[index].codePlusOne != 0 { index = (index + 1) & mask }
      slots[index] = slot
    }
  }

  private static func position(_ words: Words, _ byteCount: Int) -> Int {
    let word = words.first ^ (words.last &* 0xD6E8_FEB8_6659_FD93)
    let product = (word ^ UInt64(truncatingIfNeeded: byteCount) << 56)
      .multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }

  private static func words(of text: UnsafeRawBufferPointer) -> Words {
    let count = text.count
    if count <= 8 { return unsafe Words(first: shortWord(text)) }
    if count > wholeByteCount { return unsafe Words(first: hash(text)) }
    return unsafe Words(
      first: text.loadUnaligned(as: UInt64.self),
      last: text.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
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
