/// Rows on their way into a table: begin a row, then write one value for each column, in order.
public struct PostgreSQLCopyWriter {
  var buffer: [UInt8]
  private let columnCount: Int
  private var missingFieldCount = 0

  init(columnCount: Int) {
    self.columnCount = columnCount
    buffer = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
  }

  /// Begins the next row.
  ///
  /// - Precondition: the row before has all its values.
  public mutating func beginRow() {
    precondition(missingFieldCount == 0, "the row before is not finished")
    missingFieldCount = columnCount
    append(Int16(columnCount))
  }

  /// Writes null.
  public mutating func writeNull() {
    countField()
    append(Int32(-1))
  }

  /// Writes a text into a column of a text type, or null; texts hold no NUL characters.
  public mutating func write(_ text: String?) {
    guard let text else { return writeNull() }
    countField()
    append(Int32(text.utf8.count))
    buffer.append(contentsOf: text.utf8)
  }

  /// Writes a bool.
  public mutating func write(_ flag: Bool) {
    countField()
    append(Int32(1))
    buffer.append(flag ? 1 : 0)
  }

  /// Writes into a column of type bigint.
  public mutating func write(_ number: Int64) {
    countField()
    append(Int32(8))
    append(number)
  }

  /// Writes into a column of type double precision.
  public mutating func write(_ number: Double) {
    countField()
    append(Int32(8))
    append(number.bitPattern)
  }

  /// Writes a moment, in microseconds since 1970 in UTC, into a column of type timestamptz.
  ///
  /// - Precondition: it lies between 4713 BC and the year 294,000, as PostgreSQL's moments do.
  public mutating func write(microseconds: Int64) {
    precondition(
      PostgreSQLCopyWriter.moments.contains(microseconds), "a moment that PostgreSQL has not")
    countField()
    append(Int32(8))
    append(microseconds - CopyDecoder.epoch)
  }

  /// The moments that timestamptz can hold, in microseconds since 1970.
  public static let moments: Range<Int64> = -210_866_803_200_000_000..<9_223_371_331_200_000_000

  /// Writes a number of millionths into a column of type numeric.
  public mutating func write(millionths: Int64) {
    countField()
    let magnitude = millionths.magnitude
    let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    // Base 10,000, least significant digit first: eight decimals make two digits.
    var digits = [UInt16(fraction % 100 * 100), UInt16(fraction / 100)]
    var rest = whole
    while rest > 0 {
      digits.append(UInt16(rest % 10_000))
      rest /= 10_000
    }
    let weight = digits.count - 3
    let kept = digits.drop { $0 == 0 }
    append(Int32(8 + 2 * kept.count))
    append(Int16(kept.count))
    append(Int16(kept.isEmpty ? 0 : weight))
    append(UInt16(millionths < 0 ? 0x4000 : 0))
    append(Int16(6))
    for digit in kept.reversed() { append(digit) }
  }

  mutating func finish() {
    precondition(missingFieldCount == 0, "the last row is not finished")
    append(Int16(-1))
  }

  private mutating func countField() {
    precondition(missingFieldCount > 0, "the row has more values than columns")
    missingFieldCount -= 1
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    var shift = Number.bitWidth
    while shift > 0 {
      shift -= 8
      buffer.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
    }
  }
}
