internal import Glibc

/// Names and values in the order in which they came, in one block of bytes: most of them are never looked at.
public struct HTTPFields: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [(name: Int32, value: Int32)] = []

  /// Makes an empty list.
  public init() {}

  /// Makes a list by hand.
  public init(_ fields: [(name: String, value: String)]) {
    for (name, value) in fields {
      bytes += name.utf8
      let nameEnd = Int32(bytes.count)
      bytes += value.utf8
      ends.append((nameEnd, Int32(bytes.count)))
    }
  }

  /// How many fields there are.
  public var count: Int { ends.count }

  /// All fields as text.
  public var all: [(name: String, value: String)] {
    ends.indices.map { (text(nameRange(of: $0)), text(valueRange(of: $0))) }
  }

  /// The value of the field `name`, whatever its letters' case; the first one when it is repeated.
  public subscript(name: String) -> String? {
    for index in ends.indices where isNamed(name, index) { return text(valueRange(of: index)) }
    return nil
  }

  /// Forgets all fields but the first ones, and keeps the memory for the next request.
  mutating func keepFirst(_ count: Int) {
    bytes.removeLast(bytes.count - (count == 0 ? 0 : Int(ends[count - 1].value)))
    ends.removeLast(ends.count - count)
  }

  /// Whether a field has exactly this name and this value.
  func isField(
    _ index: Int, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
  ) -> Bool {
    let start = index == 0 ? 0 : Int(ends[index - 1].value)
    let (nameEnd, valueEnd) = ends[index]
    guard Int(nameEnd) - start == name.count, Int(valueEnd - nameEnd) == value.count else {
      return false
    }
    return unsafe bytes.withUnsafeBytes { own in
      guard let own = own.baseAddress, let name = name.baseAddress else { return false }
      guard unsafe memcmp(own + start, name, Int(nameEnd) - start) == 0 else { return false }
      guard let value = value.baseAddress else { return true }
      return unsafe memcmp(own + Int(nameEnd), value, Int(valueEnd - nameEnd)) == 0
    }
  }

  mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    unsafe bytes.append(contentsOf: name)
    let nameEnd = Int32(bytes.count)
    unsafe bytes.append(contentsOf: value)
    ends.append((nameEnd, Int32(bytes.count)))
  }

  func nameByteCount(of index: Int) -> Int { nameRange(of: index).count }

  func isNamed(_ name: String, _ index: Int) -> Bool {
    equals(nameRange(of: index), name)
  }

  /// Whether a value is `text` but for the case of letters.
  func isValue(_ text: String, _ index: Int) -> Bool { equals(valueRange(of: index), text) }

  func value(_ index: Int) -> String { text(valueRange(of: index)) }

  func valueBytes(_ index: Int) -> ArraySlice<UInt8> { bytes[valueRange(of: index)] }

  /// Whether the name is a token (RFC 9110 5.6.2).
  func hasTokenName(_ index: Int) -> Bool {
    let range = nameRange(of: index)
    guard !range.isEmpty else { return false }
    for index in range {
      let byte = bytes[index]
      // One bit for each of the characters 0 to 63 and 64 to 127: letters, digits and !#$%&'*+-.^_`|~.
      let tokens: UInt64 = byte < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
      guard byte < 128, tokens >> UInt64(byte & 63) & 1 == 1 else { return false }
    }
    return true
  }

  private func nameRange(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : Int(ends[index - 1].value))..<Int(ends[index].name)
  }

  private func valueRange(of index: Int) -> Range<Int> {
    Int(ends[index].name)..<Int(ends[index].value)
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private func equals(_ range: Range<Int>, _ text: String) -> Bool {
    let other = text.utf8Span.span
    guard range.count == other.count else { return false }
    for offset in 0..<other.count
    where bytes[range.lowerBound + offset].lowercasedASCII != other[offset].lowercasedASCII {
      return false
    }
    return true
  }
}

extension UInt8 {
  /// The lower-case letter when this is an upper-case one, else the byte itself.
  var lowercasedASCII: UInt8 { (65...90).contains(self) ? self | 0x20 : self }
}
