internal import Glibc

/// A number as it was written: without fraction and exponent it is an integer.
public enum JSONNumber: Equatable, Sendable {
  case integer(Int64)
  case number(Double)

  /// The number as a `Double`, rounded to the nearest.
  public var doubleValue: Double {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    }
  }
}

extension JSONReader {
  /// The digits of a number: ± `digits` · 10^`exponent`, unless there were more than a word holds.
  private struct Digits {
    var start = 0
    var isNegative = false
    var digits: UInt64 = 0
    var digitCount = 0
    var exponent = 0
    var isWhole = true
  }

  /// Reads a number.
  ///
  /// - Throws: `JSONError` for one outside the range of `Int64` (without fraction and exponent) or `Double`.
  public mutating func readNumber() throws(JSONError) -> JSONNumber {
    let found = try scanNumber()
    guard found.isWhole else { return .number(try value(of: found)) }
    guard found.digitCount <= 19,
      let whole = found.isNegative
        ? Int64(exactly: -Int128(found.digits)) : Int64(exactly: found.digits)
    else { throw failure("the integer is out of range", at: found.start) }
    return .integer(whole)
  }

  /// Reads a number as the nearest `Double`.
  public mutating func readDouble() throws(JSONError) -> Double {
    let found = try scanNumber()
    return try value(of: found)
  }

  private mutating func scanNumber() throws(JSONError) -> Digits {
    var found = Digits()
    _ = peek()
    found.start = position
    let count = bytes.count
    if position < count, bytes[position] == UInt8(ascii: "-") {
      found.isNegative = true
      position += 1
    }
    let first = position
    scanDigits(into: &found)
    guard position > first else { throw failure("a number is expected") }
    if bytes[first] == UInt8(ascii: "0"), position > first + 1 {
      throw failure("a number has no leading zero", at: first)
    }
    if position < count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      let start = position
      scanDigits(into: &found)
      guard position > start else { throw failure("a digit is expected") }
      found.isWhole = false
      found.exponent = start - position
    }
    if position < count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      found.isWhole = false
      found.exponent += try scanExponent()
    }
    followsValue = true
    return found
  }

  private mutating func scanDigits(into found: inout Digits) {
    let count = bytes.count
    while position < count {
      let digit = bytes[position] &- 48
      guard digit <= 9 else { return }
      // Zeros before the first other digit say nothing.
      if found.digits != 0 || digit != 0 { found.digitCount += 1 }
      found.digits = found.digits &* 10 &+ UInt64(digit)
      position += 1
    }
  }

  private mutating func scanExponent() throws(JSONError) -> Int {
    var isNegative = false
    if position < bytes.count, bytes[position] == 43 || bytes[position] == 45 {
      isNegative = bytes[position] == 45
      position += 1
    }
    let start = position
    var exponent = 0
    while position < bytes.count, case let digit = bytes[position] &- 48, digit <= 9 {
      exponent = min(exponent * 10 + Int(digit), 1_000_000)
      position += 1
    }
    guard position > start else { throw failure("a digit is expected") }
    return isNegative ? -exponent : exponent
  }

  private func value(of found: Digits) throws(JSONError) -> Double {
    if found.digitCount <= 19,
      let magnitude = DecimalRounding.nearest(found.digits, exponent: found.exponent)
    {
      return found.isNegative ? -magnitude : magnitude
    }
    // A digit or an exponent beyond the exact arithmetic above: rare, and the C library rounds correctly.
    var text = Array(bytes[found.start..<position])
    text.append(0)
    let value = unsafe text.withUnsafeBytes { buffer in
      unsafe buffer.baseAddress.map { unsafe strtod($0.assumingMemoryBound(to: CChar.self), nil) }
        ?? 0
    }
    guard value.isFinite else { throw failure("the number is out of range", at: found.start) }
    return value
  }
}

/// Decimal to binary with one rounding, by exact integer arithmetic in two words.
enum DecimalRounding {
  /// Every power of ten that fits in a word.
  private static let powers: [UInt64] = (0...19).map { exponent in
    (0..<exponent).reduce(UInt64(1)) { power, _ in power * 10 }
  }
  /// Every power of ten that a `Double` holds exactly.
  private static let exactPowers: [Double] = (0...22).map { exponent in
    (0..<exponent).reduce(1.0) { power, _ in power * 10 }
  }

  /// The `Double` nearest to `digits` · 10^`exponent`, ties to even; `nil` outside ±19 places (±22 for short digits).
  static func nearest(_ digits: UInt64, exponent: Int) -> Double? {
    if digits == 0 { return 0 }
    if digits <= 1 << 53, exponent.magnitude <= 22 {
      // Both operands are exact, so the one operation rounds once.
      return exponent < 0
        ? Double(digits) / exactPowers[-exponent] : Double(digits) * exactPowers[exponent]
    }
    guard exponent.magnitude <= 19 else { return nil }
    let shift = digits.leadingZeroBitCount
    if exponent < 0 {
      // Both words are moved up to their highest bit; the quotient then has 63 bits or more, ten beyond the rounding, and
      // its lowest bit stands for the remainder.
      let divisor = powers[-exponent]
      let divisorShift = divisor.leadingZeroBitCount
      let dividend = digits << UInt64(shift)
      let (quotient, remainder) = (divisor << UInt64(divisorShift)).dividingFullWidth(
        (dividend >> 1, dividend << 63))
      return Double(quotient | (remainder == 0 ? 0 : 1)) * power(ofTwo: divisorShift - shift - 63)
    }
    let (high, low) = digits.multipliedFullWidth(by: powers[exponent])
    guard high != 0 else { return Double(low) }
    let up = UInt64(high.leadingZeroBitCount)
    let top = up == 0 ? high : high << up | low >> (64 - up)
    let rest = up == 0 ? low : low << up
    return Double(top | (rest == 0 ? 0 : 1)) * power(ofTwo: 64 - Int(up))
  }

  private static func power(ofTwo exponent: Int) -> Double {
    Double(bitPattern: UInt64(1_023 + exponent) << 52)
  }
}
