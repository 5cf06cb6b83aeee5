internal import Compression

/// Splits a CSV file (RFC 4180, plain or gzip) into records, a chunk of the file in memory at a time.
///
/// Accepted are CRLF and LF, quoted cells with commas, line breaks and doubled quotes, a byte order mark, and blank lines,
/// which are skipped.
struct CSVRecordReader: ~Copyable {
  /// No cell is longer: a quote that is never closed must not swallow the whole file.
  static let longestRecord = 1 << 24

  let path: String
  /// The 1-based line on which the current record starts.
  private(set) var line = 0
  private var reader: GzipReader
  private var chunk: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  private var nextLine = 1
  /// The unquoted bytes of the current record, cell after cell, and where each cell ends.
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  init(path: String) throws(CSVError) {
    self.path = path
    reader = try Self.open(path)
  }

  private static func open(_ path: String) throws(CSVError) -> GzipReader {
    do {
      return try GzipReader(path)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }

  /// How many cells the current record has.
  var cellCount: Int { ends.count }

  /// The bytes of a cell of the current record.
  func cell(_ index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  private mutating func refill() throws(CSVError) {
    do {
      chunk = try reader.read(upTo: 1 << 18)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
    position = 0
    isAtEnd = chunk.isEmpty
  }

  /// The next byte without taking it, or `nil` at the end of the file.
  private mutating func peek() throws(CSVError) -> UInt8? {
    if position == chunk.count {
      if isAtEnd { return nil }
      try refill()
      if isAtEnd { return nil }
    }
    return chunk[position]
  }

  /// Moves to the next record; false at the end of the file.
  mutating func next() throws(CSVError) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    if line == 0 {
      try refill()
      if chunk.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }
    while let byte = try peek(), byte == Self.lineFeed || byte == Self.carriageReturn {
      if byte == Self.lineFeed { nextLine += 1 }
      position += 1
    }
    guard try peek() != nil else { return false }
    line = nextLine
    while true {
      if try peek() == Self.quote {
        position += 1
        try readQuoted()
      } else {
        try readPlain()
      }
      ends.append(bytes.count)
      guard let byte = try peek() else { return true }
      switch byte {
      case Self.comma: position += 1
      case Self.lineFeed:
        position += 1
        nextLine += 1
        return true
      case Self.carriageReturn:
        position += 1
        if try peek() == Self.lineFeed { position += 1 }
        nextLine += 1
        return true
      default:
        throw .malformed(
          path: path, line: nextLine,
          reason: "a closing quote must be followed by a comma or a line end")
      }
    }
  }

  /// Takes bytes up to the next comma or line end.
  private mutating func readPlain() throws(CSVError) {
    while try peek() != nil {
      let start = position
      while position < chunk.count {
        let byte = chunk[position]
        if byte == Self.comma || byte == Self.lineFeed || byte == Self.carriageReturn { break }
        if byte == Self.quote {
          throw .malformed(
            path: path, line: nextLine, reason: "a quote inside a cell that does not start with one"
          )
        }
        position += 1
      }
      bytes += chunk[start..<position]
      try checkLength()
      if position < chunk.count { return }
    }
  }

  /// Takes bytes up to the closing quote; doubled quotes stand for one.
  private mutating func readQuoted() throws(CSVError) {
    while let byte = try peek() {
      position += 1
      if byte == Self.quote {
        guard try peek() == Self.quote else { return }
        position += 1
      } else if byte == Self.lineFeed {
        nextLine += 1
      }
      bytes.append(byte)
      try checkLength()
    }
    throw .malformed(path: path, line: line, reason: "a quoted cell does not end")
  }

  private func checkLength() throws(CSVError) {
    guard bytes.count <= Self.longestRecord else {
      throw .malformed(
        path: path, line: line, reason: "a row is longer than \(Self.longestRecord) bytes")
    }
  }

  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
}
