/// Decodes the stream of a binary `COPY … TO STDOUT` into columns.
///
/// The stream: an 11-byte signature, Int32 flags, Int32 length of an extension and the extension; per row Int16 field count
/// and per field Int32 length (−1 for null) and bytes; Int16 −1 at the end. All numbers are big-endian. Chunks may be cut
/// anywhere. Rows are decoded by blocks, column by column.
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
  var dictionaries: PostgreSQLDictionaries
  var columns: [PostgreSQLColumn] = []
  /// Per column whether its bytes are the text of a dictionary as they come.
  let isPlainText: [Bool]
  /// The rows that are decoded next.
  private(set) var block: FieldBlock
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
    block = FieldBlock(columnCount: requests.count)
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

  /// Decodes the next bytes of the stream.
  mutating func decode(_ chunk: UnsafeRawBufferPointer) throws(Refusal) {
    try unsafe add(chunk)
    try decodeAdded()
  }

  /// Whether the rows that were added are as many as are decoded at once, or as a batch still takes.
  var isBlockFull: Bool { block.isFull || rowCount + block.rowCount >= capacity }

  /// Notes the rows of the next bytes of the stream, which must stay where they are until `decodeAdded`.
  mutating func add(_ chunk: UnsafeRawBufferPointer) throws(Refusal) {
    if remainder.isEmpty {
      let used = try unsafe addWhole(chunk)
      if used < chunk.count { unsafe remainder.append(contentsOf: chunk[used...]) }
      return
    }
    try decodeAdded()
    unsafe remainder.append(contentsOf: chunk)
    let bytes = remainder
    let outcome = unsafe bytes.withUnsafeBytes { buffer in
      Result { () throws(Refusal) in
        let used = try unsafe addWhole(buffer)
        try decodeAdded()
        return used
      }
    }
    remainder.removeFirst(try outcome.get())
  }

  /// Decodes the rows that were added.
  mutating func decodeAdded() throws(Refusal) {
    guard block.rowCount > 0 else { return }
    var first: Refusal?
    var firstRow = block.rowCount
    // Far memory is asked for before near columns are decoded.
    for index in columns.indices where isPlainText[index] {
      dictionaries.columns[index].interning.prepare(block.fields(of: index))
    }
    for index in columns.indices {
      var row = 0
      do throws(Unreadable) {
        try decodeColumn(index, from: &row)
      } catch {
        // The user is told of the first row that cannot be read, whatever the order of columns.
        if row < firstRow { (firstRow, first) = (row, refusal(index, row: row, error.reason)) }
      }
    }
    if let first { throw first }
    rowCount += block.rowCount
    block.removeAll()
  }

  /// Takes in the header and the whole rows at the beginning of `bytes`; returns how many bytes they took.
  private mutating func addWhole(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int {
    var position = 0
    if !hasHeader {
      guard let length = try unsafe headerLength(bytes) else { return 0 }
      position = length
      hasHeader = true
    }
    while !isComplete && position + 2 <= bytes.count {
      let fieldCount = unsafe bytes.bigEndian(position, as: Int16.self)
      if fieldCount == -1 {
        isComplete = true
        return position + 2
      }
      if isBlockFull { try decodeAdded() }
      guard fieldCount == columns.count else {
        throw refusal(
          nil, row: block.rowCount,
          "the row has \(fieldCount) columns instead of \(columns.count)")
      }
      guard let end = unsafe block.addRow(bytes, at: position + 2) else { break }
      position = end
    }
    return position
  }

  private func headerLength(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int? {
    guard bytes.count >= 19 else { return nil }
    for (index, byte) in CopyDecoder.signature.enumerated() where unsafe bytes[index] != byte {
      throw refusal(nil, row: 0, "the stream does not begin like a binary COPY")
    }
    let length = 19 + Int(unsafe bytes.bigEndian(15, as: UInt32.self))
    return bytes.count >= length ? length : nil
  }

  /// - Parameter row: counts the rows of the block.
  func refusal(_ index: Int?, row: Int, _ reason: String) -> Refusal {
    // The first column, when it is an identifier, names the row.
    let place = rowCount + row
    let key: String? =
      if let first = columns.first, index != 0, first.texts.count > place {
        first.texts[place]
      } else { nil }
    return Refusal(
      column: index.map { requests[$0].name }, row: earlierRowCount + place + 1, key: key,
      reason: reason)
  }
}
