/// Reads the values of cells from their bytes, without a text in between where the form is the usual one.
enum CSVCell {
  /// The text, or `nil` when the bytes are not UTF-8.
  static func text(_ cell: borrowing Span<UInt8>) -> String? {
    guard let text = try? UTF8Span(validating: copy cell) else { return nil }
    return String(copying: text)
  }

  /// `YYYY-MM-DD hh:mm:ss`, with `T` for the blank and `Z` at the end or not, at once; other forms as `Timestamp` reads them.
  static func time(_ cell: borrowing Span<UInt8>) -> Timestamp? {
    func pair(_ index: Int) -> Int64 {
      let (tens, ones) = (cell[index] &- 48, cell[index + 1] &- 48)
      return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : -10_000
    }
    let isPlain =
      cell.count >= 19 && cell.count <= 20 && cell[4] == 45 && cell[7] == 45
      && (cell[10] == 84 || cell[10] == 32) && cell[13] == 58 && cell[16] == 58
      && (cell.count == 19 || cell[19] == 90)
    if isPlain {
      let year = pair(0) * 100 + pair(2)
      let (month, day) = (pair(5), pair(8))
      let (hour, minute, second) = (pair(11), pair(14), pair(17))
      if year >= 0, (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
        let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
      {
        return Timestamp(seconds: days * 86_400 + hour * 3_600 + minute * 60 + second)
      }
      return nil
    }
    return text(cell).flatMap { Timestamp(parsing: $0) }
  }

  /// A plain decimal number as an amount; digits past the sixth decimal, which programs that keep amounts as binary
  /// floating-point numbers write, are rounded.
  static func amount(_ cell: borrowing Span<UInt8>) -> Money? {
    var millionths: Int64 = 0
    var decimals = -1
    var digitCount = 0
    var isNegative = false
    var roundsUp = false
    for index in cell.indices {
      let byte = cell[index]
      switch byte {
      case 48...57:
        digitCount += 1
        if decimals >= 6 {
          if decimals == 6 { roundsUp = byte >= 53 }
          decimals = 7
          continue
        }
        let (tens, overflow) = millionths.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(Int64(byte - 48))
        guard !overflow, !carry else { return nil }
        millionths = sum
        if decimals >= 0 { decimals += 1 }
      case UInt8(ascii: ".") where decimals < 0: decimals = 0
      case UInt8(ascii: "-") where index == 0: isNegative = true
      case UInt8(ascii: "+") where index == 0: break
      default: return nil
      }
    }
    guard digitCount > 0 else { return nil }
    for _ in min(max(decimals, 0), 6)..<6 {
      let (tens, overflow) = millionths.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      millionths = tens
    }
    if roundsUp {
      guard millionths < .max else { return nil }
      millionths += 1
    }
    return Money(millionths: isNegative ? -millionths : millionths)
  }

  /// A finite number.
  static func number(_ cell: borrowing Span<UInt8>) -> Double? {
    text(cell).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
  }

  /// `0`, `1`, `true` or `false`.
  static func flag(_ cell: borrowing Span<UInt8>) -> Bool? {
    if cell.count == 1 { return cell[0] == 49 ? true : cell[0] == 48 ? false : nil }
    return switch text(cell) {
    case "true", "True", "TRUE", "1.0": true
    case "false", "False", "FALSE", "0.0": false
    default: nil
    }
  }
}
