internal import Compression

/// Splits a CSV file (RFC 4180, plain or gzip) into records, a chunk of the file in memory at a time.
///
/// Accepted are CRLF and LF, quoted cells with commas, line breaks and doubled quotes, a byte order mark, and blank lines,
/// which are skipped. Cells are ranges of `bytes`, so that a record costs no allocation.
struct CSVRecordReader: ~Copyable {
  /// No record is longer: a quote that is never closed must not swallow the whole file.
  static let longestRecord = 1 << 24

  let path: String
  /// The 1-based line on which the current record starts.
  private(set) var line = 0
  /// What has been read and not yet been left behind; cells are parts of it.
  private(set) var bytes: [UInt8] = []
  /// Where the cells of the current record lie in `bytes`, unquoted.
  private(set) var cells: [Range<Int>] = []
  private let chunkByteCount: Int
  private var reader: GzipReader
  private var position = 0
  private var isAtEnd = false
  private var nextLine = 1
  // Cells of the current record whose doubled quotes are still doubled.
  private var escapedCells: [Int] = []

  init(path: String, chunkByteCount: Int = 1 << 18) throws(CSVError) {
    self.path = path
    self.chunkByteCount = chunkByteCount
    reader = try Self.open(path)
  }

  private static func open(_ path: String) throws(CSVError) -> GzipReader {
    do {
      return try GzipReader(path)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }

  /// Drops what was left behind and reads on; what a record needs again at least doubles, so that long ones cost no more.
  private mutating func refill() throws(CSVError) {
    bytes.removeFirst(position)
    position = 0
    do {
      let chunk = try reader.read(upTo: max(chunkByteCount, bytes.count))
      isAtEnd = chunk.isEmpty
      bytes += chunk
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }

  /// Moves to the next record; false at the end of the file.
  mutating func next() throws(CSVError) -> Bool {
    if line == 0 {
      while bytes.count < 3 && !isAtEnd { try refill() }
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }
    while true {
      switch Self.scan(bytes, from: position, isAtEnd: isAtEnd, &cells, &escapedCells) {
      case .record(let end, let lineCount):
        line = nextLine
        nextLine += lineCount
        position = end
        for index in escapedCells { unescape(index) }
        return true
      case .blank(let end, let lineCount):
        nextLine += lineCount
        position = end
        guard position == bytes.count else { continue }
        if isAtEnd { return false }
      case .incomplete:
        if isAtEnd {
          throw .malformed(path: path, line: nextLine, reason: "a quoted cell does not end")
        }
        guard bytes.count - position <= Self.longestRecord else {
          throw .malformed(
            path: path, line: nextLine,
            reason: "a row is longer than \(Self.longestRecord) bytes")
        }
      case .malformed(let lineOffset, let reason):
        throw .malformed(path: path, line: nextLine + lineOffset, reason: reason)
      }
      try refill()
    }
  }

  private enum Scan {
    /// A record that ends before `end`, with `lineCount` line breaks in it and after it.
    case record(end: Int, lineCount: Int)
    /// Blank lines up to `end`.
    case blank(end: Int, lineCount: Int)
    /// The bytes end inside a record.
    case incomplete
    case malformed(lineOffset: Int, reason: String)
  }

  /// Looks for the record that starts at `position` and notes its cells and which of them have doubled quotes.
  private static func scan(
    _ buffer: [UInt8], from position: Int, isAtEnd: Bool, _ cells: inout [Range<Int>],
    _ escapedCells: inout [Int]
  ) -> Scan {
    let bytes = buffer.span
    let count = bytes.count
    cells.removeAll(keepingCapacity: true)
    escapedCells.removeAll(keepingCapacity: true)
    var index = position
    var lineCount = 0
    while index < count, bytes[index] == Self.lineFeed || bytes[index] == Self.carriageReturn {
      if bytes[index] == Self.lineFeed { lineCount += 1 }
      index += 1
    }
    if index > position || index == count { return .blank(end: index, lineCount: lineCount) }
    while true {
      var end: Int
      if index < count && bytes[index] == Self.quote {
        index += 1
        let start = index
        var isEscaped = false
        while true {
          while index < count, bytes[index] != Self.quote {
            if bytes[index] == Self.lineFeed { lineCount += 1 }
            index += 1
          }
          // A quote at the end of what was read may be the first of two.
          if index == count || (index + 1 == count && !isAtEnd) { return .incomplete }
          guard index + 1 < count, bytes[index + 1] == Self.quote else { break }
          isEscaped = true
          index += 2
        }
        if isEscaped { escapedCells.append(cells.count) }
        cells.append(start..<index)
        index += 1
        end = index
      } else {
        let start = index
        while index < count {
          let byte = bytes[index]
          // All four special bytes are below the digits and letters that cells are made of.
          if byte <= Self.comma
            && (byte == Self.comma || byte == Self.lineFeed || byte == Self.carriageReturn
              || byte == Self.quote)
          {
            break
          }
          index += 1
        }
        cells.append(start..<index)
        end = index
      }
      if end == count {
        guard isAtEnd else { return .incomplete }
        return .record(end: end, lineCount: lineCount)
      }
      switch bytes[end] {
      case Self.comma: index = end + 1
      case Self.lineFeed: return .record(end: end + 1, lineCount: lineCount + 1)
      case Self.carriageReturn:
        if end + 1 == count && !isAtEnd { return .incomplete }
        let hasLineFeed = end + 1 < count && bytes[end + 1] == Self.lineFeed
        return .record(end: end + (hasLineFeed ? 2 : 1), lineCount: lineCount + 1)
      default:
        return .malformed(
          lineOffset: lineCount,
          reason: bytes[end] == Self.quote
            ? "a quote inside a cell that does not start with one"
            : "a closing quote must be followed by a comma or a line end")
      }
    }
  }

  /// Makes one quote of two in a cell; it gets shorter, so this happens in place.
  private mutating func unescape(_ index: Int) {
    let range = cells[index]
    var target = range.lowerBound
    var source = range.lowerBound
    while source < range.upperBound {
      bytes[target] = bytes[source]
      source += bytes[source] == Self.quote ? 2 : 1
      target += 1
    }
    cells[index] = range.lowerBound..<target
  }

  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
}
