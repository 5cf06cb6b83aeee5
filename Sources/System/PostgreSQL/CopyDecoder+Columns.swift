/// Values of a block's columns.
extension CopyDecoder {
  /// Why a value cannot be decoded.
  struct Unreadable: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
  }

  /// Decodes one column of the rows that were added, from `row` on, which in the end is the row that cannot be read.
  mutating func decodeColumn(_ index: Int, from row: inout Int) throws(Unreadable) {
    switch requests[index].kind {
    case .integer, .flag, .millionths, .microseconds: try appendIntegers(of: index, from: &row)
    case .double: try appendDoubles(of: index, from: &row)
    case .dictionary: try appendCodes(of: index, from: &row)
    case .text: try appendTexts(of: index, from: &row)
    }
  }

  private mutating func appendIntegers(
    of index: Int, from row: inout Int
  ) throws(Unreadable) {
    let (fields, kind, type) = (block.fields(of: index), requests[index].kind, types[index])
    var integers: [Int64] = []
    swap(&integers, &columns[index].integers)
    defer { swap(&integers, &columns[index].integers) }
    while row < fields.count {
      if let field = unsafe fields[row] {
        let number: Int64? =
          switch kind {
          case .millionths: try unsafe Self.millionths(field, type)
          case .microseconds: try unsafe Self.microseconds(field, type)
          case .flag: try unsafe Self.flag(field, type)
          default: try unsafe Self.integer(field, type)
          }
        if number == nil { try noteSpecialValue(index, row) }
        integers.append(number ?? 0)
      } else {
        try noteNull(index, row)
        integers.append(0)
      }
      row += 1
    }
  }

  private mutating func appendDoubles(of index: Int, from row: inout Int) throws(Unreadable) {
    let (fields, type) = (block.fields(of: index), types[index])
    var doubles: [Double] = []
    swap(&doubles, &columns[index].doubles)
    defer { swap(&doubles, &columns[index].doubles) }
    while row < fields.count {
      if let field = unsafe fields[row] {
        doubles.append(try unsafe Self.double(field, type))
      } else {
        try noteNull(index, row)
        doubles.append(.nan)
      }
      row += 1
    }
  }

  private mutating func appendCodes(of index: Int, from row: inout Int) throws(Unreadable) {
    let (fields, type) = (block.fields(of: index), types[index])
    var texts = PostgreSQLDictionaries.Texts()
    var codes: [Int32] = []
    swap(&texts, &dictionaries.columns[index])
    swap(&codes, &columns[index].codes)
    defer {
      swap(&texts, &dictionaries.columns[index])
      swap(&codes, &columns[index].codes)
    }
    while row < fields.count {
      if isPlainText[index] { texts.interning.appendKnown(fields, from: &row, to: &codes) }
      guard row < fields.count else { return }
      if let field = unsafe fields[row] {
        codes.append(
          try unsafe Self.withText(field, type) { (text) throws(Unreadable) in
            try unsafe texts.code(of: text)
          })
      } else {
        try noteNull(index, row)
        codes.append(-1)
      }
      row += 1
    }
  }

  private mutating func appendTexts(of index: Int, from row: inout Int) throws(Unreadable) {
    let (fields, type) = (block.fields(of: index), types[index])
    var texts: [String] = []
    swap(&texts, &columns[index].texts)
    defer { swap(&texts, &columns[index].texts) }
    while row < fields.count {
      if let field = unsafe fields[row] {
        texts.append(
          try unsafe Self.withText(field, type) { (text) throws(Unreadable) in
            try unsafe Self.validated(text)
          })
      } else {
        try noteNull(index, row)
        texts.append("")
      }
      row += 1
    }
  }

  private mutating func noteNull(_ index: Int, _ row: Int) throws(Unreadable) {
    guard requests[index].isNullable else { throw Unreadable("is null") }
    columns[index].nullRows.append(Int32(rowCount + row))
  }

  private mutating func noteSpecialValue(_ index: Int, _ row: Int) throws(Unreadable) {
    let isMoment = requests[index].kind == .microseconds
    guard specialValues == .asNull && requests[index].isNullable else {
      throw Unreadable(isMoment ? "is infinite" : "is NaN or infinite")
    }
    columns[index].nullRows.append(Int32(rowCount + row))
  }
}

/// Single values.
extension CopyDecoder {
  private static func integer(
    _ field: UnsafeRawBufferPointer, _ type: WireType
  ) throws(Unreadable) -> Int64 {
    switch (type, field.count) {
    case (.int2, 2): return Int64(unsafe field.bigEndian(0, as: Int16.self))
    case (.int4, 4): return Int64(unsafe field.bigEndian(0, as: Int32.self))
    case (.int8, 8): return unsafe field.bigEndian(0, as: Int64.self)
    default: throw Unreadable("has an unexpected length")
    }
  }

  private static func flag(
    _ field: UnsafeRawBufferPointer, _ type: WireType
  ) throws(Unreadable) -> Int64 {
    if type == .bool && field.count == 1 { return unsafe field[0] == 0 ? 0 : 1 }
    return try unsafe integer(field, type) == 0 ? 0 : 1
  }

  private static func double(
    _ field: UnsafeRawBufferPointer, _ type: WireType
  ) throws(Unreadable) -> Double {
    switch (type, field.count) {
    case (.float8, 8): return Double(bitPattern: unsafe field.bigEndian(0, as: UInt64.self))
    case (.float4, 4): return Double(Float(bitPattern: unsafe field.bigEndian(0, as: UInt32.self)))
    case (.numeric, _):
      guard let numeric = unsafe WireNumeric(field) else { throw Unreadable("is no numeric") }
      return numeric.doubleValue
    default: return Double(try unsafe integer(field, type))
    }
  }

  /// `nil` for NaN and the infinities.
  private static func millionths(
    _ field: UnsafeRawBufferPointer, _ type: WireType
  ) throws(Unreadable) -> Int64? {
    switch type {
    case .numeric:
      guard let numeric = unsafe WireNumeric(field) else { throw Unreadable("is no numeric") }
      if let exact = numeric.millionths { return exact }
      if !numeric.isFinite { return nil }
      throw Unreadable("has more than six decimals or is out of range")
    case .float4, .float8:
      let value = try unsafe double(field, type)
      if !value.isFinite { return nil }
      if let nearest = Int64(exactly: (value * 1_000_000).rounded()) { return nearest }
      throw Unreadable("is out of range")
    default:
      let (product, overflow) = try unsafe integer(field, type)
        .multipliedReportingOverflow(by: 1_000_000)
      if !overflow { return product }
      throw Unreadable("is out of range")
    }
  }

  /// Microseconds from 1970 to 2000, where PostgreSQL counts from.
  static let epoch: Int64 = 946_684_800_000_000

  /// `nil` for the infinities.
  private static func microseconds(
    _ field: UnsafeRawBufferPointer, _ type: WireType
  ) throws(Unreadable) -> Int64? {
    let sinceEpoch: Int64
    if type == .date, field.count == 4 {
      let days = unsafe field.bigEndian(0, as: Int32.self)
      if days == .max || days == .min { return nil }
      sinceEpoch = Int64(days) * 86_400_000_000
    } else if type != .date, field.count == 8 {
      sinceEpoch = unsafe field.bigEndian(0, as: Int64.self)
      if sinceEpoch == .max || sinceEpoch == .min { return nil }
    } else {
      throw Unreadable("has an unexpected length")
    }
    let (moment, overflow) = sinceEpoch.addingReportingOverflow(epoch)
    if overflow { throw Unreadable("is out of range") }
    return moment
  }

  /// Lends the UTF-8 bytes that a textual field stands for.
  private static func withText<Value>(
    _ field: UnsafeRawBufferPointer, _ type: WireType,
    _ body: (UnsafeRawBufferPointer) throws(Unreadable) -> Value
  ) throws(Unreadable) -> Value {
    var made: String
    switch type {
    case .int2, .int4, .int8: made = String(try unsafe integer(field, type))
    case .uuid:
      guard field.count == 16 else { throw Unreadable("has an unexpected length") }
      made = unsafe uuidText(field)
    case .jsonb:
      // A version byte stands before the text.
      guard unsafe field.first == 1 else { throw Unreadable("is of an unknown jsonb version") }
      return try unsafe body(UnsafeRawBufferPointer(rebasing: field.dropFirst()))
    default: return try unsafe body(field)
    }
    let outcome = made.withUTF8 { utf8 in
      Result { () throws(Unreadable) in try unsafe body(UnsafeRawBufferPointer(utf8)) }
    }
    return try outcome.get()
  }

  private static func uuidText(_ field: UnsafeRawBufferPointer) -> String {
    var text = ""
    for index in 0..<16 {
      let byte = unsafe field[index]
      if [4, 6, 8, 10].contains(index) { text += "-" }
      if byte < 16 { text += "0" }
      text += String(byte, radix: 16)
    }
    return text
  }

  /// The text of the bytes.
  static func validated(_ bytes: UnsafeRawBufferPointer) throws(Unreadable) -> String {
    guard bytes.count <= PostgreSQLColumn.maximumTextByteCount else {
      throw Unreadable("is longer than \(PostgreSQLColumn.maximumTextByteCount) bytes")
    }
    // Decoding text that is known to be plain ASCII is several times faster than validating it.
    if unsafe bytes.allSatisfy({ $0 < 0x80 }) {
      return unsafe String(decoding: bytes, as: UTF8.self)
    }
    let text = unsafe String(validating: bytes, as: UTF8.self)
    guard let text else { throw Unreadable("is not UTF-8") }
    return text
  }
}
