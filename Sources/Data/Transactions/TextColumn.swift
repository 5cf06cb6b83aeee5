internal import Memory

/// Columns whose dictionaries grow out of one another: of two of them, the longer begins with the shorter.
public final class TextLineage: Sendable {
  /// Starts a family of columns.
  public init() {}
}

/// A column of optional texts, each distinct text stored once.
public struct TextColumn: Equatable, Sendable {
  /// The distinct texts in order of first appearance.
  public private(set) var dictionary: [String] = []
  /// Per row the index of its text in `dictionary`, or −1 when the row has none.
  public private(set) var codes: [Int32] = []
  // An open-addressing hash table of codes, −1 where free; empty until the first text is looked up.
  private var slots: [Int32] = []
  // Per text its hash, so that most lookups compare one text only.
  private var hashes: [UInt32] = []
  /// The family of the dictionary, when the column was made as one of several and has got no text of its own.
  public private(set) var lineage: TextLineage?
  // Per family that was added the codes here of its texts, −1 where not looked up yet.
  private var translations: [(lineage: TextLineage, codes: [Int32])] = []

  /// Makes a column without rows.
  public init() {}

  /// Makes a column from stored codes and their texts.
  ///
  /// - Parameter lineage: the family, when columns that grow out of this one will be added to another.
  /// - Precondition: every code is −1 or an index of `dictionary`.
  public init(codes: [Int32], dictionary: [String], lineage: TextLineage? = nil) {
    precondition(
      codes.allSatisfy { $0 >= -1 && Int($0) < dictionary.count }, "a code without a text")
    self.codes = codes
    self.dictionary = dictionary
    self.lineage = lineage
  }

  /// How many rows there are.
  public var count: Int { codes.count }

  /// The text of `row`, or `nil`.
  public subscript(row: Int) -> String? {
    let code = codes[row]
    return code < 0 ? nil : dictionary[Int(code)]
  }

  /// Makes room for `rowCount` rows in all.
  public mutating func reserveCapacity(_ rowCount: Int) { codes.reserveCapacity(rowCount) }

  /// Adds a row at the end.
  public mutating func append(_ text: String?) {
    codes.append(text.map { code(of: $0) } ?? -1)
  }

  /// Adds a row at the end whose text is `bytes` as UTF-8; a text that is known already makes no `String`.
  ///
  /// - Returns: false, and adds nothing, when the bytes are not UTF-8.
  public mutating func append(utf8 bytes: borrowing Span<UInt8>) -> Bool {
    let hash = UInt32(truncatingIfNeeded: bytes.tableHash)
    let slot = findSlot(hash, bytes)
    if slots[slot] >= 0 {
      codes.append(slots[slot])
      return true
    }
    guard let text = try? UTF8Span(validating: copy bytes) else { return false }
    codes.append(insert(String(copying: text), hash, at: slot))
    return true
  }

  /// Adds all rows of `other` at the end.
  ///
  /// - Complexity: O(rows) additions and one lookup per text of `other`; per text that is new in its family, if it has one.
  public mutating func append(contentsOf other: TextColumn) {
    if codes.isEmpty && dictionary.isEmpty && other.lineage == nil {
      self = other
      return
    }
    var position: Int?
    var known: [Int32] = []
    if let lineage = other.lineage {
      position = translations.firstIndex { $0.lineage === lineage }
      if let position { swap(&known, &translations[position].codes) }
    }
    known.append(
      contentsOf: repeatElement(-1, count: max(0, other.dictionary.count - known.count)))
    codes.reserveCapacity(codes.count + other.codes.count)
    for row in other.codes.indices { append(row, of: other, known: &known) }
    if let position {
      translations[position].codes = known
    } else if let lineage = other.lineage {
      translations.append((lineage, known))
    }
  }

  /// Adds row `row` of `other` at the end.
  ///
  /// - Parameters:
  ///   - row: Index of the row.
  ///   - other: The column that has it.
  ///   - known: Per text of `other` its code here, −1 where it has not been looked up; kept from row to row, it saves all but the
  ///     first look-up of a text.
  public mutating func append(_ row: Int, of other: TextColumn, known: inout [Int32]) {
    let code = Int(other.codes[row])
    guard code >= 0 else {
      codes.append(-1)
      return
    }
    if known[code] < 0 { known[code] = self.code(of: other.dictionary[code]) }
    codes.append(known[code])
  }

  /// The column of the rows with the given indices, in their order; its dictionary holds only what they use, in order of
  /// first appearance.
  public func selecting(_ rows: [Int32]) -> TextColumn {
    var result = TextColumn()
    result.codes.reserveCapacity(rows.count)
    var newCodes = [Int32](repeating: -1, count: dictionary.count)
    for row in rows {
      let code = codes[Int(row)]
      guard code >= 0 else {
        result.codes.append(-1)
        continue
      }
      if newCodes[Int(code)] < 0 {
        newCodes[Int(code)] = Int32(result.dictionary.count)
        result.dictionary.append(dictionary[Int(code)])
      }
      result.codes.append(newCodes[Int(code)])
    }
    return result
  }

  /// Keeps the rows with the given indices, in their order, and what is known of the texts, so that rows of the same families are added
  /// without looking any text up again.
  ///
  /// A dictionary that has grown large is made anew as by `selecting`.
  mutating func keep(_ rows: [Int32]) {
    guard dictionary.count <= Self.keptTextLimit else {
      self = selecting(rows)
      return
    }
    let kept = rows.map { codes[Int($0)] }
    codes.removeAll(keepingCapacity: true)
    codes += kept
  }

  private static let keptTextLimit = 1 << 18

  /// Replaces the text of `row`.
  public mutating func replace(_ row: Int, with text: String?) {
    codes[row] = text.map { code(of: $0) } ?? -1
  }

  public static func == (left: TextColumn, right: TextColumn) -> Bool {
    left.codes == right.codes && left.dictionary == right.dictionary
  }

  private mutating func code(of text: String) -> Int32 {
    let bytes = text.utf8Span.span
    let hash = UInt32(truncatingIfNeeded: bytes.tableHash)
    let slot = findSlot(hash, bytes)
    return slots[slot] >= 0 ? slots[slot] : insert(text, hash, at: slot)
  }

  /// The slot of the text, or the free slot where it belongs.
  private mutating func findSlot(_ hash: UInt32, _ bytes: borrowing Span<UInt8>) -> Int {
    if slots.count < 2 * (dictionary.count + 1) { grow() }
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] >= 0 {
      let code = Int(slots[slot])
      if hashes[code] == hash && Self.isEqual(dictionary[code].utf8Span.span, bytes) { return slot }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private mutating func insert(_ text: String, _ hash: UInt32, at slot: Int) -> Int32 {
    let code = Int32(dictionary.count)
    lineage = nil
    dictionary.append(text)
    hashes.append(hash)
    slots[slot] = code
    return code
  }

  private mutating func grow() {
    for text in dictionary[hashes.count...] {
      hashes.append(UInt32(truncatingIfNeeded: text.utf8Span.span.tableHash))
    }
    var count = 16
    while count < 4 * (dictionary.count + 1) { count *= 2 }
    slots = Array(repeating: -1, count: count)
    for (code, hash) in hashes.enumerated() {
      var slot = Int(hash) & (count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (count - 1) }
      slots[slot] = Int32(code)
    }
  }

  private static func isEqual(_ left: borrowing Span<UInt8>, _ right: borrowing Span<UInt8>)
    -> Bool
  {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
  }
}
