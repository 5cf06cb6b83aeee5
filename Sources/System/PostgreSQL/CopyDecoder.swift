/// Decodes the stream of a binary `COPY … TO STDOUT` into columns.
///
/// The stream: an 11-byte signature, Int32 flags, Int32 length of an extension and the extension; per row Int16 field count
/// and per field Int32 length (−1 for null) and bytes; Int16 −1 at the end. All numbers are big-endian. Chunks may be cut
/// anywhere.
struct CopyDecoder {
  /// A value that cannot be decoded; `row` counts from 1.
  struct Refusal: Error {
    let column: String?
    let row: Int
    let key: String?
    let reason: String
  }

  private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0]

  let requests: [PostgreSQLColumn.Request]
  let types: [WireType]
  let specialValues: PostgreSQLSpecialValues
  /// Rows decoded since the last `take()`.
  private(set) var rowCount = 0
  /// True after the trailer: a stream without it was cut off.
  private(set) var isComplete = false
  /// The texts of dictionary columns.
  private(set) var dictionaries: PostgreSQLDictionaries
  private var columns: [PostgreSQLColumn] = []
  /// Per column whether its bytes are the text of a dictionary as they come.
  private let isPlainText: [Bool]
  private let kinds: [PostgreSQLColumn.Kind]
  private var earlierRowCount = 0
  private var remainder: [UInt8] = []
  private var hasHeader = false
  private let capacity: Int

  init(
    _ requests: [PostgreSQLColumn.Request], types: [WireType],
    specialValues: PostgreSQLSpecialValues, capacity: Int,
    dictionaries: PostgreSQLDictionaries = PostgreSQLDictionaries()
  ) {
    self.requests = requests
    self.types = types
    self.specialValues = specialValues
    self.capacity = capacity
    self.dictionaries = dictionaries
    self.dictionaries.prepare(columnCount: requests.count)
    isPlainText = zip(requests, types).map { $0.kind == .dictionary && $1.isPlainText }
    kinds = requests.map(\.kind)
    columns = requests.map { PostgreSQLColumn($0, reservingCapacity: capacity) }
  }

  /// Hands the decoded rows over and begins new columns.
  mutating func take() -> [PostgreSQLColumn] {
    var taken = columns
    columns = requests.map { PostgreSQLColumn($0, reservingCapacity: capacity) }
    for index in requests.indices where requests[index].kind == .dictionary {
      taken[index].dictionary = dictionaries.columns[index].dictionary
      taken[index].generation = dictionaries.columns[index].generation
    }
    dictionaries.trim()
    earlierRowCount += rowCount
    rowCount = 0
    return taken
  }

  /// Asks for the memory that `decode` will need for bytes that come soon; a hint, whatever the bytes are.
  mutating func prepare(_ bytes: UnsafeRawBufferPointer) {
    guard hasHeader && bytes.count > 2 else { return }
    var position = 2
    for index in columns.indices {
      guard position + 4 <= bytes.count else { return }
      let length = Int(unsafe bytes.bigEndian(position, as: Int32.self))
      position += 4
      guard length > 0 else { continue }
      guard length <= bytes.count - position else { return }
      if isPlainText[index] {
        let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
        unsafe dictionaries.columns[index].interning.prepare(text)
      }
      position += length
    }
  }

  /// Decodes the next bytes of the stream.
  mutating func decode(_ chunk: UnsafeRawBufferPointer) throws(Refusal) {
    if remainder.isEmpty {
      let used = try unsafe decodeWhole(chunk)
      if used < chunk.count { unsafe remainder.append(contentsOf: chunk[used...]) }
      return
    }
    unsafe remainder.append(contentsOf: chunk)
    let bytes = remainder
    let outcome = unsafe bytes.withUnsafeBytes { buffer in
      Result { () throws(Refusal) in try unsafe decodeWhole(buffer) }
    }
    remainder.removeFirst(try outcome.get())
  }

  /// Decodes the header and the whole rows at the beginning of `bytes`; returns how many bytes they took.
  private mutating func decodeWhole(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int {
    var position = 0
    if !hasHeader {
      guard let length = try unsafe headerLength(bytes) else { return 0 }
      position = length
      hasHeader = true
    }
    while !isComplete {
      let next = try unsafe decodeRow(bytes, at: position)
      if next == position { break }
      position = next
    }
    return position
  }

  private func headerLength(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int? {
    guard bytes.count >= 19 else { return nil }
    for (index, byte) in CopyDecoder.signature.enumerated() where unsafe bytes[index] != byte {
      throw refusal(nil, "the stream does not begin like a binary COPY")
    }
    let length = 19 + Int(unsafe bytes.bigEndian(15, as: UInt32.self))
    return bytes.count >= length ? length : nil
  }

  /// Decodes the row at `start` when all of it is there; returns where it ends, or `start`.
  private mutating func decodeRow(
    _ bytes: UnsafeRawBufferPointer, at start: Int
  ) throws(Refusal) -> Int {
    guard start + 2 <= bytes.count else { return start }
    let fieldCount = unsafe bytes.bigEndian(start, as: Int16.self)
    if fieldCount == -1 {
      isComplete = true
      return start + 2
    }
    guard fieldCount == columns.count else {
      throw refusal(nil, "the row has \(fieldCount) columns instead of \(columns.count)")
    }
    var end = start + 2
    for _ in columns.indices {
      guard end + 4 <= bytes.count else { return start }
      let length = Int(unsafe bytes.bigEndian(end, as: Int32.self))
      end += 4
      guard length > 0 else { continue }
      guard end + length <= bytes.count else { return start }
      end += length
    }

    var position = start + 2
    for index in columns.indices {
      let length = Int(unsafe bytes.bigEndian(position, as: Int32.self))
      position += 4
      if length < 0 {
        try appendNull(index, "is null")
      } else {
        let field = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
        try unsafe append(field, to: index)
        position += length
      }
    }
    rowCount += 1
    return position
  }

  private mutating func appendNull(_ index: Int, _ reason: String) throws(Refusal) {
    guard requests[index].isNullable else { throw refusal(index, reason) }
    columns[index].nullRows.append(Int32(rowCount))
    switch kinds[index] {
    case .integer, .millionths, .microseconds, .flag: columns[index].integers.append(0)
    case .double: columns[index].doubles.append(.nan)
    case .dictionary: columns[index].codes.append(-1)
    case .text: columns[index].texts.append("")
    }
  }

  private mutating func append(
    _ field: UnsafeRawBufferPointer, to index: Int
  ) throws(Refusal) {
    let type = types[index]
    switch kinds[index] {
    case .integer:
      columns[index].integers.append(try unsafe integer(field, type, index))
    case .flag:
      let number =
        type == .bool && field.count == 1
        ? Int64(unsafe field[0]) : try unsafe integer(field, type, index)
      columns[index].integers.append(number == 0 ? 0 : 1)
    case .double:
      columns[index].doubles.append(try unsafe double(field, type, index))
    case .millionths:
      if let number = try unsafe millionths(field, type, index) {
        columns[index].integers.append(number)
      }
    case .microseconds:
      if let number = try unsafe microseconds(field, type, index) {
        columns[index].integers.append(number)
      }
    case .dictionary where isPlainText[index]:
      try unsafe appendText(field, to: index)
    case .dictionary:
      try unsafe withText(field, type, index) {
        (decoder: inout CopyDecoder, text) throws(Refusal) in
        try unsafe decoder.appendText(text, to: index)
      }
    case .text:
      try unsafe withText(field, type, index) {
        (decoder: inout CopyDecoder, text) throws(Refusal) in
        decoder.columns[index].texts.append(try unsafe decoder.validated(text, index))
      }
    }
  }
}

extension CopyDecoder {
  /// Adds the code of a text.
  private mutating func appendText(
    _ text: UnsafeRawBufferPointer, to index: Int
  ) throws(Refusal) {
    let (code, isNew) = unsafe dictionaries.columns[index].interning.code(of: text)
    columns[index].codes.append(code)
    if isNew { dictionaries.columns[index].dictionary.append(try unsafe validated(text, index)) }
  }

  private func integer(
    _ field: UnsafeRawBufferPointer, _ type: WireType, _ index: Int
  ) throws(Refusal) -> Int64 {
    switch (type, field.count) {
    case (.int2, 2): return Int64(unsafe field.bigEndian(0, as: Int16.self))
    case (.int4, 4): return Int64(unsafe field.bigEndian(0, as: Int32.self))
    case (.int8, 8): return unsafe field.bigEndian(0, as: Int64.self)
    default: throw refusal(index, "has an unexpected length")
    }
  }

  private func double(
    _ field: UnsafeRawBufferPointer, _ type: WireType, _ index: Int
  ) throws(Refusal) -> Double {
    switch (type, field.count) {
    case (.float8, 8): return Double(bitPattern: unsafe field.bigEndian(0, as: UInt64.self))
    case (.float4, 4): return Double(Float(bitPattern: unsafe field.bigEndian(0, as: UInt32.self)))
    case (.numeric, _):
      guard let numeric = unsafe WireNumeric(field) else { throw refusal(index, "is no numeric") }
      return numeric.doubleValue
    default: return Double(try unsafe integer(field, type, index))
    }
  }

  /// `nil` when the value was taken for null.
  private mutating func millionths(
    _ field: UnsafeRawBufferPointer, _ type: WireType, _ index: Int
  ) throws(Refusal) -> Int64? {
    switch type {
    case .numeric:
      guard let numeric = unsafe WireNumeric(field) else { throw refusal(index, "is no numeric") }
      if let exact = numeric.millionths { return exact }
      if !numeric.isFinite { return try special(index, "is NaN or infinite") }
      throw refusal(index, "has more than six decimals or is out of range")
    case .float4, .float8:
      let value = try unsafe double(field, type, index)
      if !value.isFinite { return try special(index, "is NaN or infinite") }
      if let nearest = Int64(exactly: (value * 1_000_000).rounded()) { return nearest }
      throw refusal(index, "is out of range")
    default:
      let (product, overflow) = try unsafe integer(field, type, index)
        .multipliedReportingOverflow(by: 1_000_000)
      if !overflow { return product }
      throw refusal(index, "is out of range")
    }
  }

  /// Microseconds from 1970 to 2000, where PostgreSQL counts from.
  static let epoch: Int64 = 946_684_800_000_000

  /// `nil` when the value was taken for null.
  private mutating func microseconds(
    _ field: UnsafeRawBufferPointer, _ type: WireType, _ index: Int
  ) throws(Refusal) -> Int64? {
    let sinceEpoch: Int64
    if type == .date, field.count == 4 {
      let days = unsafe field.bigEndian(0, as: Int32.self)
      if days == .max || days == .min { return try special(index, "is infinite") }
      sinceEpoch = Int64(days) * 86_400_000_000
    } else if type != .date, field.count == 8 {
      sinceEpoch = unsafe field.bigEndian(0, as: Int64.self)
      if sinceEpoch == .max || sinceEpoch == .min { return try special(index, "is infinite") }
    } else {
      throw refusal(index, "has an unexpected length")
    }
    let (moment, overflow) = sinceEpoch.addingReportingOverflow(CopyDecoder.epoch)
    if overflow { throw refusal(index, "is out of range") }
    return moment
  }

  private mutating func special(_ index: Int, _ reason: String) throws(Refusal) -> Int64? {
    guard specialValues == .asNull else { throw refusal(index, reason) }
    try appendNull(index, reason)
    return nil
  }

  /// Lends the UTF-8 bytes that a textual field stands for.
  private mutating func withText(
    _ field: UnsafeRawBufferPointer, _ type: WireType, _ index: Int,
    _ body: (inout CopyDecoder, UnsafeRawBufferPointer) throws(Refusal) -> Void
  ) throws(Refusal) {
    var made: String
    switch type {
    case .int2, .int4, .int8: made = String(try unsafe integer(field, type, index))
    case .uuid:
      guard field.count == 16 else { throw refusal(index, "has an unexpected length") }
      made = unsafe CopyDecoder.uuidText(field)
    case .jsonb:
      // A version byte stands before the text.
      guard unsafe field.first == 1 else { throw refusal(index, "is of an unknown jsonb version") }
      return try unsafe body(&self, UnsafeRawBufferPointer(rebasing: field.dropFirst()))
    default: return try unsafe body(&self, field)
    }
    let outcome = made.withUTF8 { utf8 in
      Result { () throws(Refusal) in try unsafe body(&self, UnsafeRawBufferPointer(utf8)) }
    }
    try outcome.get()
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

  private func validated(
    _ bytes: UnsafeRawBufferPointer, _ index: Int
  ) throws(Refusal) -> String {
    guard bytes.count <= PostgreSQLColumn.maximumTextByteCount else {
      throw refusal(index, "is longer than \(PostgreSQLColumn.maximumTextByteCount) bytes")
    }
    // Decoding text that is known to be plain ASCII is several times faster than validating it.
    if unsafe bytes.allSatisfy({ $0 < 0x80 }) {
      return unsafe String(decoding: bytes, as: UTF8.self)
    }
    let text = unsafe String(validating: bytes, as: UTF8.self)
    guard let text else { throw refusal(index, "is not UTF-8") }
    return text
  }

  private func refusal(_ index: Int?, _ reason: String) -> Refusal {
    let row = earlierRowCount + rowCount + 1
    // The first column, when it is an identifier, names the row.
    let key: String? =
      if let first = columns.first, index != 0, first.texts.count > rowCount {
        first.texts[rowCount]
      } else { nil }
    return Refusal(column: index.map { requests[$0].name }, row: row, key: key, reason: reason)
  }
}
