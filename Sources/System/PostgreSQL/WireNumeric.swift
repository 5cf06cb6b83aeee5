/// A `numeric` as the binary protocol sends it: Int16 digit count, weight, sign and display scale, then digits to base
/// 10,000; the first digit counts 10,000^weight.
@safe struct WireNumeric {
  private let bytes: UnsafeRawBufferPointer
  private let digitCount: Int
  private let weight: Int
  private let sign: UInt16

  /// `nil` when the bytes are no numeric.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 8 else { return nil }
    unsafe self.bytes = unsafe bytes
    digitCount = Int(unsafe bytes.bigEndian(0, as: Int16.self))
    weight = Int(unsafe bytes.bigEndian(2, as: Int16.self))
    sign = unsafe bytes.bigEndian(4, as: UInt16.self)
    guard digitCount >= 0, bytes.count == 8 + 2 * digitCount else { return nil }
  }

  private func digit(_ index: Int) -> UInt64 {
    UInt64(unsafe bytes.bigEndian(8 + 2 * index, as: UInt16.self))
  }

  private var isNegative: Bool { sign == 0x4000 }

  /// False for NaN and the infinities.
  var isFinite: Bool { sign == 0 || sign == 0x4000 }

  /// The exact number of millionths; `nil` when it is not finite, finer than that, or out of range.
  var millionths: Int64? {
    guard isFinite else { return nil }
    var magnitude: UInt64 = 0
    for index in 0..<digitCount {
      // Base-10,000 digit of weight w counts 10,000^w; in millionths 10^(4w + 6).
      let exponent = 4 * (weight - index) + 6
      var part = digit(index)
      if part == 0 { continue }
      if exponent < 0 {
        guard exponent >= -4 else { return nil }
        let divisor = WireNumeric.powersOfTen[-exponent]
        guard part.isMultiple(of: divisor) else { return nil }
        part /= divisor
      } else {
        guard exponent < WireNumeric.powersOfTen.count else { return nil }
        let (product, overflow) = part.multipliedReportingOverflow(
          by: WireNumeric.powersOfTen[exponent])
        guard !overflow else { return nil }
        part = product
      }
      let (sum, carry) = magnitude.addingReportingOverflow(part)
      guard !carry else { return nil }
      magnitude = sum
    }
    if isNegative {
      return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }
    return Int64(exactly: magnitude)
  }

  /// The nearest double; NaN and the infinities are themselves.
  var doubleValue: Double {
    switch sign {
    case 0, 0x4000: break
    case 0xD000: return .infinity
    case 0xF000: return -.infinity
    default: return .nan
    }
    if digitCount <= 4 {
      var whole: UInt64 = 0
      for index in 0..<digitCount { whole = whole * 10_000 + digit(index) }
      let exponent = 4 * (weight - digitCount + 1)
      // One exact integer times or divided by one exact power of ten is rounded once.
      if whole < 1 << 53, exponent.magnitude <= 22 {
        let power = WireNumeric.exactPowers[Int(exponent.magnitude)]
        let value = exponent < 0 ? Double(whole) / power : Double(whole) * power
        return isNegative ? -value : value
      }
    }
    var text = isNegative ? "-0" : "0"
    for index in 0..<digitCount {
      let digits = String(digit(index))
      text += String(repeating: "0", count: 4 - digits.count) + digits
    }
    return Double("\(text)e\(4 * (weight - digitCount + 1))") ?? .nan
  }

  private static let powersOfTen: [UInt64] = (0..<20).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }
  private static let exactPowers: [Double] = (0...22).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }
}

extension UnsafeRawBufferPointer {
  /// The big-endian integer at `offset`.
  func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int, as type: Number.Type
  ) -> Number {
    unsafe Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}
